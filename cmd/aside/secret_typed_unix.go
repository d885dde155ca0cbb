//go:build unix

package main

import (
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// forgetTyped reports whether another line waits on the terminal, and reads all
// that does away: the shell would show and run it.
func forgetTyped(fd int) bool {
	waits := func() bool {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, 0)
		return err == nil && n > 0 && fds[0].Revents&unix.POLLIN != 0
	}
	if !waits() {
		return false
	}
	if before, err := term.MakeRaw(fd); err == nil { // the last line may lack its end
		defer term.Restore(fd, before)
	}
	for buf := make([]byte, 4096); waits(); {
		if n, err := unix.Read(fd, buf); n <= 0 || err != nil {
			break
		}
	}
	return true
}
