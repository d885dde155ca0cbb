//go:build unix && !linux

package inject

import (
	"os"

	"golang.org/x/sys/unix"
)

// catchTSTP does nothing: here a program that caught a stop cannot stop any more.
// Ctrl-Z stops a command only where it has the foreground.
func catchTSTP(chan<- os.Signal) {}

// stopGroup stops this program, and with others its whole process group, unless
// nobody could continue it. That may take a moment after it has returned.
func stopGroup(sig unix.Signal, others bool) {
	pid := unix.Getpid()
	if others {
		pid = 0
	}
	unix.Kill(pid, sig)
}
