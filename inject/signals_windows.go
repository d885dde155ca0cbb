package inject

import (
	"os"
	"os/signal"
	"syscall"
)

// NotifySignals relays to c what ends a program here: Ctrl-C and Ctrl-Break
// (both SIGINT), and the closing of the console (SIGTERM).
func NotifySignals(c chan<- os.Signal) {
	signal.Notify(c, syscall.SIGINT, syscall.SIGTERM)
}

func signals() map[string]syscall.Signal {
	return map[string]syscall.Signal{
		"INT": syscall.SIGINT, "KILL": syscall.SIGKILL, "TERM": syscall.SIGTERM,
	}
}
