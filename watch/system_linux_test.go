package watch

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
)

// Close leaves no goroutine and no open file behind.
func TestCloseLeaksNothing(t *testing.T) {
	dir := t.TempDir()
	once := func() {
		w := startWatcher(t, Config{
			Files: []string{dir + "/.env", dir + "/.aside/secrets/dev.age"},
			Polls: []Poll{{Name: "p", Every: time.Hour, Check: (&remote{}).check(t)}},
		})
		env(t, dir)
		signalled(t, w)
		w.Close()
	}
	once() // lets the runtime open what it keeps
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	for range 20 {
		once()
	}
	if got := openFiles(t); got > files {
		t.Errorf("%d open files, %d before", got, files)
	}
	// One that has said that it is done may still be returning.
	for end := time.Now().Add(deadline); runtime.NumGoroutine() > goroutines; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
		}
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(entries)
}

// Folders that are no longer on the way are no longer watched.
func TestFoldersAreForgotten(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	kubernetes(t, dir)
	f := newFiles([]string{dir + "/secrets/.env"}, 0, nil, nil)
	defer f.notify.Close()
	before := len(f.notify.WatchList())
	for n := range 10 {
		nextKubernetes(t, dir, n+1)
		f.last = f.follow()
	}
	if got := len(f.notify.WatchList()); got > before {
		t.Errorf("%d folders are watched: %v", got, f.notify.WatchList())
	}
	if f.last.watched[dir+"/secrets/..2026_0"] || !f.last.watched[dir+"/secrets/..2026_10"] {
		t.Errorf("folders %v", f.last.watched)
	}
}

// alone runs the calling test once more, in a process with namespaces of its own.
// It reports whether this is that process.
func alone(t *testing.T, namespaces uintptr) bool {
	t.Helper()
	const key = "WATCH_TEST_ALONE"
	if os.Getenv(key) != "" {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), key+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  namespaces | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &exit):
		t.Skip("this machine does not let a test have namespaces of its own: ", err)
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	case strings.Contains(string(out), "--- SKIP"):
		t.Skipf("%s", out)
	}
	return false
}

// limit sets a limit of this user namespace.
func limit(t *testing.T, name, value string) {
	t.Helper()
	if err := os.WriteFile("/proc/sys/user/"+name, []byte(value), 0); err != nil {
		t.Skip("this machine does not let a test set limits: ", err)
	}
}

func TestLimitOnWatches(t *testing.T) {
	t.Parallel()
	if !alone(t, 0) {
		return
	}
	dir := t.TempDir()
	limit(t, "max_inotify_watches", "0")
	log, lines := newLog()
	w := startWatcher(t, Config{Files: []string{dir + "/.env"}, Log: log})
	for range 3 {
		env(t, dir)
		signalled(t, w)
	}
	want := `level=WARN msg="cannot watch files: the limit on inotify watches is reached; looking at them every second instead"` +
		` hint="raise it with sysctl fs.inotify.max_user_watches=524288"` + "\n"
	if lines.String() != want {
		t.Errorf("logged %q, want %q", lines, want)
	}

	limit(t, "max_inotify_watches", "1000")
	want += `level=INFO msg="watching files works again"` + "\n"
	for end := time.Now().Add(deadline); lines.String() != want; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("logged %q, want %q", lines, want)
		}
	}
	env(t, dir)
	signalled(t, w)
}

func TestLimitOnInstances(t *testing.T) {
	t.Parallel()
	if !alone(t, 0) {
		return
	}
	dir := t.TempDir()
	limit(t, "max_inotify_instances", "0")
	log, lines := newLog()
	w := startWatcher(t, Config{Files: []string{dir + "/.env"}, Log: log})
	for range 2 {
		env(t, dir)
		signalled(t, w)
	}
	must(t, os.Remove(dir+"/.env"))
	signalled(t, w)
	if !strings.Contains(lines.String(), "the limit on inotify instances, or on open files, is reached; looking") ||
		!strings.Contains(lines.String(), `hint="raise it with sysctl fs.inotify.max_user_instances=1024, or ulimit -n"`) ||
		strings.Count(lines.String(), "\n") != 1 {
		t.Errorf("logged %q", lines)
	}
}

// A container's .env is often a mount of one file, which the host writes to by
// its own name.
func TestMountedFile(t *testing.T) {
	t.Parallel()
	if !alone(t, syscall.CLONE_NEWNS) {
		return
	}
	for _, apart := range []bool{true, false} {
		host, app := t.TempDir(), t.TempDir()
		if apart {
			must(t, unix.Mount("tmpfs", host, "tmpfs", 0, ""))
			defer unix.Unmount(host, 0)
		}
		env(t, host)
		env(t, app)
		must(t, unix.Mount(host+"/.env", app+"/.env", "", unix.MS_BIND, ""))
		defer unix.Unmount(app+"/.env", 0)

		w := startWatcher(t, Config{Files: []string{app + "/.env"}, Debounce: debounce})
		for range 2 {
			write(t, host+"/.env", "A=2")
			signalled(t, w)
			quietNow(t, w)
		}
	}
}

// A file of two names may be written to by the other one, also if it has just
// taken the place of one that had two.
func TestOtherName(t *testing.T) {
	t.Parallel()
	dir, shared := t.TempDir(), t.TempDir()
	env(t, dir)
	must(t, os.Link(dir+"/.env", shared+"/0"))
	w := startWatcher(t, Config{Files: []string{dir + "/.env"}, Debounce: debounce})
	for i := range 3 {
		write(t, fmt.Sprint(shared, "/", i), fmt.Sprint("A=", i))
		signalled(t, w)
		quietNow(t, w)

		next := fmt.Sprint(shared, "/", i+1)
		write(t, next, "A=next")
		must(t, os.Link(next, dir+"/.env.tmp"))
		must(t, os.Rename(dir+"/.env.tmp", dir+"/.env"))
		signalled(t, w)
		quietNow(t, w)
	}
}

// Two of the files may become one, and two again.
func TestTwoNames(t *testing.T) {
	dir := t.TempDir()
	one, two := dir+"/.env", dir+"/.env.local"
	env(t, dir)
	write(t, two, "A=2")
	f := newFiles([]string{one, two}, 0, nil, nil)
	defer f.notify.Close()
	for range 20 {
		must(t, os.Remove(two))
		must(t, os.Link(one, two))
		f.last = f.follow() // before any event arrives
		f.handle(fsnotify.Event{Name: two, Op: fsnotify.Create})
		must(t, os.Remove(two))
		write(t, two, "A=2")
		f.last = f.follow()
		if got := len(f.notify.WatchList()); got != 3 {
			t.Fatalf("watched are %v", f.notify.WatchList())
		}
	}
}

func TestSilentFileSystem(t *testing.T) {
	if silent(t.TempDir()) {
		t.Error("the temporary folder is taken for a network file system")
	}
	if silent("/no/such/folder") {
		t.Error("a folder that is not there is taken for a network file system")
	}
}
