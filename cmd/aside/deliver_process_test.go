//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const deliveredValue = "value-of-the-key-0b8e"

// newDelivery returns a rig whose secret KEY is delivered in every way, and the
// folders in which anything of it can lie.
func newDelivery(t *testing.T, p programs) (r *rig, folders []string) {
	r = newRig(t, p)
	private := t.TempDir()
	runtime, temporary := filepath.Join(private, "run"), filepath.Join(private, "tmp")
	for _, dir := range []string{runtime, temporary} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	r.env = append(r.env, "XDG_RUNTIME_DIR="+runtime, "TMPDIR="+temporary)
	r.write("aside.yaml", `app: shop
secrets:
  FILE: {as: file}
  FIXED: {as: file, path: fixed.pem}
  FD: {as: fd}
`)
	for _, name := range []string{"FILE", "FIXED", "FD"} {
		r.calls("secret", "set", name, deliveredValue)
	}
	return r, []string{r.dir, private, fmt.Sprintf("/dev/shm/aside-%d", os.Geteuid())}
}

// calls runs a command line to its end.
func (r *rig) calls(args ...string) {
	r.Helper()
	cmd := exec.Command(r.programs.aside, args...)
	cmd.Dir, cmd.Env = r.dir, r.env
	if out, err := cmd.CombinedOutput(); err != nil {
		r.Fatalf("%v: %v\n%s", cmd, err, out)
	}
}

// program writes a file that may be executed.
func (r *rig) program(text string) {
	r.Helper()
	r.write("program", text)
	if err := os.Chmod(filepath.Join(r.dir, "program"), 0o700); err != nil {
		r.Fatal(err)
	}
}

// holdingValue returns the files that hold the value.
func holdingValue(t *testing.T, folders []string, value string) (found []string) {
	t.Helper()
	for _, dir := range folders {
		filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				if content, err := os.ReadFile(path); err == nil && bytes.Contains(content, []byte(value)) {
					found = append(found, path)
				}
			}
			return nil
		})
	}
	return found
}

// server tells what it got, and stays.
const server = `cat $FILE_FILE $FIXED_FILE $FD_FILE; echo " ready $$"; exec sleep 1000`

const serving = "(?:" + deliveredValue + `){3} ready (\d+)`

// TestDelivery runs commands that get files and descriptors.
func TestDelivery(t *testing.T) {
	p := build(t)
	for name, test := range map[string]func(*testing.T, programs){
		"gone": testGone, "live": testLive, "change": testChange, "descriptors": testDescriptors,
	} {
		t.Run(name, func(t *testing.T) { test(t, p) })
	}
}

// testGone looks for the value wherever a file can be, after each way in which a
// command and aside can end.
func testGone(t *testing.T, p programs) {
	ways := map[string]func(r *rig){
		"exit 0": func(r *rig) {
			r.run("aside", "run", "--", "sh", "-c", `cat $FILE_FILE $FIXED_FILE $FD_FILE`).ends(0)
		},
		"failure": func(r *rig) {
			r.run("aside", "run", "--", "sh", "-c", `cat $FILE_FILE; exit 3`).ends(3)
		},
		"not found": func(r *rig) { r.run("aside", "run", "--", "no-such-command").ends(127) },
		"cannot be run": func(r *rig) {
			r.program("#!/no/such/interpreter\n")
			r.run("aside", "run", "--", "./program").ends(127)
		},
		"SIGTERM": func(r *rig) {
			r.run("aside", "run", "--", "sh", "-c", server).sees(serving)
			r.signal(syscall.SIGTERM)
			r.ends(143)
		},
		"SIGKILL of the command": func(r *rig) {
			r.run("aside", "run", "--", "sh", "-c", server)
			pid, _ := strconv.Atoi(r.sees(serving))
			syscall.Kill(pid, syscall.SIGKILL)
			r.ends(137)
		},
		"Ctrl-C": func(r *rig) {
			r.onTTY("aside", "run", "--", "sh", "-c", server).sees(serving)
			r.types("\x03")
			r.ends(130)
		},
		"restarts": func(r *rig) {
			r.run("aside", "run", "--", "sh", "-c", server)
			for i := range 3 {
				r.seesTimes(i+1, serving)
				r.write(".env", fmt.Sprintf("A=%d\n", i))
			}
			r.seesTimes(4, serving)
			r.signal(syscall.SIGINT)
			r.ends(130)
		},
		"the end of the command, and aside waits": func(r *rig) {
			r.run("aside", "run", "--on-exit", "wait", "--", "sh", "-c", `cat $FILE_FILE`).sees("waiting for a change")
		},
		"aside became the command": func(r *rig) {
			r.run("aside", "run", "--no-watch", "--", "sh", "-c", server).sees(serving)
			r.signal(syscall.SIGKILL)
			r.ends(137)
		},
		"aside could not become the command": func(r *rig) {
			r.program("#!/no/such/interpreter\n")
			r.run("aside", "run", "--no-watch", "--", "./program").ends(127)
			if _, err := os.Lstat(filepath.Join(r.dir, "fixed.pem")); err == nil {
				r.Error("a link is left")
			}
		},
		"SIGKILL of aside, and another run": func(r *rig) {
			r.run("aside", "run", "--", "sh", "-c", server).sees(serving)
			r.signal(syscall.SIGKILL)
			r.ends(137)
			r.calls("run", "--no-watch", "--", "true")
		},
		"SIGKILL of aside, and another run that delivers": func(r *rig) {
			r.run("aside", "run", "--", "sh", "-c", server).sees(serving)
			r.signal(syscall.SIGKILL)
			r.ends(137)
			r.calls("run", "--", "sh", "-c", "cat $FIXED_FILE")
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			r, folders := newDelivery(t, p)
			way(r)
			if found := holdingValue(t, folders, deliveredValue); found != nil {
				t.Errorf("the value is in %v", found)
			}
		})
	}
}

