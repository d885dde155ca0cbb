//go:build unix

package inject

import (
	"os"
	"os/signal"
	"syscall"
)

// NotifySignals relays to c every signal that a [Supervisor] passes on, but for
// those that this program was started to ignore (nohup): the command inherits
// that. SIGURG and SIGCHLD are not among them: the first is the Go runtime's
// own, the second is about our children.
//
// Of the other signals that this program was started to ignore, Go's runtime
// keeps the job control ones as they are; for the rest (SIGTERM, SIGQUIT,
// SIGPIPE, …) it puts handlers of its own in place before any code of a program
// runs, and the kernel keeps no record of what was there before: a command gets
// them with their default action.
func NotifySignals(c chan<- os.Signal) {
	for _, sig := range relayed() {
		if !signal.Ignored(sig) {
			signal.Notify(c, sig)
		}
	}
}

func relayed() []os.Signal {
	return []os.Signal{
		syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT,
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH, syscall.SIGCONT,
	}
}

func signals() map[string]syscall.Signal {
	return map[string]syscall.Signal{
		"ABRT": syscall.SIGABRT, "ALRM": syscall.SIGALRM, "CONT": syscall.SIGCONT, "HUP": syscall.SIGHUP,
		"INT": syscall.SIGINT, "KILL": syscall.SIGKILL, "QUIT": syscall.SIGQUIT, "STOP": syscall.SIGSTOP,
		"TERM": syscall.SIGTERM, "USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2, "WINCH": syscall.SIGWINCH,
	}
}
