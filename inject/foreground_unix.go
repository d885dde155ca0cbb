//go:build unix

package inject

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

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
	l.environ = hideFromGo(l.environ)
	return l
}

// hidden begins the name of a variable that Go's runtime is not to know. One that
// begins so anyway is marked too.
const hidden = "\x01"

// hideFromGo returns an environment without GOMEMLIMIT, GODEBUG and all others
// that are for the command and would work on this program, or end it.
func hideFromGo(environ []string) []string {
	environ = slices.Clone(environ)
	for i, v := range environ {
		if strings.HasPrefix(v, "GO") || strings.HasPrefix(v, hidden) {
			environ[i] = hidden + v
		}
	}
	return environ
}

// unhide undoes hideFromGo.
func unhide(environ []string) []string {
	for i, v := range environ {
		environ[i] = strings.TrimPrefix(v, hidden)
	}
	return environ
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
	// A shell may have taken the terminal from the parent since.
	parents, _ := unix.Getpgid(os.Getppid())
	if tty := openTerminal(); tty != nil && tty.foreground() == parents {
		setForeground(tty.fd, unix.Getpid())
	}
	runtime.LockOSThread()
	dieWithParent()
	l := launch{path: args[2], argv: args[3:], environ: unhide(os.Environ())}
	err := startError(l.path, l.exec())
	fmt.Fprintf(os.Stderr, "aside: %v\n", err)
	if hint := sources.HintOf(err); hint != "" {
		fmt.Fprintf(os.Stderr, "  %s\n", hint)
	}
	return err.Code, true
}
