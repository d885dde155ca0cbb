//go:build unix

package inject

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// foregroundArg makes this program the first, short life of a command's process.
const foregroundArg = "\x01foreground"

// foregroundCommand wraps a command so that its process has the terminal before
// the command's first instruction. Neither side of a fork can arrange that
// alone: the parent may be too late, and a child that takes the terminal from
// the background is stopped unless it ignores or blocks SIGTTOU, which the
// command would then inherit. So the process starts as this program, takes the
// terminal and becomes the command.
func foregroundCommand(path string, argv []string) (string, []string) {
	self := "/proc/self/exe" // also where the file was replaced since
	if _, err := os.Stat(self); err != nil {
		if self, err = os.Executable(); err != nil {
			return path, argv
		}
	}
	return self, append([]string{"aside", foregroundArg, path}, argv...)
}

// Foreground is the first thing that main calls. Where the program was started
// by itself to become a command in the foreground, it does so and never
// returns, but for the exit code where that fails. Otherwise ok is false.
func Foreground(args []string) (code int, ok bool) {
	if len(args) < 4 || args[1] != foregroundArg {
		return 0, false
	}
	path, argv := args[2], args[3:]
	if fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY, 0); err == nil {
		setForeground(fd, unix.Getpid())
	}
	err := syscall.Exec(path, argv, os.Environ())
	fmt.Fprintf(os.Stderr, "aside: %s: cannot be run: %v\n", path, err)
	if err == syscall.ENOENT {
		return 127, true
	}
	return 126, true
}
