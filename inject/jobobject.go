package inject

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// A jobHost starts commands on Windows, each in a job object of its own: the job
// holds whatever the command starts, and ends with this program.
type jobHost struct {
	system jobSystem
	last   *jobProcess // nil before the first one
}

// A jobSystem is what a [jobHost] asks of Windows, a system call or two each:
// all else is tested without it.
type jobSystem interface {
	// newJob makes a job object whose processes end when it is closed.
	newJob() (handle, error)

	// startSuspended starts a command that leads a process group, and does
	// nothing before resume.
	startSuspended(launch) (command handle, pid int, err error)
	assign(job, command handle) error
	resume(pid int) error

	// wait waits for the end of a command and returns its exit code.
	wait(command handle) (uint32, error)

	// active counts the processes in a job.
	active(job handle) int

	// sendBreak sends Ctrl-Break, the one event that a process group can be sent.
	sendBreak(group int)
	terminate(command handle, code uint32)
	terminateJob(job handle, code uint32)
	close(handle)
}

// A handle is one of Windows'. It keeps the id of a process from being reused.
type handle uintptr

const (
	// killedCode is the exit code of what was ended by force, as a shell tells it.
	killedCode = 128 + uint32(syscall.SIGKILL)

	// controlCExit is STATUS_CONTROL_C_EXIT: the end of a program that handles
	// neither Ctrl-C nor Ctrl-Break.
	controlCExit = 0xC000013A

	// jobLookAgain is how often a job that is being stopped is looked at: it
	// does not tell reliably that it is empty.
	jobLookAgain = 5 * time.Millisecond
)

func (h *jobHost) onTerminal() bool { return true }

func (h *jobHost) start(l launch) (process, error) {
	job, err := h.system.newJob()
	if err != nil {
		return nil, startError(l.path, fmt.Errorf("no job object for it: %w", err))
	}
	command, pid, err := h.system.startSuspended(l)
	if err != nil {
		h.system.close(job)
		return nil, startError(l.path, err)
	}
	// In the job before its first instruction: nothing that it starts escapes.
	if err = h.system.assign(job, command); err == nil {
		err = h.system.resume(pid)
	}
	if err != nil {
		h.system.terminate(command, killedCode)
		h.system.close(command)
		h.system.close(job)
		return nil, startError(l.path, fmt.Errorf("it cannot be put into a job object: %w", err))
	}
	p := &jobProcess{
		jobSystem: h.system, job: job, command: command, pid: pid,
		eventc: make(chan event, 16), asked: make(chan struct{}), followed: make(chan struct{}),
	}
	h.last = p
	go p.follow()
	return p, nil
}

// close ends what is left of the last command, as the system would.
func (h *jobHost) close() {
	if h.last == nil {
		return
	}
	h.last.kill()
	select {
	case <-h.last.followed:
	case <-time.After(time.Second): // whoever ends aside need not wait for what cannot be killed
	}
}

type jobProcess struct {
	jobSystem
	job, command handle // open until the tree is gone
	pid          int
	eventc       chan event
	asked        chan struct{} // closed when the tree is to end
	followed     chan struct{} // closed when it has, and nothing of it is left here

	mu                     sync.Mutex
	exited, stopping, gone bool
}

func (p *jobProcess) events() <-chan event { return p.eventc }

// follow tells of the command's end and, once it was asked for, of the tree's.
func (p *jobProcess) follow() {
	defer close(p.followed)
	code, err := p.wait(p.command)
	p.mu.Lock()
	p.exited = true
	p.eventc <- event{kind: exited, status: jobStatus(code, err)}
	p.mu.Unlock()

	<-p.asked
	for p.active(p.job) > 0 {
		time.Sleep(jobLookAgain)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	p.close(p.command)
	p.close(p.job)
	p.eventc <- event{kind: gone}
}

// jobStatus is an exit code as a shell would tell it. What ends a command for its
// terminal and what stops it for a restart look the same here, so no event has a signal.
func jobStatus(code uint32, err error) int {
	switch {
	case err != nil:
		return 125
	case code == controlCExit:
		return 128 + int(syscall.SIGINT)
	}
	return int(code)
}

func (p *jobProcess) signal(sig os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.exited:
	case sig == os.Kill:
		p.terminate(p.command, killedCode)
	default:
		p.sendBreak(p.pid)
	}
}

func (p *jobProcess) stop(sig os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.gone:
		p.eventc <- event{kind: gone} // asked again, answered again
		return
	case sig == os.Kill:
		p.terminateJob(p.job, killedCode)
	default:
		p.sendBreak(p.pid) // where the command has ended too: its group may live on
	}
	p.ask()
}

func (p *jobProcess) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.gone {
		p.terminateJob(p.job, killedCode)
		p.ask()
	}
}

func (p *jobProcess) ask() {
	if !p.stopping {
		p.stopping = true
		close(p.asked)
	}
}

func (p *jobProcess) remaining() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return ""
	}
	return fmt.Sprintf("%d and what it started", p.pid)
}

// There is no job control here.
func (p *jobProcess) suspend(os.Signal) {}
