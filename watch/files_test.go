package watch

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Each change, however it is made, is signalled once.
func TestOneChange(t *testing.T) {
	t.Parallel()
	var at sync.WaitGroup // all at once: they mostly wait
	for _, test := range []struct {
		name   string
		file   string                         // what is watched, below the folder
		before func(t *testing.T, dir string) // what is there
		change func(t *testing.T, dir string) // done while it is watched
	}{
		{"written in place", ".env", env, func(t *testing.T, dir string) {
			write(t, dir+"/.env", "A=2")
		}},
		{"appended to", ".env", env, func(t *testing.T, dir string) {
			f, err := os.OpenFile(dir+"/.env", os.O_APPEND|os.O_WRONLY, 0)
			must(t, err)
			_, err = f.WriteString("B=1\n")
			must(t, err)
			must(t, f.Close())
		}},
		{"created", ".env", nothing, env},
		{"removed", ".env", env, func(t *testing.T, dir string) {
			must(t, os.Remove(dir+"/.env"))
		}},
		{"removed and created", ".env", env, func(t *testing.T, dir string) {
			must(t, os.Remove(dir+"/.env"))
			write(t, dir+"/.env", "A=2")
		}},
		{"renamed over", ".env", env, func(t *testing.T, dir string) {
			write(t, dir+"/.env.tmp", "A=2")
			must(t, os.Rename(dir+"/.env.tmp", dir+"/.env"))
		}},
		{"renamed over by one of the same size and time", ".env", env, func(t *testing.T, dir string) {
			info, err := os.Stat(dir + "/.env")
			must(t, err)
			write(t, dir+"/.env.tmp", "A=2")
			must(t, os.Chtimes(dir+"/.env.tmp", info.ModTime(), info.ModTime()))
			must(t, os.Rename(dir+"/.env.tmp", dir+"/.env"))
		}},
		{"saved with the old one moved to a backup", ".env", env, func(t *testing.T, dir string) {
			must(t, os.Rename(dir+"/.env", dir+"/.env~"))
			write(t, dir+"/.env", "A=2")
			must(t, os.Chmod(dir+"/.env", 0o644))
			must(t, os.Remove(dir+"/.env~"))
		}},
		{"made readable", ".env", func(t *testing.T, dir string) {
			env(t, dir)
			must(t, os.Chmod(dir+"/.env", 0))
		}, func(t *testing.T, dir string) {
			must(t, os.Chmod(dir+"/.env", 0o600))
		}},
		{"ten edits", ".env", env, func(t *testing.T, dir string) {
			for i := range 10 {
				write(t, dir+"/.env", fmt.Sprint("A=", i))
				time.Sleep(time.Millisecond)
			}
		}},
		{"sed -i", ".env", env, command("sed", "-i", "s/1/2/", ".env")},
		{"vim, backup by renaming", ".env", env, vim("no")},
		{"vim, backup by copying", ".env", env, vim("yes")},

		{"behind a symlink into another folder", "app/.env", func(t *testing.T, dir string) {
			write(t, dir+"/shared/.env", "A=1")
			link(t, "../shared/.env", dir+"/app/.env")
		}, func(t *testing.T, dir string) {
			write(t, dir+"/shared/.env", "A=2")
		}},
		{"behind a chain of symlinks", "a/.env", func(t *testing.T, dir string) {
			write(t, dir+"/d/.env", "A=1")
			link(t, dir+"/c", dir+"/b")
			link(t, "d", dir+"/c")
			link(t, "../b/.env", dir+"/a/.env")
		}, func(t *testing.T, dir string) {
			write(t, dir+"/d/.env", "A=2")
		}},
		{"the target of a dangling symlink created", ".env", func(t *testing.T, dir string) {
			link(t, "conf/real", dir+"/.env")
		}, func(t *testing.T, dir string) {
			write(t, dir+"/conf/real", "A=1")
		}},
		{"symlink pointed elsewhere", ".env", func(t *testing.T, dir string) {
			write(t, dir+"/1", "A=1")
			write(t, dir+"/2", "A=2")
			link(t, "1", dir+"/.env")
		}, func(t *testing.T, dir string) {
			link(t, "2", dir+"/new")
			must(t, os.Rename(dir+"/new", dir+"/.env"))
		}},
		{"symlink replaced by a file", ".env", func(t *testing.T, dir string) {
			write(t, dir+"/1", "A=1")
			link(t, "1", dir+"/.env")
		}, func(t *testing.T, dir string) {
			must(t, os.Remove(dir+"/.env"))
			env(t, dir)
		}},
		{"a Kubernetes mount", "secrets/.env", kubernetes, func(t *testing.T, dir string) {
			nextKubernetes(t, dir, 1)
		}},
		{"a release made current", "current/.env", func(t *testing.T, dir string) {
			write(t, dir+"/releases/1/.env", "A=1")
			write(t, dir+"/releases/2/.env", "A=2")
			link(t, "releases/1", dir+"/current")
		}, func(t *testing.T, dir string) {
			link(t, "releases/2", dir+"/new")
			must(t, os.Rename(dir+"/new", dir+"/current"))
		}},

		{"created with its folders", ".aside/secrets/dev.age", nothing, func(t *testing.T, dir string) {
			write(t, dir+"/.aside/secrets/dev.age", "x")
		}},
		{"created in a folder that is moved here", ".aside/secrets/dev.age", func(t *testing.T, dir string) {
			write(t, dir+"/elsewhere/secrets/dev.age", "x")
		}, func(t *testing.T, dir string) {
			must(t, os.Rename(dir+"/elsewhere", dir+"/.aside"))
		}},
		{"removed with its folders", ".aside/secrets/dev.age", store, func(t *testing.T, dir string) {
			must(t, os.RemoveAll(dir+"/.aside"))
		}},
		{"removed and created with its folders", ".aside/secrets/dev.age", store, func(t *testing.T, dir string) {
			must(t, os.RemoveAll(dir+"/.aside"))
			store(t, dir)
		}},
		{"the folder renamed", "conf/.env", func(t *testing.T, dir string) {
			write(t, dir+"/conf/.env", "A=1")
		}, func(t *testing.T, dir string) {
			must(t, os.Rename(dir+"/conf", dir+"/old"))
		}},
		{"the folder's folder renamed", ".aside/secrets/dev.age", store, func(t *testing.T, dir string) {
			must(t, os.Rename(dir+"/.aside", dir+"/old"))
		}},
		{"another folder put in its place", "conf/.env", func(t *testing.T, dir string) {
			write(t, dir+"/conf/.env", "A=1")
			write(t, dir+"/next/.env", "A=2")
		}, func(t *testing.T, dir string) {
			must(t, os.Rename(dir+"/conf", dir+"/old"))
			must(t, os.Rename(dir+"/next", dir+"/conf"))
		}},
	} {
		at.Go(func() {
			t.Run(test.name, func(t *testing.T) {
				dir := t.TempDir()
				test.before(t, dir)
				w := startWatcher(t, Config{Debounce: debounce,
					Files: []string{filepath.Join(dir, test.file), filepath.Join(dir, ".env.local")}})
				test.change(t, dir)
				signalled(t, w)
				quietNow(t, w)

				// Whatever came of it is watched in its turn.
				path := filepath.Join(dir, test.file)
				must(t, os.MkdirAll(filepath.Dir(path), 0o755))
				write(t, path, "A=another")
				signalled(t, w)
			})
		})
	}
	at.Wait()
}

