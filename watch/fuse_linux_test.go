package watch

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A single file from a file system without events is looked at again and again,
// though the folder that it is mounted in has them.
func TestMountedSilentFile(t *testing.T) {
	t.Parallel()
	if !alone(t, syscall.CLONE_NEWNS) {
		return
	}
	dir := t.TempDir()
	env(t, dir)
	var size atomic.Uint64
	mountSilentFile(t, dir+"/.env", &size)
	w := startWatcher(t, Config{Files: []string{dir + "/.env"}, Debounce: debounce})
	for range 2 {
		size.Add(1)
		signalled(t, w)
		quietNow(t, w)
	}
}

// Requests of FUSE, as in linux/fuse.h.
const (
	fuseForget  = 2
	fuseGetattr = 3
	fuseStatfs  = 17
	fuseInit    = 26
)

// mountSilentFile mounts a file in FUSE that has a size and nothing else.
func mountSilentFile(t *testing.T, path string, size *atomic.Uint64) {
	t.Helper()
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skip("no FUSE here: ", err)
	}
	options := fmt.Sprintf("fd=%d,rootmode=100644,user_id=%d,group_id=%d", fd, os.Getuid(), os.Getgid())
	if err := unix.Mount("test", path, "fuse", 0, options); err != nil {
		unix.Close(fd)
		t.Skip("FUSE cannot be mounted here: ", err)
	}
	done := make(chan struct{})
	go func() { defer close(done); serveSilentFile(fd, size) }()
	t.Cleanup(func() {
		unix.Unmount(path, unix.MNT_DETACH)
		<-done
		unix.Close(fd)
	})
}

// serveSilentFile answers what the kernel asks until the file is unmounted.
func serveSilentFile(fd int, size *atomic.Uint64) {
	buf := make([]byte, 1<<16)
	for {
		n, err := unix.Read(fd, buf)
		if err == unix.EINTR || err == unix.EAGAIN || err == unix.ENOENT {
			continue
		}
		if err != nil || n < 16 {
			return
		}
		var failed int32
		var answer []byte
		le := binary.NativeEndian
		switch le.Uint32(buf[4:]) {
		case fuseForget:
			continue
		case fuseInit:
			answer = make([]byte, 64)
			le.PutUint32(answer[0:], 7) // the version
			le.PutUint32(answer[4:], 31)
			le.PutUint32(answer[20:], 4096) // the largest write
		case fuseGetattr:
			answer = make([]byte, 104) // whose first 16 say that it holds for no time
			le.PutUint64(answer[16:], 1)
			le.PutUint64(answer[24:], size.Load())
			le.PutUint32(answer[76:], unix.S_IFREG|0o644)
			le.PutUint32(answer[80:], 1) // links
		case fuseStatfs:
			answer = make([]byte, 80)
		default:
			failed = -int32(unix.ENOSYS)
		}
		out := le.AppendUint32(nil, uint32(16+len(answer)))
		out = le.AppendUint32(out, uint32(failed))
		out = append(out, buf[8:16]...) // the number of the request
		unix.Write(fd, append(out, answer...))
	}
}
