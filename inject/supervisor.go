package inject

import (
	"context"
	"os"
	"syscall"
	"time"
)

// A Supervisor runs a command and starts it anew when its environment changes.
// Its fields are not to be changed once it runs.
type Supervisor struct {
	Command Command

	// Deliver says which variables reach the command in files, and how.
	Deliver Deliveries

	// Resolve reads and merges everything. It runs on a goroutine of its own,
	// never twice at once.
	Resolve func(context.Context) (*Environment, error)

	// Changed says that Resolve may have another answer. nil: nothing is watched.
	Changed <-chan struct{}

	// Signals are passed on to the command: see [NotifySignals].
	Signals <-chan os.Signal

	// StopSignal goes to the whole tree of a command that is to be restarted,
	// and SIGKILL when Grace is over.
	StopSignal syscall.Signal
	Grace      time.Duration

	// GraceOnTerm applies Grace to a command that was sent SIGTERM from outside
	// too. Without it such a command takes as long as it likes.
	GraceOnTerm bool

	// A command that fails within HealthyAfter of a restart, or cannot be started
	// then, is started once more with the environment that worked before. 0
	// switches this off.
	HealthyAfter time.Duration

	// WaitOnExit keeps the Supervisor waiting for the next change when the
	// command ends by itself.
	WaitOnExit bool

	// React says what a change of the variable called name calls for.
	// nil: a restart, whatever changes.
	React func(name string) Reaction

	// Relayed tells that this program leads a session of its own on a terminal
	// that its parent made, and that this parent waits for it to stop as a shell
	// would. It stops by SIGSTOP then: of all other stops the system thinks that
	// nobody would end them.
	Relayed bool

	// BeforeStop, if not nil, is called before this program stops with its
	// command, as a shell's job, so that what the command printed can be passed on.
	BeforeStop func()

	// Say prints a line for the user, Complain an error that ended nothing.
	Say      func(format string, args ...any)
	Complain func(error)
}

// Run reads the environment, starts the command and sees it through. It returns
// nil when the command ended with 0, an [ExitStatus] when it did not or when a
// signal ended the Supervisor without a command (with [ErrInterrupted] where that
// was SIGINT), a [*StartError] when it could not be started, the first error of
// Resolve, or the cause of ctx. Once SIGTERM or SIGINT was passed on the command
// is not started again. Nothing of its tree is left where the Supervisor was
// asked to end, no file that it made (see [Deliveries]) and no goroutine in any
// case, but for a Resolve that does not heed its context for a second. What a
// Supervisor left that was killed, Run removes.
func (s *Supervisor) Run(ctx context.Context) error {
	sweepDead()
	host := newHost(s.Relayed, s.BeforeStop)
	defer host.close()
	return s.run(ctx, host)
}

func (s *Supervisor) run(ctx context.Context, host starter) error {
	ctx, cancel := context.WithCancel(ctx)
	r := &run{
		Supervisor: s,
		host:       host,
		ctx:        ctx,
		cancelled:  ctx.Done(),
		resolved:   make(chan resolution, 1),
	}
	defer func() {
		cancel()
		r.delivered.close()
		if r.resolving {
			select {
			case <-r.resolved:
			case <-time.After(time.Second): // whoever ends aside need not wait for a hung file system
			}
		}
	}()
	r.resolve()
	for !r.done {
		r.step()
	}
	return r.result
}

// step handles one event. Nothing in it blocks but the wait for the event.
func (r *run) step() {
	var events <-chan event
	if r.process != nil {
		events = r.process.events()
	}
	select {
	case sig := <-r.Signals:
		r.onSignal(sig)
	case <-r.Changed:
		r.onChanged()
	case answer := <-r.resolved:
		r.onResolved(answer)
	case e := <-events:
		r.onEvent(e)
	case <-r.grace:
		r.onGraceOver()
	case <-r.cancelled:
		r.onCancelled()
	}
}
