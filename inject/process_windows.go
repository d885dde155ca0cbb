package inject

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// newHost needs not know what is about stops: nothing stops a program here.
func newHost(bool, func()) *jobHost { return &jobHost{system: windowsJobs{}} }

// windowsJobs are Windows' own job objects.
type windowsJobs struct{}

func (windowsJobs) newJob() (handle, error) {
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
	if err != nil {
		windows.CloseHandle(job)
		return 0, err
	}
	return handle(job), nil
}

func (windowsJobs) startSuspended(l launch) (command handle, pid int, err error) {
	pid, process, err := syscall.StartProcess(l.path, l.argv, &syscall.ProcAttr{
		Dir:   l.dir,
		Env:   l.environ,
		Files: l.standard(),
		Sys:   &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_SUSPENDED},
	})
	return handle(process), pid, err
}

func (windowsJobs) assign(job, command handle) error {
	return windows.AssignProcessToJobObject(windows.Handle(job), windows.Handle(command))
}

// resume resumes the only thread of a process, which is found in a list of all.
func (windowsJobs) resume(pid int) error {
	threads, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPTHREAD, 0)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(threads)
	entry := windows.ThreadEntry32{Size: uint32(unsafe.Sizeof(windows.ThreadEntry32{}))}
	for err = windows.Thread32First(threads, &entry); err == nil; err = windows.Thread32Next(threads, &entry) {
		if entry.OwnerProcessID != uint32(pid) {
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

func (windowsJobs) wait(command handle) (code uint32, err error) {
	if _, err := windows.WaitForSingleObject(windows.Handle(command), windows.INFINITE); err != nil {
		return 0, err
	}
	err = windows.GetExitCodeProcess(windows.Handle(command), &code)
	return code, err
}

// active takes a job that cannot be asked for an empty one: closing it ends the rest.
func (windowsJobs) active(job handle) int {
	var info struct { // JOBOBJECT_BASIC_ACCOUNTING_INFORMATION
		times                 [4]int64
		faults, total, active uint32
		terminated            uint32
	}
	err := windows.QueryInformationJobObject(windows.Handle(job), windows.JobObjectBasicAccountingInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)), nil)
	if err != nil {
		return 0
	}
	return int(info.active)
}

func (windowsJobs) sendBreak(group int) {
	windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(group))
}

func (windowsJobs) terminate(command handle, code uint32) {
	windows.TerminateProcess(windows.Handle(command), code)
}

func (windowsJobs) terminateJob(job handle, code uint32) {
	windows.TerminateJobObject(windows.Handle(job), code)
}

func (windowsJobs) close(h handle) { windows.CloseHandle(windows.Handle(h)) }
