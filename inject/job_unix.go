//go:build unix

package inject

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// signal passes sig on. What the terminal sends to our process group because
// the command was not given the foreground is for the whole of its own group.
func (p *unixProcess) signal(s os.Signal) {
	p.host.mu.Lock()
	defer p.host.mu.Unlock()
	sig := s.(syscall.Signal)
	if p.exited {
		return
	}
	target := p.pid
	tty := p.host.tty
	switch sig {
	case syscall.SIGCONT:
		if p.continued {
			p.continued = false // it continued us, and suspend passed it on
			return
		}
		if tty != nil && tty.isFor() {
			tty.give(p.pid) // fg, for a job that was in the background
		}
	case syscall.SIGINT, syscall.SIGQUIT, syscall.SIGWINCH:
		p.interrupted = p.interrupted || sig == syscall.SIGINT
		if tty != nil && tty.mine() {
			target = -p.pid
		}
	}
	syscall.Kill(target, sig)
}

// suspend passes a stop of the command on to whoever waits for this program:
// its whole process group stops, since npm or a shell script may stand between
// it and the shell that does job control.
func (p *unixProcess) suspend(s os.Signal) {
	p.host.mu.Lock()
	defer p.host.mu.Unlock()
	sig := s.(syscall.Signal)
	tty := p.host.tty
	if tty == nil || p.exited || p.stopping || p.wantsTerminal(sig) {
		return
	}
	wants := sig == syscall.SIGTTIN || sig == syscall.SIGTTOU
	if sig == syscall.SIGSTOP {
		if !tty.theirs() {
			return // nobody at the terminal did this
		}
		sig = syscall.SIGTSTP
	}
	had := tty.leave()
	p.continued = p.host.stopSelf(sig, had || wants)
	if !p.continued && wants && !tty.mine() {
		return // no shell will ever bring it to the foreground
	}
	if tty.mine() && (had || wants || tty.isFor()) {
		tty.give(p.pid)
	}
	syscall.Kill(-p.pid, syscall.SIGCONT)
}

// wantsTerminal gives a command the terminal that was stopped for want of it, if
// it is ours to give.
func (p *unixProcess) wantsTerminal(sig syscall.Signal) bool {
	tty := p.host.tty
	if sig != syscall.SIGTTIN && sig != syscall.SIGTTOU || tty == nil || !tty.mine() {
		return false
	}
	tty.give(p.pid)
	syscall.Kill(-p.pid, syscall.SIGCONT)
	return true
}

// unpause lets a command go on that stopped while it was told to end.
func (p *unixProcess) unpause(sig syscall.Signal) {
	// In the background one that wants the terminal would only stop again.
	if !p.wantsTerminal(sig) && sig != syscall.SIGTTIN && sig != syscall.SIGTTOU {
		syscall.Kill(-p.pid, syscall.SIGCONT)
	}
}

// onTSTP follows Ctrl-Z, which reaches this program alone where the command was
// not given the foreground, or while there is none. Once the command has
// stopped, suspend does the rest; one that is being ended is not held up.
func (h *host) onTSTP() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.child; p != nil && !p.exited && !p.stopping {
		syscall.Kill(-p.pid, syscall.SIGTSTP)
		return
	}
	h.stopSelf(unix.SIGTSTP, false)
}

// stopSelf stops this program, as a shell's job, and returns when it is continued.
// It reports false where that cannot be: the system discards the stop of a
// process group that no shell looks after, as in a container.
func (h *host) stopSelf(sig syscall.Signal, others bool) bool {
	if h.relayed {
		sig, others = syscall.SIGSTOP, false
	}
	if h.onStop != nil {
		h.onStop()
	}
	return stopJob(sig, others, h.sigcont)
}

func stopJob(sig syscall.Signal, others bool, continued <-chan os.Signal) bool {
	select {
	case <-continued:
	default:
	}
	stopGroup(sig, others)
	select {
	case <-continued:
		return true
	case <-time.After(100 * time.Millisecond):
		return false
	}
}

// NotifyStop relays SIGTSTP to c, where a program that catches it can still stop:
// see [StopJob]. On other systems than Linux it does nothing.
func NotifyStop(c chan<- os.Signal) { catchTSTP(c) }

// StopJob stops this program and its process group, as Ctrl-Z does, and returns
// when they are continued; continued is notified of SIGCONT then. It reports
// false where no shell could ever do that: then nothing has been stopped.
func StopJob(continued <-chan os.Signal) bool { return stopJob(syscall.SIGTSTP, true, continued) }
