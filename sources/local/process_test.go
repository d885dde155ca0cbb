//go:build unix

package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aside-cli/aside/sources"
)

// The test binary starts itself as another process that uses the store in the
// folder ASIDE_TEST_DIR, in the way that ASIDE_TEST_CHILD names.
func TestMain(m *testing.M) {
	child, ok := children[os.Getenv("ASIDE_TEST_CHILD")]
	if !ok {
		os.Exit(m.Run())
	}
	if err := child(New(configIn(os.Getenv("ASIDE_TEST_DIR"))), os.Getenv("ASIDE_TEST_ARG")); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s\n", err, sources.HintOf(err))
		os.Exit(1)
	}
	os.Exit(0)
}

var children = map[string]func(s *Store, arg string) error{
	"set": func(s *Store, arg string) error {
		return s.Set(context.Background(), dev, one(arg, "value of "+arg))
	},
	// Counts on from arg, and says after each number that it is stored.
	"count": func(s *Store, arg string) error {
		n, err := strconv.Atoi(arg)
		for ; err == nil; n++ {
			if err = s.Set(context.Background(), dev, one("COUNT", counted(n))); err == nil {
				_, err = fmt.Println(n)
			}
		}
		return err
	},
	"nobody": func(s *Store, arg string) error {
		if os.Geteuid() == 0 {
			if err := syscall.Setuid(65534); err != nil {
				return err
			}
		}
		return s.Set(context.Background(), dev, one("A", "new"))
	},
	"limited": func(s *Store, arg string) error {
		limit := syscall.Rlimit{Cur: 4096, Max: 4096}
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			return err
		}
		return s.Set(context.Background(), dev, one("A", strings.Repeat("x", 8192)))
	},
}

func child(t *testing.T, how, dir, arg string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "ASIDE_TEST_CHILD="+how, "ASIDE_TEST_DIR="+dir, "ASIDE_TEST_ARG="+arg)
	return cmd
}

// All start with nothing: the folder, the identity and the list are made once.
func TestConcurrentSetInManyProcesses(t *testing.T) {
	s := newStore(t)
	const n = 50
	var cmds []*exec.Cmd
	var output [n]bytes.Buffer
	for i := range n {
		cmd := child(t, "set", s.config.Root, fmt.Sprint("NAME_", i))
		cmd.Stderr = &output[i]
		must(t, cmd.Start())
		cmds = append(cmds, cmd)
	}
	for i, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %s", err, &output[i])
		}
	}
	got := read(t, s, dev)
	for i := range n {
		if name := fmt.Sprint("NAME_", i); got[name] != "value of "+name {
			t.Errorf("%s is lost", name)
		}
	}
}

// A value that is long enough to be written in parts.
func counted(n int) string { return strings.Repeat(fmt.Sprintf("%08d\n", n), 5000) }

func TestKilledWhileWriting(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "OTHER", "stays")
	set(t, s, dev, "COUNT", counted(0))
	stored := 0
	rounds := 0
	for end := time.Now().Add(3 * time.Second); rounds < 5 || time.Now().Before(end); rounds++ {
		cmd := child(t, "count", s.config.Root, strconv.Itoa(stored+1))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		if !lines.Scan() {
			t.Fatal("the child stored nothing")
		}
		kill := time.AfterFunc(rand.N(20*time.Millisecond), func() { cmd.Process.Kill() })
		for more := true; more; more = lines.Scan() {
			stored, err = strconv.Atoi(lines.Text())
			must(t, err)
		}
		cmd.Wait()
		kill.Stop()

		got := read(t, s, dev)
		switch got["COUNT"] {
		case counted(stored):
		case counted(stored + 1): // stored, and killed before it said so
			stored++
		default:
			t.Fatalf("round %d: neither the value before the kill nor the next one", rounds)
		}
		if got["OTHER"] != "stays" {
			t.Fatalf("round %d: another secret is lost", rounds)
		}
	}
	set(t, s, dev, "COUNT", "done")
	entries, err := os.ReadDir(s.app.files)
	must(t, err)
	if len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	t.Logf("%d kills, %d writes", rounds, stored)
}

func TestReadOnlyFolder(t *testing.T) {
	for _, c := range []struct {
		name     string
		readOnly func(s *Store) string
		text     string
	}{
		{"root", func(s *Store) string { must(t, os.RemoveAll(s.app.keys)); return s.config.Root },
			"cannot make the folder .aside/secrets: permission denied"},
		{".aside", func(s *Store) string { must(t, os.Remove(filepath.Join(s.app.keys, ".lock"))); return s.app.keys },
			"cannot lock .aside/.lock: permission denied"},
		{"secrets", func(s *Store) string { return s.app.files },
			"cannot write .aside/secrets/dev.age: permission denied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t)
			set(t, s, dev, "A", "old")
			// The child gives up the rights of root, so everything else must be open to it.
			must(t, os.Chmod(filepath.Dir(s.config.Root), 0o755))
			must(t, filepath.WalkDir(s.config.Root, func(name string, _ os.DirEntry, err error) error {
				return errors.Join(err, os.Chmod(name, 0o777))
			}))
			folder := c.readOnly(s)
			before, _ := os.ReadFile(s.Paths(dev)[0])
			must(t, os.Chmod(folder, 0o555))
			defer os.Chmod(folder, 0o755)
			out, err := child(t, "nobody", s.config.Root, "").CombinedOutput()
			want := c.text + "\nnothing was changed: check that the folder may be written, and that the disk has room\n"
			if err == nil || string(out) != want {
				t.Errorf("%v\n got %swant %s", err, out, want)
			}
			if after, _ := os.ReadFile(s.Paths(dev)[0]); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestUnreadableFile(t *testing.T) {
	s := newStore(t)
	must(t, os.MkdirAll(s.Paths(dev)[0], 0o755))
	_, err := s.Read(t.Context(), dev)
	wantError(t, err, "cannot read .aside/secrets/dev.age: is a directory", "check that .aside/secrets/dev.age may be read")
}

func TestFileThatMayGrowNoFurther(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "A", "old")
	out, err := child(t, "limited", s.config.Root, "").CombinedOutput()
	want := "cannot write .aside/secrets/dev.age: file too large\n" +
		"nothing was changed: check that the folder may be written, and that the disk has room\n"
	if err == nil || string(out) != want {
		t.Errorf("%v\n got %swant %s", err, out, want)
	}
	oldStays(t, s)
}

// oldStays checks that a failed write left the old file, and nothing else.
func oldStays(t *testing.T, s *Store) {
	t.Helper()
	if read(t, s, dev)["A"] != "old" {
		t.Error("the old value is gone")
	}
	if entries, err := os.ReadDir(s.app.files); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