// testLive checks that other runs leave the files of one that lives alone, and are
// told of a path that is taken.
func testLive(t *testing.T, p programs) {
	r, folders := newDelivery(t, p)
	r.run("aside", "run", "--", "sh", "-c", server).sees(serving)
	before := holdingValue(t, folders, deliveredValue)
	if len(before) != 3 { // FILE, FIXED and what FIXED can be told by
		t.Errorf("the value is in %v", before)
	}
	other := newRig(t, r.programs)
	other.dir, other.env = r.dir, r.env
	other.run("aside", "run", "--", "true").ends(125)
	other.sees(`^aside: FIXED: another run of aside has its file at .*/fixed\.pem$`)
	r.calls("run", "--as", "FIXED=fd", "--", "true")
	if after := holdingValue(t, folders, deliveredValue); !slices.Equal(after, before) {
		t.Errorf("the value is in %v", after)
	}
	r.signal(syscall.SIGTERM)
	r.ends(143)
}

// testChange checks what a command sees of a value that changes.
func testChange(t *testing.T, p programs) {
	const told = `trap 'echo "$(cat $KEY_FILE) $(stat -c %i $KEY_FILE) told"' HUP
echo "$(cat $KEY_FILE) $(stat -c %i $KEY_FILE) ready"
while :; do sleep 0.02; done`
	for _, path := range []string{"", ", path: key.pem"} {
		t.Run("signal"+path, func(t *testing.T) {
			r := newRig(t, p)
			r.write("aside.yaml", `secrets: {KEY: {as: file, on-change: "signal:HUP"`+path+`}}`)
			r.write(".env", "KEY=one\n")
			r.run("aside", "run", "--", "sh", "-c", told)
			first := r.sees(`^one (\d+) ready`)
			r.write(".env", "KEY=two\n")
			if second := r.sees(`^two (\d+) told`); second == first {
				t.Error("the file was not replaced by a rename")
			}
			r.write(".env", "KEY=three\n")
			r.sees(`^three (\d+) told`)
			r.counts(1, "ready$")
			r.counts(2, "^aside: sending SIGHUP: KEY changed")
			r.signal(syscall.SIGTERM)
			r.ends(143)
		})
	}
	t.Run("roll back", func(t *testing.T) {
		r := newRig(t, p)
		r.write(".env", "KEY=good\n")
		r.run("aside", "run", "--as", "KEY=file", "--", "sh", "-c", `echo "got $(cat $KEY_FILE)"; grep -q good $KEY_FILE && exec sleep 1000; exit 1`)
		r.sees("^got good")
		r.write(".env", "KEY=bad\n")
		r.sees("^got bad")
		r.seesTimes(2, "^got good")
		r.signal(syscall.SIGTERM)
		r.ends(143)
	})
	t.Run("a signal that a descriptor cannot follow", func(t *testing.T) {
		r := newRig(t, p)
		r.write(".env", "KEY=one\n")
		r.run("aside", "run", "--as", "KEY=fd", "--on-change", "signal:HUP", "--", "sh", "-c", `echo "got $(cat $KEY_FILE)"; exec sleep 1000`)
		r.sees("^got one")
		r.write(".env", "KEY=two\n")
		r.sees("^got two")
		r.counts(1, "^aside: restarting: KEY changed")
		r.signal(syscall.SIGTERM)
		r.ends(143)
	})
}

// testDescriptors counts those of aside and of its command over restarts.
func testDescriptors(t *testing.T, p programs) {
	r, _ := newDelivery(t, p)
	third, other, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	r.fd3 = other // one that is to be inherited stays where it is
	// The shell stays and says so when it has opened all it will: exec would
	// show the files that a program opens to load.
	r.run("aside", "run", "--", "sh", "-c", `echo fd3 >&3; cat $FILE_FILE $FIXED_FILE $FD_FILE; sleep 1000 & echo " ready $$"; wait`)
	count := func(pid int) int {
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	var ours, theirs int
	for i := range 6 {
		pid, _ := strconv.Atoi(r.seesTimes(i+1, serving))
		if i == 1 { // after the first restart all is there that stays
			ours, theirs = count(r.pid()), count(pid)
		}
		if i > 1 {
			r.until("as many descriptors as before", func() bool { return count(r.pid()) <= ours })
			if got := count(pid); got != theirs {
				t.Errorf("the command has %d descriptors, before it had %d", got, theirs)
			}
		}
		r.write(".env", fmt.Sprintf("A=%d\n", i))
	}
	pid, _ := strconv.Atoi(r.seesTimes(7, serving))
	sealed := 0
	for fd := range 300 {
		if target, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd)); err == nil && strings.Contains(target, "memfd") {
			sealed++
		}
	}
	if sealed != 1 {
		t.Errorf("the command has %d sealed files", sealed)
	}
	r.signal(syscall.SIGTERM)
	r.ends(143)
	other.Close()
	third.SetReadDeadline(time.Now().Add(patience))
	text := make([]byte, 64)
	n, _ := third.Read(text)
	if !strings.HasPrefix(string(text[:n]), "fd3\n") {
		t.Errorf("descriptor 3 got %q", text[:n])
	}
}
