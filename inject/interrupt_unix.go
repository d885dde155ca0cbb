//go:build unix

package inject

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Interrupt follows [ErrInterrupted]: it ends this program by SIGINT, with its
// process group, as Ctrl-C would have, had the command not had the terminal for
// itself. That ends the script or the loop around it too: a shell takes an exit
// with 130 for a command that has dealt with Ctrl-C and goes on with the next one.
//
// It returns where nobody would look: in a session of its own, unless relayed says
// that the parent waits for it as a shell would, as PID 1, and where SIGINT is ignored.
func Interrupt(relayed bool) {
	parent := os.Getppid()
	theirs, err := unix.Getsid(parent)
	ours, _ := unix.Getsid(0)
	shell := err == nil && parent > 0 && theirs == ours
	if !shell && !relayed || signal.Ignored(syscall.SIGINT) {
		return
	}
	signal.Reset(syscall.SIGINT)
	syscall.Kill(0, syscall.SIGINT)
	time.Sleep(time.Second) // it comes to whatever thread
}
