//go:build unix

package inject

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Interrupt ends this program by SIGINT if err is [ErrInterrupted], as Ctrl-C would
// have ended it, had it no handler: a shell takes an exit with 130 for a command
// that has dealt with Ctrl-C, and goes on with the script or the loop around it.
// For [ErrUnheard] the process group gets the SIGINT that only the command got.
//
// It returns where nobody would look: away from the foreground of a terminal, in
// a session of its own, unless relayed says that the parent waits for it as a
// shell would, as PID 1, and where SIGINT is ignored.
func Interrupt(err error, relayed bool) {
	if !errors.Is(err, ErrInterrupted) || signal.Ignored(syscall.SIGINT) || !relayed && !ofShell() {
		return
	}
	tty := openTerminal()
	if tty == nil || !tty.mine() {
		return
	}
	target := os.Getpid()
	if errors.Is(err, ErrUnheard) {
		target = 0
	}
	signal.Reset(syscall.SIGINT)
	syscall.Kill(target, syscall.SIGINT)
	time.Sleep(time.Second) // it comes to whatever thread
}

// ofShell reports whether the parent is of the same session.
func ofShell() bool {
	parent := os.Getppid()
	theirs, err := unix.Getsid(parent)
	ours, _ := unix.Getsid(0)
	return err == nil && parent > 0 && theirs == ours
}