func nothing(*testing.T, string) {}

func env(t *testing.T, dir string) { t.Helper(); write(t, dir+"/.env", "A=1") }

func store(t *testing.T, dir string) { t.Helper(); write(t, dir+"/.aside/secrets/dev.age", "x") }

func link(t *testing.T, target, path string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.Symlink(target, path))
}

// kubernetes lays out a folder as the kubelet mounts a secret.
func kubernetes(t *testing.T, dir string) {
	write(t, dir+"/secrets/..2026_0/.env", "A=0")
	link(t, "..2026_0", dir+"/secrets/..data")
	link(t, "..data/.env", dir+"/secrets/.env")
}

// nextKubernetes brings up version n of it, as the kubelet does.
func nextKubernetes(t *testing.T, dir string, n int) {
	write(t, fmt.Sprint(dir, "/secrets/..2026_", n, "/.env"), fmt.Sprint("A=", n))
	link(t, fmt.Sprint("..2026_", n), dir+"/secrets/..data_tmp")
	must(t, os.Rename(dir+"/secrets/..data_tmp", dir+"/secrets/..data"))
	must(t, os.RemoveAll(fmt.Sprint(dir, "/secrets/..2026_", n-1)))
}

func command(name string, args ...string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(name, "is not installed")
		}
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "HOME="+dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
}

