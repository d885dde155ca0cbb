package inject

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/aside-cli/aside/sources"
)

// sealedName is what the files that seal makes are called in /proc.
const sealedName = "aside"

// canSeal returns an error unless a command can open what seal makes by a path.
func canSeal() error {
	if self, err := os.Readlink("/proc/self"); err != nil || self != strconv.Itoa(os.Getpid()) {
		return sources.Hint(errors.New("a descriptor cannot be handed over: /proc is not mounted here"), "deliver it as a file, or mount /proc")
	}
	return nil
}

// seal returns the descriptor of a file in memory, without a name, that nobody
// can change any more. It is closed on exec. Its mode is what tools demand of
// files with keys.
func seal(content sources.Secret) (int, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate(sealedName, flags|unix.MFD_NOEXEC_SEAL)
	if err == unix.EINVAL { // before Linux 6.3
		fd, err = unix.MemfdCreate(sealedName, flags)
	}
	if err != nil {
		return -1, sources.Hint(fmt.Errorf("make a file in memory: %w", err), "deliver it as a file")
	}
	err = fill(fd, []byte(content.Reveal()))
	if err == nil {
		err = unix.Fchmod(fd, 0o400)
	}
	if err == nil {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_WRITE|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("write a file in memory: %w", err)
	}
	return fd, nil
}

// fill writes content, and leaves the place to read from at its start.
func fill(fd int, content []byte) error {
	for at := 0; at < len(content); {
		n, err := unix.Pwrite(fd, content[at:], int64(at))
		if err != nil && err != unix.EINTR {
			return err
		}
		at += max(n, 0)
	}
	return nil
}

// takeAlong makes of everything that l delivers a sealed file that this process
// has and keeps as it becomes the command: nobody stays who could remove a file.
// Where a path is asked for, a symlink to it lies there. It returns a function
// that undoes it.
func (l launch) takeAlong() (_ launch, undo func(), err error) {
	var links []string
	undo = func() {
		for _, path := range links {
			os.Remove(path)
		}
		l.close()
	}
	for _, p := range l.parcels {
		err = canSeal()
		fd := -1
		if err == nil {
			fd, err = seal(p.secret)
		}
		if err != nil {
			undo()
			return l, nil, fmt.Errorf("%s: %w", p.name, err)
		}
		l.fds = append(l.fds, fd)
		// By its number, so that processes below the command find it too that do
		// not inherit the descriptor.
		where := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd)
		switch {
		case p.Form == AsDescriptor:
			where = fmt.Sprintf("/proc/self/fd/%d", fd)
		case p.Path != "":
			if err := link(where, p.Path); err != nil {
				undo()
				return l, nil, fmt.Errorf("%s: %w", p.name, err)
			}
			links = append(links, p.Path)
			where = p.Path
		}
		fillIn(l.environ, FileVariable(p.name), where)
	}
	for _, fd := range l.fds {
		unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0) // from here on they are for the command
	}
	return l, undo, nil
}

// link makes a symlink to target at path.
func link(target, path string) error {
	if staleLink(path) {
		os.Remove(path)
	}
	if err := os.Symlink(target, path); err != nil {
		if taken := checkFree(path); taken != nil {
			return taken
		}
		return err
	}
	return nil
}

// staleLink reports whether at path there is a symlink that takeAlong made for a
// command that has ended.
func staleLink(path string) bool {
	target, err := os.Readlink(path)
	return err == nil && ofTakeAlong(target) && !live(target)
}

// ofTakeAlong reports whether target is /proc/PID/fd/N.
func ofTakeAlong(target string) bool {
	parts := strings.Split(target, "/")
	if len(parts) != 5 || parts[0] != "" || parts[1] != "proc" || parts[3] != "fd" {
		return false
	}
	_, err1 := strconv.Atoi(parts[2])
	_, err2 := strconv.Atoi(parts[4])
	return err1 == nil && err2 == nil
}

// live reports whether target is a file that seal made, which is still open.
func live(target string) bool {
	name, err := os.Readlink(target)
	return err == nil && strings.HasPrefix(name, "/memfd:"+sealedName)
}

// linkInUse reports whether at path there is a symlink that takeAlong made for a
// command that runs.
func linkInUse(path string) bool {
	target, err := os.Readlink(path)
	return err == nil && ofTakeAlong(target) && live(target)
}
