//go:build unix

package inject

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

func (p *unixProcess) stop(sig os.Signal) {
	p.host.mu.Lock()
	defer p.host.mu.Unlock()
	if p.gone {
		p.eventc <- event{kind: gone} // asked again, answered again
		return
	}
	p.stopping, p.stopSignal = true, sig.(syscall.Signal)
	leads := !p.exited // until it was reaped its process group cannot be another's
	p.stopped = sinceBoot()
	if leads {
		if p.host.tty != nil {
			p.host.tty.takeBack() // from here on Ctrl-C is about us
		}
		syscall.Kill(-p.pid, p.stopSignal) // all at the same moment
	}
	members := p.members()
	for _, m := range members {
		switch {
		case !leads:
			p.tell(m, false)
		case m.group == p.pid && m.startedBefore(p.stopped):
			p.tell(m, true)
		}
		// Who has come since may have missed it, and is looked after like all that
		// come later. So is who left the group, see below.
	}
	p.lookAfter(members)
}

// tell sends the stop signal to a member, unless it has it already, and wakes it
// up to hear it.
func (p *unixProcess) tell(m member, has bool) {
	p.told[m.pid] = true
	if !has {
		syscall.Kill(m.pid, p.stopSignal)
	}
	if m.paused() {
		syscall.Kill(m.pid, syscall.SIGCONT)
	}
}

func (p *unixProcess) kill() {
	p.host.mu.Lock()
	defer p.host.mu.Unlock()
	p.stopping, p.killing = true, true
	if !p.exited {
		syscall.Kill(-p.pid, syscall.SIGKILL)
	}
	p.sweep()
}

// sweep looks at a tree that is being stopped, and tells when it is gone.
func (p *unixProcess) sweep() {
	if p.stopping && !p.gone {
		p.lookAfter(p.members())
	}
}

// lookAfter leaves alone what a member starts to clean up with, until that member
// has ended; what it leaves behind is told to end too. In a process group of its
// own a process is told once its parent has ended: until then its parent, which
// was told, may be what tells it, as a supervisor does.
func (p *unixProcess) lookAfter(members []member) {
	if len(members) == 0 && p.exited {
		p.gone = true
		p.eventc <- event{kind: gone}
		return
	}
	for _, m := range members {
		switch {
		case p.killing:
			syscall.Kill(m.pid, syscall.SIGKILL)
		case p.told[m.pid] || !m.orphan():
		case p.exited || m.group != p.pid && m.startedBefore(p.stopped):
			p.tell(m, false)
		}
	}
	// Who forks while it is killed, or is not our child yet, is found by looking again.
	again := 50 * time.Millisecond
	if p.killing {
		again = 5 * time.Millisecond
	}
	if p.exited {
		again = min(again, sweepAgain)
	}
	if p.again == nil {
		p.again = time.AfterFunc(again, p.sweepLater)
	} else {
		p.again.Reset(again)
	}
}

func (p *unixProcess) sweepLater() {
	p.host.mu.Lock()
	defer p.host.mu.Unlock()
	p.sweep()
}

func (p *unixProcess) remaining() string {
	p.host.mu.Lock()
	defer p.host.mu.Unlock()
	var left []string
	for _, m := range p.members() {
		left = append(left, fmt.Sprintf("%d (%s)", m.pid, cmp.Or(m.name, "?")))
	}
	return strings.Join(left, ", ")
}

// group returns the command's process group as one member, while there is anyone
// in it: where the tree cannot be listed that is all there is to go by.
func (p *unixProcess) group() []member {
	if p.exited && syscall.Kill(-p.pid, 0) == syscall.ESRCH {
		return nil
	}
	return []member{{pid: -p.pid, group: p.pid, name: "process group"}}
}
