//go:build unix

package inject

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// A terminal is the controlling terminal of this program's session. The command
// leads its own process group, so it is given the foreground to read from the
// terminal and to be reached by Ctrl-C; this program is in the background then.
type terminal struct {
	fd    int
	given int // the command's process group, if that has the foreground, or had it and may want it again

	outer *term.State // the modes around the command; nil where a shell may have set others since
	inner *term.State // the command's own, while it is suspended
}

// openTerminal returns nil where there is no controlling terminal.
func openTerminal() *terminal {
	fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return nil
	}
	return &terminal{fd: fd}
}

func (t *terminal) close() { unix.Close(t.fd) }

// foreground returns the foreground process group, or -1.
func (t *terminal) foreground() int {
	pgrp, err := unix.IoctlGetInt(t.fd, unix.TIOCGPGRP)
	if err != nil {
		return -1
	}
	return pgrp
}

// mine reports whether this program is in the foreground.
func (t *terminal) mine() bool { return t.foreground() == unix.Getpgrp() }

// theirs reports whether the command still has the foreground that it was given:
// its own process group, or one that it made, as a shell does for its jobs, or
// nobody since all of those have ended. A shell takes it without a word when
// what it waits for is stopped or killed.
func (t *terminal) theirs() bool {
	if t.given == 0 {
		return false
	}
	pgrp := t.foreground()
	return pgrp == t.given || pgrp > 1 && unix.Kill(-pgrp, 0) == unix.ESRCH || isBelow(pgrp)
}

// Interactive reports whether a command would have the terminal: this program is
// in the foreground, reads from it, and is no part of a pipeline.
func Interactive() bool {
	t := openTerminal()
	if t == nil {
		return false
	}
	defer t.close()
	return t.isFor()
}

// isFor reports whether a command is to have the foreground from the start: when
// it reads from the terminal, and no other part of a pipeline or of a script's
// jobs would be left in the background. A command that turns out to want the
// terminal later gets it when it is stopped for that.
func (t *terminal) isFor() bool {
	// Group 0 is that of a process outside our PID namespace: the foreground
	// could not be taken back.
	return t.mine() && unix.Getpgrp() != 0 && term.IsTerminal(int(os.Stdin.Fd())) && !sharesProcessGroup()
}

// give makes pgrp the foreground process group, with the modes it left. This
// program is in the foreground.
func (t *terminal) give(pgrp int) {
	t.noteModes()
	t.setModes(t.inner)
	t.inner = nil
	setForeground(t.fd, pgrp)
	t.given = pgrp
}

// takeBack makes this program's process group the foreground one if the command
// has that.
func (t *terminal) takeBack() {
	if t.theirs() {
		setForeground(t.fd, unix.Getpgrp())
	}
}

// ended follows the end of a command.
func (t *terminal) ended() {
	t.takeBack()
	t.given, t.inner = 0, nil
	if !t.mine() {
		t.outer = nil
	}
}

// leave hands the terminal to whoever waits for this program. It reports whether
// the command had it.
func (t *terminal) leave() bool {
	had := t.theirs()
	if had {
		t.inner, _ = term.GetState(t.fd)
		t.setModes(t.outer)
		t.takeBack()
	}
	t.given, t.outer = 0, nil
	return had
}

// reset undoes what an earlier command did to the modes. This program is in the
// foreground.
func (t *terminal) reset() {
	t.noteModes()
	t.setModes(t.outer)
}

// noteModes is for when the terminal is ours: a shell that has it edits a line
// in modes of its own.
func (t *terminal) noteModes() {
	if t.outer == nil {
		t.outer, _ = term.GetState(t.fd)
	}
}

func (t *terminal) setModes(modes *term.State) {
	if modes != nil {
		withoutTTOU(func() { term.Restore(t.fd, modes) })
	}
}

// FromBackground returns a writer to w for a program that may be in the background
// of its terminal, as while a command has that: stty tostop does not stop it.
func FromBackground(w io.Writer) io.Writer { return backgroundWriter{w} }

type backgroundWriter struct{ w io.Writer }

func (b backgroundWriter) Write(p []byte) (n int, err error) {
	withoutTTOU(func() { n, err = b.w.Write(p) })
	return n, err
}

// setForeground makes pgrp the foreground process group.
func setForeground(fd, pgrp int) error {
	var err error
	withoutTTOU(func() { err = unix.IoctlSetPointerInt(fd, unix.TIOCSPGRP, pgrp) })
	return err
}