func vim(backupcopy string) func(*testing.T, string) {
	return command("vim", "-N", "-u", "NONE", "-i", "NONE", "-es", ".env",
		"-c", "set backup writebackup backupcopy="+backupcopy, "-c", "s/1/2/", "-c", "wq")
}

func TestKubernetesAgainAndAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kubernetes(t, dir)
	w := startWatcher(t, Config{Files: []string{dir + "/secrets/.env"}, Debounce: debounce})
	for n := 1; n <= 4; n++ {
		nextKubernetes(t, dir, n)
		signalled(t, w)
		quietNow(t, w)
	}
}

// What is of no interest neither signals nor delays.
func TestNoChange(t *testing.T) {
	t.Parallel()
	var at sync.WaitGroup
	for _, test := range []struct {
		name   string
		change func(t *testing.T, dir string)
	}{
		{"another file in the folder", func(t *testing.T, dir string) {
			write(t, dir+"/.env.swp", "x")
			write(t, dir+"/server.log", "x")
			must(t, os.Remove(dir+"/server.log"))
		}},
		{"another folder", func(t *testing.T, dir string) {
			write(t, dir+"/node_modules/x/.env", "x")
		}},
		{"read", func(t *testing.T, dir string) {
			_, err := os.ReadFile(dir + "/.env")
			must(t, err)
		}},
	} {
		at.Go(func() {
			t.Run(test.name, func(t *testing.T) {
				dir := t.TempDir()
				env(t, dir)
				write(t, dir+"/conf/.env", "A=1")
				time.Sleep(2 * clockStep) // or the first event counts as a change
				w := startWatcher(t, Config{Debounce: debounce,
					Files: []string{dir + "/.env", dir + "/conf/.env", dir + "/.aside/secrets/dev.age"}})
				test.change(t, dir)
				quietNow(t, w)
				write(t, dir+"/conf/.env", "A=2")
				signalled(t, w)
			})
		})
	}
	at.Wait()
}

// What leaves the values as they were is at most one signal.
func TestAtMostOneSignal(t *testing.T) {
	t.Parallel()
	var at sync.WaitGroup
	for name, change := range map[string]func(t *testing.T, dir string){
		"touched": func(t *testing.T, dir string) {
			now := time.Now()
			must(t, os.Chtimes(dir+"/conf/.env", now, now))
		},
		"gone and back": func(t *testing.T, dir string) {
			must(t, os.Rename(dir+"/conf", dir+"/conf.old"))
			must(t, os.Rename(dir+"/conf.old", dir+"/conf"))
		},
		"a folder on the way made and removed": func(t *testing.T, dir string) {
			must(t, os.Mkdir(dir+"/.aside", 0o755))
			must(t, os.Remove(dir+"/.aside"))
		},
	} {
		at.Go(func() {
			t.Run(name, func(t *testing.T) {
				dir := t.TempDir()
				write(t, dir+"/conf/.env", "A=1")
				w := startWatcher(t, Config{Debounce: debounce,
					Files: []string{dir + "/.env", dir + "/conf/.env", dir + "/.aside/secrets/dev.age"}})
				change(t, dir)
				select {
				case <-w.Changed():
				case <-time.After(2 * debounce):
				}
				quietNow(t, w)
				write(t, dir+"/conf/.env", "A=2")
				signalled(t, w)
			})
		})
	}
	at.Wait()
}

// Two writes of one size within a tick of the file system's clock leave the
// same stat behind.
func TestLastOfQuickWritesIsSeen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".env")
	w := startWatcher(t, Config{Files: []string{path}})
	for i := range 300 {
		last := fmt.Sprintf("A=%03d", i)
		write(t, path, "A=xxx")
		write(t, path, last)
		for got := ""; got != last; {
			signalled(t, w)
			b, err := os.ReadFile(path)
			must(t, err)
			got = string(b)
		}
	}
}

