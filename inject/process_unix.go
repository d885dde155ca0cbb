//go:build unix

package inject

import (
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// A host is what commands are started from: it is the parent of the command and
// the reaper of everything that comes of it. One goroutine reaps, one starts.
type host struct {
	tty     *terminal // nil without a controlling terminal
	relayed bool      // see [Supervisor.Relayed]
	onStop  func()    // see [Supervisor.BeforeStop]
	starts  chan func()
	sigchld chan os.Signal
	sigtstp chan os.Signal
	sigcont chan os.Signal
	done    sync.WaitGroup

	mu    sync.Mutex
	child *unixProcess      // the last one started
	alien map[int]ticks     // what was below us before it: see aliens
	ended map[int]time.Time // zombies that are left to a waiter, and since when
	again *time.Timer       // looks at these once more, or nil
}

// newHost takes over the reaping of children; close gives it back.
func newHost(relayed bool, onStop func()) *host {
	h := &host{
		tty:     openTerminal(),
		relayed: relayed,
		onStop:  onStop,
		ended:   map[int]time.Time{},
		starts:  make(chan func()),
		sigchld: make(chan os.Signal, 1),
		sigtstp: make(chan os.Signal, 1),
		sigcont: make(chan os.Signal, 1),
	}
	becomeReaper()
	signal.Notify(h.sigchld, syscall.SIGCHLD)
	if h.tty != nil {
		signal.Notify(h.sigcont, syscall.SIGCONT)
		catchTSTP(h.sigtstp)
	}
	h.done.Go(func() {
		for range h.sigchld {
			h.reap()
		}
	})
	h.done.Go(func() {
		for range h.sigtstp {
			h.onTSTP()
		}
	})
	h.done.Go(func() {
		// The kernel ties PDEATHSIG to the thread that started the child, so
		// one thread starts them all and lives as long as they do.
		runtime.LockOSThread()
		clearSignalMask()
		for start := range h.starts {
			start()
		}
	})
	return h
}

// close waits for the host's goroutines. Nothing that was started may be left.
func (h *host) close() {
	for _, c := range []chan os.Signal{h.sigchld, h.sigtstp, h.sigcont} {
		signal.Stop(c)
		close(c)
	}
	close(h.starts)
	h.done.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.again != nil {
		h.again.Stop()
	}
	if h.tty != nil {
		h.tty.close()
	}
}

func (h *host) onTerminal() bool { return h.tty != nil }

func (h *host) start(l launch) (process, error) {
	p := &unixProcess{host: h, eventc: make(chan event, 16), told: map[int]bool{}}
	err := make(chan error)
	h.starts <- func() { err <- p.start(l) }
	if err := <-err; err != nil {
		return nil, startError(l.path, err)
	}
	giveBackPages()
	return p, nil
}

// reap collects what ended, and looks after a tree that is being stopped.
func (h *host) reap() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.child != nil {
		h.child.wait()
	}
	h.reapOrphans()
	if h.child != nil {
		h.child.sweep()
	}
}

// A unixProcess leads a process group of its own; its fields are guarded by host.mu.
type unixProcess struct {
	host   *host
	pid    int
	eventc chan event

	exited, stopping, killing, gone bool

	continued   bool // we were, and the command with us
	interrupted bool // we got SIGINT, and the command from us

	stopSignal syscall.Signal
	stopped    ticks        // when it was sent
	told       map[int]bool // who got it
	again      *time.Timer  // the next sweep
}

func (p *unixProcess) events() <-chan event { return p.eventc }

func (p *unixProcess) start(l launch) error {
	h := p.host
	// Under the lock the reaper cannot see a child before it is known.
	h.mu.Lock()
	defer h.mu.Unlock()
	h.alien = aliens()
	attr := &syscall.ProcAttr{
		Dir:   l.dir,
		Files: descriptors(l),
		Sys:   processAttr(),
	}
	fork := func(l launch) (err error) {
		attr.Env = l.environ
		p.pid, err = syscall.ForkExec(l.path, l.argv, attr)
		return err
	}
	var err error
	foreground := h.tty != nil && h.tty.isFor()
	if foreground {
		h.tty.reset()
		err = fork(foregroundCommand(l))
		// Just within the limit, and over it with the arguments that take the
		// terminal first: the command gets it when it asks for it.
		foreground = err != syscall.E2BIG
	}
	if !foreground {
		err = l.asProgram(fork)
	}
	if err != nil {
		return err
	}
	h.child = p
	if foreground {
		h.tty.given = p.pid // the process takes it itself, see foregroundCommand
	}
	return nil
}

// wait collects the command's own exits and stops.
func (p *unixProcess) wait() {
	for !p.exited {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(p.pid, &ws, syscall.WNOHANG|syscall.WUNTRACED, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid != p.pid {
			return
		}
		p.follow(ws)
	}
}

func (p *unixProcess) follow(ws syscall.WaitStatus) {
	switch {
	case ws.Stopped() && p.stopping:
		p.unpause(ws.StopSignal())
	case ws.Stopped():
		// Whoever does not listen gets the newest stops, not all of them.
		if len(p.eventc) < cap(p.eventc)/2 {
			p.eventc <- event{kind: stopped, signal: ws.StopSignal()}
		}
	case ws.Signaled():
		p.end(event{kind: exited, status: 128 + int(ws.Signal()), signal: ws.Signal()})
	case ws.Exited():
		p.end(event{kind: exited, status: ws.ExitStatus()})
	}
}

// end tells of the command's end once the terminal is ours again: a Ctrl-C that
// answers what is said of it is for us.
func (p *unixProcess) end(e event) {
	p.exited = true
	if tty := p.host.tty; tty != nil {
		e.typed = e.signal == syscall.SIGINT && !p.interrupted && tty.theirs()
		tty.ended()
	}
	p.eventc <- e
}
