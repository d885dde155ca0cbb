//go:build unix

package inject

import (
	"os"
	"syscall"
	"time"
)

// A fakeCommand is a process and what it started, which lives on when the
// command ends, until it is told to end too.
type fakeCommand struct {
	*world
	env    map[string]string
	eventc chan event

	exited, alone, stopping, killed, gone bool // alone: nothing else is left of the tree
	paused                                bool

	status   int // once it exited
	stopAt   time.Time
	termAt   time.Time
	got      map[syscall.Signal]int // with signal, not with stop
	gotAt    map[syscall.Signal]time.Time
	waiting  []syscall.Signal // while it is paused
	finished bool             // it was told to end and will
}

func (p *fakeCommand) events() <-chan event { return p.eventc }

// tell is called with the lock held.
func (p *fakeCommand) tell(e event) {
	select {
	case p.eventc <- e:
	default:
		p.t.Errorf("nobody listens to the command")
	}
}

func (p *fakeCommand) signal(s os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sig := s.(syscall.Signal)
	if p.exited {
		return
	}
	if p.stopping && sig == p.s.StopSignal {
		p.t.Errorf("%v reached a command twice", sig)
	}
	if p.got == nil {
		p.got, p.gotAt = map[syscall.Signal]int{}, map[syscall.Signal]time.Time{}
	}
	p.got[sig]++
	p.gotAt[sig] = time.Now()
	if sig == syscall.SIGTERM && p.termAt.IsZero() {
		p.termAt = time.Now()
	}
	p.feel(sig)
}

func (p *fakeCommand) feel(sig syscall.Signal) {
	switch {
	case sig == syscall.SIGCONT:
		p.unpause()
	case p.paused:
		p.waiting = append(p.waiting, sig)
	case ends(sig) && !p.temper.deaf && !p.finished:
		p.finished = true
		e := event{}
		if p.temper.killed {
			e = event{status: 128 + int(sig), signal: sig}
		}
		time.AfterFunc(p.temper.takes, func() { p.exit(e) })
	}
}

// askedToEnd reports whether a signal was passed on that may mean it.
func (p *fakeCommand) askedToEnd() bool {
	for sig := range p.got {
		if ends(sig) {
			return true
		}
	}
	return false
}

func (p *fakeCommand) unpause() {
	p.paused = false
	for _, sig := range p.waiting {
		p.feel(sig)
	}
	p.waiting = nil
}

// exit ends the command, but nothing that it started.
func (p *fakeCommand) exit(e event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.exited {
		return
	}
	p.exited, p.status, e.kind = true, e.status, exited
	if e.interrupted() && p.got[e.signal.(syscall.Signal)] == 0 {
		p.interrupted++
	}
	p.tell(e)
	p.mayBeGone()
}

func (p *fakeCommand) mayBeGone() {
	if p.exited && p.alone && p.stopping && !p.gone {
		p.gone = true
		p.tell(event{kind: gone})
	}
}

// leave ends everything that the command started.
func (p *fakeCommand) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alone = true
	p.mayBeGone()
}

func (p *fakeCommand) stop(sig os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		p.tell(event{kind: gone})
		return
	}
	if !p.stopping {
		p.stopping, p.stopAt = true, time.Now()
	}
	p.unpause()
	p.feel(sig.(syscall.Signal))
	if !p.temper.deaf {
		time.AfterFunc(2*p.temper.takes, p.leave)
	}
}

func (p *fakeCommand) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	over := func(since time.Time) bool { return !since.IsZero() && time.Since(since) >= p.s.Grace }
	if !over(p.stopAt) && !(p.s.GraceOnTerm && over(p.termAt)) && p.endings() < 2 && !p.cancelled {
		p.t.Errorf("killed before its grace was over")
	}
	p.stopping, p.killed = true, true
	time.AfterFunc(time.Millisecond, func() {
		p.exit(event{status: 137, signal: syscall.SIGKILL})
		p.leave()
	})
}

func (p *fakeCommand) remaining() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return ""
	}
	return "42 (fake)"
}

// pause is what job control does to a command.
func (p *fakeCommand) pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.exited {
		p.paused = true
		p.tell(event{kind: stopped, signal: syscall.SIGTSTP})
	}
}

// suspend is over at once: nobody looks at the clock while a program is stopped.
func (p *fakeCommand) suspend(os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unpause()
}
