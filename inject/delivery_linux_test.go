package inject

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/aside-cli/aside/sources"
)

func TestSeal(t *testing.T) {
	content := "a\nb\n" + strings.Repeat("x", 64<<10)
	fd, err := seal(sources.NewSecret(content))
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "sealed")
	defer f.Close()
	got := make([]byte, len(content)+1)
	if n, _ := f.Read(got); string(got[:n]) != content {
		t.Error("it has other content")
	}
	path := "/proc/self/fd/" + strconv.Itoa(fd)
	if read(t, path) != content {
		t.Error("opened anew it has other content")
	}
	if _, err := f.WriteAt([]byte("x"), 0); err == nil {
		t.Error("it can be written")
	}
	for _, size := range []int64{0, 1 << 20} {
		if err := unix.Ftruncate(fd, size); err == nil {
			t.Errorf("it can be made %d bytes long", size)
		}
	}
	if again, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
		if _, err := again.WriteString("x"); err == nil {
			t.Error("opened anew it can be written")
		}
		again.Close()
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, 0); err == nil {
		t.Error("its seals can be changed")
	}
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil || stat.Mode&0o777 != 0o400 {
		t.Errorf("mode %o, %v", stat.Mode, err)
	}
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Error("others inherit it")
	}
}

func TestSealNothing(t *testing.T) {
	fd, err := seal(sources.NewSecret(""))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if read(t, "/proc/self/fd/"+strconv.Itoa(fd)) != "" {
		t.Error("it has content")
	}
}

// Where aside becomes the command there is a symlink to a sealed file, which
// leads nowhere once the command has ended.
func TestTakeAlong(t *testing.T) {
	runtimeDir(t)
	path := filepath.Join(t.TempDir(), "key")
	l := launchOf(in("A", "a", ""), in("B", "b", path), parcel{"C", sources.NewSecret("c"), Delivery{Form: AsDescriptor}})
	taken, _, err := l.takeAlong()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"a", "b", "c"} {
		_, where, _ := strings.Cut(taken.environ[i], "=")
		if read(t, where) != want {
			t.Errorf("%s has other content", where)
		}
		if flags, err := unix.FcntlInt(uintptr(taken.fds[i]), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC != 0 {
			t.Errorf("%s is not inherited", where)
		}
	}
	var other deliverer
	defer other.close()
	if err := other.check([]parcel{in("B", "b", path)}); err == nil || !strings.Contains(err.Error(), "another run of aside has its file at") {
		t.Errorf("got %v", err)
	}
	if _, _, err := launchOf(in("B", "b", path)).takeAlong(); err == nil {
		t.Error("a link of a command that runs was replaced")
	}

	taken.close() // the command ends
	if _, err := os.ReadFile(path); err == nil {
		t.Error("the link leads somewhere")
	}
	if _, err := other.put(in("B", "new", path)); err != nil {
		t.Fatalf("what was left of a command that has ended: %v", err)
	}
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	other.clear()
	again, undo, err := launchOf(in("B", "b", path)).takeAlong()
	if err != nil {
		t.Fatal(err)
	}
	undo()
	if _, err := os.Lstat(path); err == nil || len(again.fds) != 1 {
		t.Error("not undone")
	}
}

// A command inherits what is for it, under the same number, and what this
// program was started with; nothing else.
func TestDescriptors(t *testing.T) {
	var fds []int
	for range 3 {
		fd, err := seal(sources.NewSecret("x"))
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		fds = append(fds, fd)
	}
	if _, err := unix.FcntlInt(uintptr(fds[1]), unix.F_SETFD, 0); err != nil {
		t.Fatal(err)
	}
	all := descriptors(launch{fds: fds[2:]})
	if all[fds[0]] != ^uintptr(0) || all[fds[1]] != uintptr(fds[1]) || all[fds[2]] != uintptr(fds[2]) || len(all) != fds[2]+1 {
		t.Errorf("%v of %v", all, fds)
	}
	if all := descriptors(launch{}); len(all) != 3 {
		t.Errorf("%v without any", all)
	}
}
