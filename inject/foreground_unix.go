//go:build unix

package inject

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/aside-cli/aside/sources"
)

// foregroundArg makes this program the first, short life of a command's process.
const foregroundArg = "\x01foreground"

// foregroundCommand wraps a command so that its process has the terminal before
// the command's first instruction. Neither side of a fork can arrange that
// alone: the parent may be too late, and a child that takes the terminal from
// the background is stopped unless it ignores or blocks SIGTTOU, which the
// command would then inherit. So the process starts as this program, takes the
// terminal and becomes the command.
func foregroundCommand(l launch) launch {
	self, err := Self()
	if err != nil {
		return l
	}
	l.path, l.argv = self, append([]string{"aside", foregroundArg, l.path}, l.argv...)
	return l
}

// Self returns the path that starts this program once more, by its own name
// where it still is where it was.
func Self() (string, error) {
	const self = "/proc/self/exe" // also where the file was replaced since
	path, err := os.Executable()
	running, selfErr := os.Stat(self)
	if selfErr != nil {
		return path, err
	}
	if there, statErr := os.Stat(path); err == nil && statErr == nil && os.SameFile(there, running) {
		return path, nil
	}
	return self, nil
}

// Foreground is the first thing that main calls. Where the program was started
// by itself to become a command in the foreground, it does so and never
// returns, but for the exit code where that fails. Otherwise ok is false.
func Foreground(args []string) (code int, ok bool) {
	if len(args) < 4 || args[1] != foregroundArg {
		return 0, false
	}
	if fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY, 0); err == nil {
		setForeground(fd, unix.Getpid())
	}
	runtime.LockOSThread()
	dieWithParent()
	l := launch{path: args[2], argv: args[3:], environ: os.Environ()}
	err := startError(l.path, l.exec())
	fmt.Fprintf(os.Stderr, "aside: %v\n", err)
	if hint := sources.HintOf(err); hint != "" {
		fmt.Fprintf(os.Stderr, "  %s\n", hint)
	}
	return err.Code, true
}
