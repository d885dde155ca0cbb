package inject

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// A starter starts commands. The real one is [newHost]'s; tests have a fake.
type starter interface {
	// start starts a command. Nothing of an earlier one may be left.
	// The error is a [*StartError].
	start(launch) (process, error)

	// onTerminal reports whether there is a terminal that could hang up.
	onTerminal() bool
}

// A process is a command that was started, with everything that it started.
// None of its methods blocks, but for suspend while this program is stopped.
type process interface {
	// events tells what becomes of it.
	events() <-chan event

	// signal passes sig on to the command.
	signal(sig os.Signal)

	// stop sends sig to the whole tree; a gone event tells when nothing of it is
	// left. It may follow an exited event.
	stop(sig os.Signal)

	// kill ends the whole tree by force, after stop.
	kill()

	// remaining names what is left of the tree, for a message.
	remaining() string

	// suspend follows a stopped event: it hands the terminal back and stops this
	// program too, as a job of the shell, and returns when both are continued.
	suspend(sig os.Signal)
}

// An event is what became of a process.
type event struct {
	kind   eventKind
	status int       // exited: 0 to 255, or 128 plus the signal
	signal os.Signal // exited: what killed it, or nil; stopped: what stopped it
	typed  bool      // exited: by Ctrl-C, which reached nobody else
}

type eventKind int

const (
	exited  eventKind = iota // the command ended; others of its tree may live on
	stopped                  // job control stopped the command
	gone                     // nothing of the tree is left, after stop
)

// startError tells why the system did not start a program.
func startError(path string, err error) *StartError {
	code := 126
	if errors.Is(err, fs.ErrNotExist) {
		code = 127
	}
	return &StartError{code, fmt.Errorf("%s: cannot be run: %w", path, err)}
}
