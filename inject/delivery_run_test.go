//go:build unix

package inject

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aside-cli/aside/sources"
)

// runtimeDir makes a folder of its own the one in which files are delivered.
func runtimeDir(t *testing.T) string {
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	return dir
}

// holding returns the files below dir that hold text.
func holding(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func in(name, value, path string) parcel {
	return parcel{name, sources.NewSecret(value), Delivery{AsFile, path}}
}

func launchOf(parcels ...parcel) launch {
	l := launch{parcels: parcels}
	for _, p := range parcels {
		l.environ = append(l.environ, FileVariable(p.name)+"=?")
	}
	return l
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestDeliverFiles(t *testing.T) {
	base, elsewhere := runtimeDir(t), t.TempDir()
	fixed := filepath.Join(elsewhere, "key.pem")
	nasty := "\n a$b`'\"\\\r\n\t ü " + strings.Repeat("x", 64<<10) + secretMarker + "\n\n"
	var d deliverer
	l, err := d.deliver(launchOf(in("A", nasty, ""), in("EMPTY", "", ""), in("B", "b-"+secretMarker, fixed)))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{nasty, "", "b-" + secretMarker} {
		_, path, _ := strings.Cut(l.environ[i], "=")
		if got := read(t, path); got != want {
			t.Errorf("%s has other content", path)
		}
		if info, err := os.Lstat(path); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if l.environ[2] != "B_FILE="+fixed {
		t.Errorf("got %s", l.environ[2])
	}
	for dir := d.folder.path; dir != base; dir = filepath.Dir(dir) {
		if info, err := os.Lstat(dir); err != nil || info.Mode() != fs.ModeDir|0o700 {
			t.Errorf("%s: %v, %v", dir, info.Mode(), err)
		}
	}

	// What is delivered no more is no more.
	if _, err := d.deliver(launchOf(in("EMPTY", "", ""))); err != nil {
		t.Fatal(err)
	}
	if found := append(holding(t, base, secretMarker), holding(t, elsewhere, secretMarker)...); found != nil {
		t.Errorf("left: %v", found)
	}
	d.close()
	if left, _ := os.ReadDir(filepath.Join(base, homeName())); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A folder that the system removed is made anew.
func TestDeliverAfterLogout(t *testing.T) {
	base := runtimeDir(t)
	var d deliverer
	defer d.close()
	for range 2 {
		l, err := d.deliver(launchOf(in("A", "a", "")))
		if err != nil || read(t, strings.TrimPrefix(l.environ[0], "A_FILE=")) != "a" {
			t.Fatalf("%v, %v", l.environ, err)
		}
		os.RemoveAll(filepath.Join(base, homeName()))
	}
}

func TestReaderSeesOneContentOrTheOther(t *testing.T) {
	runtimeDir(t)
	var d deliverer
	defer d.close()
	contents := []string{strings.Repeat("1", 50_000), strings.Repeat("2", 60_000)}
	for _, path := range []string{"", filepath.Join(t.TempDir(), "key")} {
		where, err := d.put(in("A", contents[0], path))
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		var reader sync.WaitGroup
		reader.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if content, err := os.ReadFile(where); err != nil || string(content) != contents[0] && string(content) != contents[1] {
					t.Errorf("read %d bytes, %v", len(content), err)
					return
				}
			}
		})
		for i := range 100 {
			if _, err := d.put(in("A", contents[i%2], path)); err != nil {
				t.Error(err)
			}
		}
		close(done)
		reader.Wait()
		d.clear()
	}
}

// kill ends a deliverer as SIGKILL ends its process: nothing is removed.
func (d *deliverer) kill() {
	d.folder.lock.Close()
	d.folder.root.Close()
	d.folder.home.Close()
}

func TestSweep(t *testing.T) {
	base, elsewhere := runtimeDir(t), t.TempDir()
	path := func(name string) string { return filepath.Join(elsewhere, name) }
	var dead, live deliverer
	defer live.close()
	for _, d := range []*deliverer{&dead, &live} {
		name := map[*deliverer]string{&dead: "dead", &live: "live"}[d]
		if _, err := d.deliver(launchOf(in("A", name+secretMarker, ""), in("B", name+secretMarker, path(name)), in("C", name, path(name+"2")))); err != nil {
			t.Fatal(err)
		}
	}
	// It was killed in the middle of writing a new content.
	if err := dead.folder.writeNew("B", sources.NewSecret("new"+secretMarker)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(temporary(path("dead"), dead.folder.id), []byte("new"+secretMarker), 0o600); err != nil {
		t.Fatal(err)
	}
	// And since then somebody else wrote one of its files.
	if err := os.WriteFile(path("dead2"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	dead.kill()

	sweepDead()
	if found := append(holding(t, base, "dead"), holding(t, elsewhere, "dead")...); found != nil {
		t.Errorf("left: %v", found)
	}
	if found := holding(t, elsewhere, "new"); found != nil {
		t.Errorf("left: %v", found)
	}
	if read(t, path("dead2")) != "mine" {
		t.Error("somebody else's file was changed")
	}
	if len(holding(t, base, "live"+secretMarker)) != 2 || len(holding(t, elsewhere, "live")) != 2 {
		t.Error("files of a run that lives were removed")
	}
}

// After each of the steps in which a content is written nothing is left.
func TestSweepAfterEachStep(t *testing.T) {
	base, elsewhere := runtimeDir(t), t.TempDir()
	path := filepath.Join(elsewhere, "key")
	old, now := sources.NewSecret("old"+secretMarker), sources.NewSecret("new"+secretMarker)
	steps := []func(*folder) error{
		func(f *folder) error { return f.writeNew("A", now) },
		func(f *folder) error { return os.WriteFile(temporary(path, f.id), []byte(now.Reveal()), 0o600) },
		func(f *folder) error { return os.Rename(temporary(path, f.id), path) },
		func(f *folder) error { return f.root.Rename("A.new", "A") },
	}
	for n := range len(steps) + 1 {
		var d deliverer
		if _, err := d.put(parcel{"A", old, Delivery{AsFile, path}}); err != nil {
			t.Fatal(err)
		}
		for _, step := range steps[:n] {
			if err := step(d.folder); err != nil {
				t.Fatal(err)
			}
		}
		d.kill()
		sweepDead()
		if found := append(holding(t, base, secretMarker), holding(t, elsewhere, secretMarker)...); found != nil {
			t.Errorf("after %d steps: %v", n, found)
		}
	}
}

// A run that is just making its folder does not lose it to one that sweeps.
func TestSweepBesideStarts(t *testing.T) {
	runtimeDir(t)
	stop := time.Now().Add(300 * time.Millisecond)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for time.Now().Before(stop) {
				sweepDead()
			}
		})
		all.Go(func() {
			for time.Now().Before(stop) {
				var d deliverer
				l, err := d.deliver(launchOf(in("A", "a", "")))
				if err != nil {
					t.Error(err)
					return
				}
				sweepDead()
				if _, err := os.Stat(strings.TrimPrefix(l.environ[0], "A_FILE=")); err != nil {
					t.Error(err)
				}
				d.close()
			}
		})
	}
	all.Wait()
}

func TestFixedPath(t *testing.T) {
	runtimeDir(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	var first, second deliverer
	defer first.close()
	defer second.close()
	refused := func(path, want, hint string) {
		t.Helper()
		err := second.check([]parcel{in("A", "x", path)})
		if err == nil || err.Error() != "A: "+want || sources.HintOf(err) != hint {
			t.Errorf("got %v (%s), want %s", err, sources.HintOf(err), want)
		}
		if _, err := second.put(in("A", "x", path)); err == nil {
			t.Errorf("%s was written", path)
		}
	}
	refused(filepath.Join(dir, "no", "key"), "there is no folder "+filepath.Join(dir, "no"), "make it, or choose another path")

	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	taken := path + " is there already, and it is none of aside's files"
	refused(path, taken, "remove or rename it (a run that was killed before a reboot may have left it), or choose another path")
	if read(t, path) != "mine" {
		t.Error("it was overwritten")
	}
	os.Remove(path)
	if err := os.Symlink(filepath.Join(dir, "nowhere"), path); err != nil {
		t.Fatal(err)
	}
	refused(path, taken, "remove or rename it (a run that was killed before a reboot may have left it), or choose another path")
	os.Remove(path)

	if err := first.check([]parcel{in("A", "x", path)}); err != nil {
		t.Error(err)
	}
	for range 2 {
		if _, err := first.put(in("A", "x", path)); err != nil {
			t.Fatal(err)
		}
	}
	refused(path, "another run of aside has its file at "+path, "end that one first, or give each a path of its own")
	if err := first.check([]parcel{in("A", "x", path)}); err != nil {
		t.Errorf("its own file: %v", err)
	}
	first.clear()
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// Files go where nobody else has a part in the folder.
func TestFoldersOfOthers(t *testing.T) {
	for name, prepare := range map[string]func(home string) error{
		"a symlink": func(home string) error {
			target := home + "-target"
			return errors.Join(os.Mkdir(target, 0o700), os.Symlink(target, home))
		},
		"open to others": func(home string) error {
			return errors.Join(os.Mkdir(home, 0o700), os.Chmod(home, 0o750))
		},
		"a file": func(home string) error { return os.WriteFile(home, nil, 0o600) },
		"in a folder that all can write to": func(home string) error {
			return errors.Join(os.Mkdir(home, 0o700), os.Chmod(filepath.Dir(home), 0o777))
		},
		"somebody else's": func(home string) error {
			if os.Geteuid() != 0 {
				t.Log("only root can make a folder that is somebody else's: not tested")
				return os.WriteFile(home, nil, 0o600)
			}
			return errors.Join(os.Mkdir(home, 0o700), os.Chown(home, 65534, 65534))
		},
	} {
		t.Run(name, func(t *testing.T) {
			base := runtimeDir(t)
			if err := prepare(filepath.Join(base, homeName())); err != nil {
				t.Fatal(err)
			}
			var d deliverer
			defer d.close()
			if _, err := d.put(in("A", secretMarker, "")); err != nil {
				t.Fatal(err) // there are other folders
			}
			if found := holding(t, base, secretMarker); found != nil {
				t.Errorf("it lies in %v", found)
			}
		})
	}
}

func TestNoFolder(t *testing.T) {
	_, err := newFolderIn(filepath.Join(t.TempDir(), "none"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// The Supervisor writes each content when its turn comes, and leaves nothing.
func TestSupervisorDelivers(t *testing.T) {
	base := runtimeDir(t)
	deliver := func(s *Supervisor) {
		s.Deliver = Deliveries{"X": {Form: AsFile}, "Y": {Form: AsFile}, "Z": {Form: AsFile}}
		s.React = react
	}
	content := func(w *world, name string) string {
		t.Helper()
		settle()
		if _, ok := w.command().env[name]; ok {
			t.Errorf("%s is a variable", name)
		}
		text, _ := os.ReadFile(w.command().env[FileVariable(name)])
		return string(text)
	}
	inode := func(w *world, name string) uint64 {
		t.Helper()
		info, err := os.Stat(w.command().env[FileVariable(name)])
		if err != nil {
			t.Fatal(err)
		}
		return info.Sys().(*syscall.Stat_t).Ino
	}
	t.Run("restart, signal and ignore", func(t *testing.T) {
		play(t, prompt, deliver, func(t *testing.T, w *world) {
			w.set(map[string]string{"X": "x1", "Y": "y1", "Z": "z1"})
			lull()
			w.wantStarts(2)
			if content(w, "X") != "x1" || content(w, "Y") != "y1" || content(w, "Z") != "z1" {
				t.Error("not what was set")
			}
			before := inode(w, "Y")
			w.set(map[string]string{"Y": "y2", "Z": "z2"})
			lull()
			w.wantStarts(2)
			if content(w, "Y") != "y2" || w.command().got[syscall.SIGUSR2] != 1 || inode(w, "Y") == before {
				t.Error("a signal came without a new file")
			}
			if content(w, "Z") != "z1" {
				t.Error("a change that is to be ignored was delivered")
			}
			w.set(map[string]string{"Y": ""})
			lull()
			if _, err := os.Stat(w.command().env["Y_FILE"]); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("what was removed is there: %v", err)
			}
			w.set(map[string]string{"X": "x2"})
			lull()
			w.wantStarts(3)
			if content(w, "X") != "x2" || content(w, "Z") != "z2" {
				t.Error("a restart does not bring what is new")
			}
			if _, ok := w.command().env["Y_FILE"]; ok {
				t.Error("Y_FILE is set")
			}
		})
	})
	t.Run("roll back", func(t *testing.T) {
		play(t, prompt, func(s *Supervisor) { s.Deliver = Deliveries{"X": {Form: AsFile}} }, func(t *testing.T, w *world) {
			first := content(w, "X")
			w.set(map[string]string{"X": "second", "KEEP": "bad-"})
			lull()
			w.wantStarts(3)
			if first == "" || content(w, "X") != first {
				t.Error("it does not have the content that worked")
			}
		})
	})
	t.Run("a signal when the folder is gone", func(t *testing.T) {
		play(t, prompt, deliver, func(t *testing.T, w *world) {
			w.set(map[string]string{"Y": "y1"})
			lull()
			os.RemoveAll(filepath.Join(base, homeName()))
			w.set(map[string]string{"Y": "y2"})
			lull()
			w.wantStarts(2)
			if content(w, "Y") != "y2" {
				t.Error("not what was set")
			}
			w.wantSaid("sending SIGUSR2: Y added (.env)", "restarting: Y changed (.env)")
		})
	})
	t.Run("roll back after a signal", func(t *testing.T) {
		play(t, prompt, deliver, func(t *testing.T, w *world) {
			w.set(map[string]string{"Y": "y1"})
			lull()
			w.set(map[string]string{"Y": "y2"})
			lull()
			w.set(map[string]string{"KEEP": "bad-"})
			lull()
			w.wantStarts(3) // the first one, the bad one, and that without it
			if content(w, "Y") != "y2" {
				t.Error("it lost what it had been told of by a signal")
			}
			w.wantSaid("sending SIGUSR2: Y added (.env)", "sending SIGUSR2: Y changed (.env)", "restarting: KEEP changed (.env)",
				"restarting: exit status 1 just after a restart: held back: KEEP changed (.env)")
		})
	})
	t.Run("waiting", func(t *testing.T) {
		play(t, prompt, func(s *Supervisor) { deliver(s); s.WaitOnExit = true }, func(t *testing.T, w *world) {
			w.exit(event{})
			lull()
			if found := holding(t, base, secretMarker); found != nil {
				t.Errorf("the command has ended, and there is %v", found)
			}
			w.change("X")
			lull()
			if content(w, "X") != w.vars["X"] {
				t.Error("not what was set")
			}
		})
	})
	t.Run("a file that cannot be written", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "key")
		play(t, prompt, func(s *Supervisor) { s.Deliver = Deliveries{"NEW": {AsFile, path}} }, func(t *testing.T, w *world) {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			w.change("NEW")
			lull()
			w.wantStarts(1)
			w.wantSaid("! NEW: " + path + " is there already, and it is none of aside's files (continuing with what was read before)")
			os.Remove(path)
			w.touch()
			lull()
			w.wantStarts(2)
			if content(w, "NEW") != w.vars["NEW"] {
				t.Error("not what was set")
			}
		})
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("left: %v", err)
		}
	})
	t.Run("a folder that is gone", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "tls")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "key")
		play(t, prompt, func(s *Supervisor) { s.Deliver = Deliveries{"X": {AsFile, path}} }, func(t *testing.T, w *world) {
			os.RemoveAll(dir)
			w.change("KEEP")
			lull()
			w.wantStarts(1)
			w.wantSaid("! X: there is no folder " + dir + " (continuing with what was read before)")
			os.Mkdir(dir, 0o700)
			w.touch()
			lull()
			w.wantStarts(2)
			if content(w, "X") != w.vars["X"] {
				t.Error("not what was set")
			}
		})
	})
	if left, _ := os.ReadDir(filepath.Join(base, homeName())); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// The command may run in another folder than this program.
func TestBasesAreAbsolute(t *testing.T) {
	t.Setenv("TMPDIR", "relative")
	for _, base := range bases() {
		if !filepath.IsAbs(base) {
			t.Errorf("%s is not", base)
		}
	}
}
