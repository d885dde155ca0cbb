package inject

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A host starts commands, each in a job object of its own: the job holds
// whatever the command starts, and ends with this program.
type host struct{}

func newHost() *host   { return &host{} }
func (h *host) close() {}

func (h *host) start(l launch) (process, error) {
	job, err := newJob()
	if err != nil {
		return nil, &StartError{126, fmt.Errorf("make a job object: %w", err)}
	}
	// Suspended until it is in the job, so that nothing it starts escapes; in a
	// process group of its own, so that it can be sent Ctrl-Break.
	attr := &os.ProcAttr{Dir: l.dir, Env: l.environ, Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
		Sys: &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_SUSPENDED}}
	child, err := os.StartProcess(l.path, l.argv, attr)
	if err != nil {
		windows.CloseHandle(job)
		code := 126
		if errors.Is(err, os.ErrNotExist) {
			code = 127
		}
		return nil, &StartError{code, fmt.Errorf("%s: cannot be run: %w", l.path, err)}
	}
	p := &windowsProcess{job: job, child: child, eventc: make(chan event, 16)}
	if err := p.letGo(); err != nil {
		child.Kill()
		child.Wait()
		windows.CloseHandle(job)
		return nil, &StartError{126, fmt.Errorf("%s: cannot be put into a job object: %w", l.path, err)}
	}
	go p.wait()
	return p, nil
}

// newJob returns a job object whose processes end with its last handle, ours.
func newJob() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, err
	}
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{
		BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
			LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
		},
	}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	return job, err
}

type windowsProcess struct {
	job    windows.Handle
	child  *os.Process
	eventc chan event

	mu                     sync.Mutex
	exited, stopping, gone bool
}

// letGo puts the suspended command into its job and resumes its only thread.
func (p *windowsProcess) letGo() error {
	handle, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(p.child.Pid))
	if err != nil {
		return err
	}
	defer windows.CloseHandle(handle)
	if err := windows.AssignProcessToJobObject(p.job, handle); err != nil {
		return err
	}
	threads, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPTHREAD, 0)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(threads)
	entry := windows.ThreadEntry32{Size: uint32(unsafe.Sizeof(windows.ThreadEntry32{}))}
	for err = windows.Thread32First(threads, &entry); err == nil; err = windows.Thread32Next(threads, &entry) {
		if entry.OwnerProcessID != uint32(p.child.Pid) {
			continue
		}
		thread, err := windows.OpenThread(windows.THREAD_SUSPEND_RESUME, false, entry.ThreadID)
		if err != nil {
			return err
		}
		defer windows.CloseHandle(thread)
		_, err = windows.ResumeThread(thread)
		return err
	}
	return err
}

func (p *windowsProcess) events() <-chan event { return p.eventc }

func (p *windowsProcess) wait() {
	state, err := p.child.Wait()
	status := 125
	if err == nil {
		status = state.ExitCode()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.exited = true
	p.eventc <- event{kind: exited, status: status}
}

// signal sends Ctrl-Break, the one event that a process group can be sent.
func (p *windowsProcess) signal(sig os.Signal) {
	if sig == os.Kill {
		p.child.Kill()
		return
	}
	windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(p.child.Pid))
}

func (p *windowsProcess) stop(sig os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.exited {
		p.signal(sig)
	}
	if !p.stopping {
		p.stopping = true
		go p.watchTree()
	} else if p.gone {
		p.eventc <- event{kind: gone}
	}
}

func (p *windowsProcess) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.gone {
		windows.TerminateJobObject(p.job, 1)
	}
}

// watchTree waits for the end of the tree: a job object does not tell of it.
func (p *windowsProcess) watchTree() {
	for {
		p.mu.Lock()
		if p.exited && p.alive() == 0 {
			p.gone = true
			windows.CloseHandle(p.job)
			p.eventc <- event{kind: gone}
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		time.Sleep(5 * time.Millisecond)
	}
}

// alive counts the processes in the job.
func (p *windowsProcess) alive() uint32 {
	var info struct { // JOBOBJECT_BASIC_ACCOUNTING_INFORMATION
		times                 [4]int64
		faults, total, active uint32
		terminated            uint32
	}
	err := windows.QueryInformationJobObject(p.job, windows.JobObjectBasicAccountingInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)), nil)
	if err != nil {
		return 0
	}
	return info.active
}

func (p *windowsProcess) remaining() string {
	return fmt.Sprintf("%d and what it started", p.child.Pid)
}

// There is no job control here.
func (p *windowsProcess) suspend(os.Signal) {}
