//go:build unix

package relay

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/aside-cli/aside/cmd/internal/mask"
	"github.com/aside-cli/aside/inject"
)

// A relay is one call of [Run].
type relay struct {
	*terminal
	master    *os.File // our side of the other terminal
	output    *mask.Stream
	pid       int
	continued chan os.Signal
	expected  bool // a SIGCONT is still to come on another channel

	told  bool  // SIGINT was passed on
	ended error // the inject.ErrInterrupted by which the child did
}

// Wanted reports whether a command would use the terminal in full: it prints to
// it, in the foreground, and reads from it with nobody beside it who might as
// well; or it is the end of a pipeline, whose keys come from the terminal that it
// prints to.
func Wanted() bool {
	if IsOurs(os.Stdin) {
		return inject.Interactive() && (IsOurs(os.Stdout) || IsOurs(os.Stderr))
	}
	return inForeground(os.Stdout)
}

// IsOurs reports whether f is the terminal of this program's session.
func IsOurs(f *os.File) bool {
	_, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil
}

// inForeground reports whether f is that terminal, and this program is in the
// foreground of it.
func inForeground(f *os.File) bool {
	pgrp, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil && pgrp == unix.Getpgrp() && pgrp != 0 // 0: of another PID namespace
}

// Run starts this program with args on a terminal of its own, and sees it
// through. It returns nil when that ended with 0, else an [inject.ExitStatus],
// with [inject.ErrInterrupted] where that had one.
// Signals are passed on, each once. When Run returns the terminal has the modes
// that it had before.
func Run(args []string, signals <-chan os.Signal) error {
	// The kernel ties the end of a child to that of the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	t, err := openTerminal()
	if err != nil {
		return err
	}
	defer t.close()
	master, slave, err := pty.Open()
	if err != nil {
		return fmt.Errorf("open a terminal for the command: %w", err)
	}
	t.copyTo(slave)
	r := &relay{terminal: t, master: master, continued: make(chan os.Signal, 1)}
	signal.Notify(r.continued, syscall.SIGCONT)
	defer signal.Stop(r.continued)
	stops := make(chan os.Signal, 1)
	inject.NotifyStop(stops)
	defer signal.Stop(stops)

	set := &mask.Set{}
	link, err := r.start(args, slave)
	slave.Close()
	if err != nil {
		master.Close()
		return err
	}
	defer link.Close()
	r.output = mask.NewStream(t.f, master, set)
	go t.guard(r.output.Run)
	go t.guard(func() { receive(link, set.Add) }) // ends with the child
	status := r.follow(signals, stops)
	r.output.Wait()
	if r.ended != nil {
		return fmt.Errorf("%w: %w", r.ended, inject.ExitStatus(status))
	}
	if sig := syscall.Signal(status - 128); !IsOurs(os.Stdin) && (sig == syscall.SIGINT || sig == syscall.SIGQUIT) {
		syscall.Kill(0, sig) // the rest of the pipeline would have had it from the terminal
	}
	if status != 0 {
		return inject.ExitStatus(status)
	}
	return nil
}

// start starts the child, and returns our end of its link.
func (r *relay) start(args []string, slave *os.File) (*os.File, error) {
	self, err := inject.Self()
	if err != nil {
		return nil, err
	}
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, fmt.Errorf("make a link to the command's parent: %w", err)
	}
	unix.CloseOnExec(ends[0])
	defer unix.Close(ends[1])
	link := os.NewFile(uintptr(ends[0]), "link")
	sys, files := session(), make([]uintptr, 3)
	for i, f := range []*os.File{os.Stdin, os.Stdout, os.Stderr} {
		files[i] = f.Fd()
		if IsOurs(f) {
			files[i], sys.Ctty = slave.Fd(), i
		}
	}
	r.pid, err = syscall.ForkExec(self, append([]string{"aside", childArg, strconv.Itoa(ends[1])}, args...), &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: files,
		Sys:   sys,
	})
	if err != nil {
		link.Close()
		return nil, fmt.Errorf("start %s: %w", self, err)
	}
	return link, nil
}

// openLink returns the child's end.
func openLink(fd int) *os.File {
	unix.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "link")
}

// follow sees the child through and returns its status as a shell tells it.
func (r *relay) follow(signals, stops <-chan os.Signal) int {
	changes := make(chan syscall.WaitStatus)
	go r.guard(func() { r.wait(changes) })
	r.take(r.master)
	// Nothing tells a job that runs in the background that it has been brought to
	// the foreground.
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for {
		var again <-chan time.Time
		if !r.taken() {
			again = look.C
		}
		select {
		case sig := <-signals:
			r.signal(sig.(syscall.Signal))
		case <-stops:
			syscall.Kill(r.pid, syscall.SIGTSTP)
		case <-again:
			r.take(r.master)
		case ws := <-changes:
			switch {
			case ws.Stopped():
				r.suspend()
			case ws.Signaled():
				r.interrupted(ws.Signal())
				return 128 + int(ws.Signal())
			default:
				return ws.ExitStatus()
			}
		}
	}
}

// interrupted notes what the end of the child by sig is: where nobody told it to,
// Ctrl-C did, on the other terminal.
func (r *relay) interrupted(sig syscall.Signal) {
	switch {
	case sig != syscall.SIGINT:
	case r.told:
		r.ended = inject.ErrInterrupted
	default:
		r.ended = inject.ErrUnheard
	}
}

// wait collects what ends, also what comes to us as PID 1, and tells of the child.
func (r *relay) wait(changes chan<- syscall.WaitStatus) {
	for {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, syscall.WUNTRACED, nil)
		if err == syscall.ECHILD {
			return
		}
		if err != nil || pid != r.pid {
			continue
		}
		changes <- ws
		if !ws.Stopped() {
			return
		}
	}
}

func (r *relay) signal(sig syscall.Signal) {
	switch sig {
	case syscall.SIGWINCH:
		if r.resize(r.master) {
			return // the other terminal tells who is to know
		}
	case syscall.SIGCONT:
		r.take(r.master)
		if r.expected {
			r.expected = false
			return // suspend has passed it on
		}
	case syscall.SIGINT:
		r.told = true
	}
	syscall.Kill(r.pid, sig)
}

// suspend follows the child's stop.
func (r *relay) suspend() {
	r.output.Settle()
	r.leave()
	r.expected = inject.StopJob(r.continued)
	r.take(r.master)
	syscall.Kill(r.pid, syscall.SIGCONT)
}