// Between the making of a folder and the watch on it, files may appear in it;
// and what comes and goes between two looks may have been read.
func TestFileInNewFolderIsSeen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := dir + "/.aside/secrets/dev.age"
	w := startWatcher(t, Config{Files: []string{path, dir + "/.env"}})
	for i := range 200 {
		last := fmt.Sprint(i)
		store(t, dir)
		write(t, path, last)
		for got := ""; got != last; {
			signalled(t, w)
			b, _ := os.ReadFile(path)
			got = string(b)
		}
		if i%2 == 0 {
			must(t, os.RemoveAll(dir+"/.aside"))
		} else {
			must(t, os.Rename(dir+"/.aside", fmt.Sprint(dir, "/gone", i)))
			must(t, os.RemoveAll(fmt.Sprint(dir, "/gone", i)))
		}
		for exists := true; exists; {
			signalled(t, w)
			_, err := os.Stat(path)
			exists = err == nil
		}
	}
}

// A change that never ends is signalled all the same.
func TestConstantChange(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".env")
	w := startWatcher(t, Config{Files: []string{path}, Debounce: 20 * time.Millisecond})
	timeout := time.After(deadline)
	for i := 0; ; i++ {
		select {
		case <-w.Changed():
			return
		case <-timeout:
			t.Fatal("the change was not signalled")
		default:
			write(t, path, fmt.Sprint("A=", i))
		}
	}
}

func TestQuiet(t *testing.T) {
	start := time.Now()
	const d = 100 * time.Millisecond
	for _, test := range []struct{ since, debounce, want time.Duration }{
		{0, d, d},
		{5 * d, d, d},
		{9 * d, d, d},
		{950 * time.Millisecond, d, 50 * time.Millisecond},
		{10 * d, d, 0},
		{0, 0, 0},
	} {
		if got := quiet(start, start.Add(test.since), test.debounce); got != test.want {
			t.Errorf("%v into the burst: wait %v, want %v", test.since, got, test.want)
		}
	}
	if got := quiet(start, start.Add(time.Second), 0); got > 0 {
		t.Errorf("without debounce: wait %v", got)
	}
}

// Lost events count as a change, and the folders are watched anew.
func TestOverflow(t *testing.T) {
	dir := t.TempDir()
	log, _ := newLog()
	signals := make(chan struct{}, 10)
	f := newFiles([]string{dir + "/.env"}, 0, log, func() { signals <- struct{}{} })
	w := &Watcher{changed: signals}
	done := make(chan struct{})
	go func() { defer close(done); f.run(t.Context()) }()

	f.notify.Errors <- fsnotify.ErrEventOverflow
	signalled(t, w)
	env(t, dir)
	signalled(t, w)
}

// The names of events in the root folder begin with two slashes.
func TestEventInRootFolder(t *testing.T) {
	f := &files{timer: time.NewTimer(time.Hour)}
	f.last = look([]string{"/no-such-file.env"})
	f.handle(fsnotify.Event{Name: "//other", Op: fsnotify.Create})
	if !f.first.IsZero() {
		t.Error("another file was taken for it")
	}
	f.handle(fsnotify.Event{Name: "//no-such-file.env", Op: fsnotify.Create})
	if f.first.IsZero() {
		t.Error("the event was overlooked")
	}
}

// Folders outside of the project are left alone.
func TestFoldersFurtherUpAreNotWatched(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	store(t, dir)
	got := look([]string{dir + "/.env", dir + "/.aside/secrets/stage.age"}).watched
	want := map[string]bool{dir: true, dir + "/.aside": false, dir + "/.aside/secrets": true}
	if !maps.Equal(got, want) {
		t.Errorf("folders %v, want %v", got, want)
	}
}

func TestLinkLoop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link(t, "b", dir+"/a")
	link(t, "a", dir+"/b")
	w := startWatcher(t, Config{Files: []string{dir + "/a"}, Debounce: debounce})
	must(t, os.Remove(dir+"/b"))
	write(t, dir+"/b", "A=1")
	signalled(t, w)
	quietNow(t, w)
}

// A path goes up from where a symlink led, not from the symlink.
func TestDotDotBehindLink(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	write(t, dir+"/real/.env", "A=1")
	must(t, os.MkdirAll(dir+"/real/sub", 0o755))
	link(t, "real/sub", dir+"/sub")
	link(t, "sub/../.env", dir+"/.env")
	tr := look([]string{dir + "/.env"})
	if !tr.watched[dir] || !tr.watched[dir+"/real"] {
		t.Errorf("folders %v", tr.watched)
	}
	for name := range tr.names {
		if strings.Contains(name, "..") {
			t.Errorf("name %s", name)
		}
	}
}
