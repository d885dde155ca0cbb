//go:build unix

package main

import (
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// forgetTyped reports whether more than the one line that was read comes from the
// terminal, and reads it all away, unseen: the shell would show and run it.
func forgetTyped(fd int) (more bool) {
	before, err := term.MakeRaw(fd) // the last line may lack its end
	if err != nil {
		return false
	}
	defer term.Restore(fd, before)
	for buf := make([]byte, 4096); comes(fd); more = true {
		if n, err := unix.Read(fd, buf); n <= 0 || err != nil {
			break
		}
	}
	return more
}

// comes waits a little for something typed: a terminal may paste in pieces.
func comes(fd int) bool {
	for {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, 50)
		if err != unix.EINTR {
			return err == nil && n > 0 && fds[0].Revents&unix.POLLIN != 0
		}
	}
}
