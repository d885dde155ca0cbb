package inject

import (
	"os"
	"os/signal"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sigaction is struct sigaction of rt_sigaction(2): the handler comes first.
type sigaction [8]uintptr

const sigIgn = 1 // SIG_IGN; the default action is 0

func (a *sigaction) swap(sig unix.Signal, with *sigaction) {
	const setSize = 8
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(with)), uintptr(unsafe.Pointer(a)), setSize, 0, 0)
}

// catchTSTP relays SIGTSTP to c, unless this program was started to ignore it.
func catchTSTP(c chan<- os.Signal) {
	var now sigaction
	if now.swap(unix.SIGTSTP, nil); now[0] != sigIgn {
		signal.Notify(c, unix.SIGTSTP)
	}
}

// stopGroup does to this program what sig does to one that does not catch it,
// and with others to the rest of its process group too. It has happened when
// stopGroup returns. Go cannot give up a signal that it caught, hence the
// system call.
func stopGroup(sig unix.Signal, others bool) {
	if others {
		for _, m := range processes() {
			if m.group == unix.Getpgrp() && m.pid != os.Getpid() {
				unix.Kill(m.pid, sig)
			}
		}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	clearSignalMask()
	var caught sigaction
	caught.swap(sig, &sigaction{})
	unix.Tgkill(os.Getpid(), unix.Gettid(), sig)
	(&sigaction{}).swap(sig, &caught)
}
