//go:build unix

package inject

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// homeName names the folder of all files of this user.
func homeName() string { return fmt.Sprintf("aside-%d", os.Geteuid()) }

// private reports whether a folder belongs to this user, and is closed to others.
func private(info fs.FileInfo) bool {
	return info.IsDir() && info.Mode().Perm()&0o077 == 0 && owner(info) == os.Geteuid()
}

// trusted reports whether nobody but its owner, root and this user can replace
// what lies in a folder.
func trusted(info fs.FileInfo) bool {
	closed := info.Mode().Perm()&0o002 == 0 && (owner(info) == 0 || owner(info) == os.Geteuid())
	return closed || info.Mode()&fs.ModeSticky != 0
}

func owner(info fs.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Uid)
	}
	return -1
}

// tryLock locks a file that nobody has locked. A command does not inherit the
// lock, which so ends with this process.
func tryLock(f *os.File) error {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
}

// close closes what the command has by now.
func (l launch) close() {
	for _, fd := range l.fds {
		unix.Close(fd)
	}
}

// descriptors returns what the command's descriptors are to be, by their
// numbers: the standard ones, those that were made for it, and what this program
// was started with to be inherited.
func descriptors(l launch) []uintptr {
	all := l.standard()
	own := map[int]bool{}
	last := 2
	for _, fd := range l.fds {
		own[fd], last = true, max(last, fd)
	}
	for fd := 3; fd <= last; fd++ {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if own[fd] || err == nil && flags&unix.FD_CLOEXEC == 0 {
			all = append(all, uintptr(fd))
		} else {
			all = append(all, ^uintptr(0)) // none
		}
	}
	return all
}
