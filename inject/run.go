package inject

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// A phase is what a run is doing. A signal, a change and the end of the command
// mean something else in each.
type phase int

const (
	reading  phase = iota // no command yet: the first environment is being read
	running               // the command runs
	stopping              // its tree is being ended, for what comes after
	waiting               // it ended by itself, and a change starts it again
)

// A run is the state of one [Supervisor.Run]. It belongs to one goroutine.
type run struct {
	*Supervisor
	host starter
	ctx  context.Context

	phase   phase
	process process // nil before the first one
	grace   <-chan time.Time

	resolving bool // an answer will come on resolved
	resolved  chan resolution
	dirty     bool // something changed since that was asked, or while no one could ask
	complaint string

	known    *Environment // what the last decision was about
	current  *Environment // what the command has
	next     ready        // what it is to have after stopping
	fallback *Environment // what it had when it worked, just after a restart
	started  time.Time

	asked syscall.Signal // an ending signal, passed on to the command; or 0
	after func()         // what follows stopping

	killing bool
	done    bool
	result  error
}

type resolution struct {
	env *Environment
	err error
}

// ready is an environment that a command can be started with.
type ready struct {
	env    *Environment
	launch launch
}

func (r *run) finish(err error) { r.done, r.result = true, err }

// exitWith is finish for a status as a shell tells it.
func (r *run) exitWith(status int) {
	if status == 0 {
		r.finish(nil)
		return
	}
	r.finish(ExitStatus(status))
}

func (r *run) resolve() {
	r.resolving, r.dirty = true, false
	go func() {
		env, err := r.Resolve(r.ctx)
		r.resolved <- resolution{env, err}
	}()
}

func (r *run) onChanged() {
	if r.resolving || r.phase == stopping || r.phase == reading {
		r.dirty = true
		return
	}
	r.resolve()
}

func (r *run) onResolved(a resolution) {
	r.resolving = false
	switch {
	case r.phase == stopping:
		r.dirty = true // the command that this was for is no more
	case r.asked == syscall.SIGTERM:
		// It was told to end: whatever changes, it is not started again.
	case r.dirty:
		r.resolve()
	case r.phase == reading:
		r.onFirst(a)
	case a.err != nil:
		r.complain(a.err)
	default:
		r.onNew(a.env)
	}
}

func (r *run) onFirst(a resolution) {
	if a.err != nil {
		r.finish(a.err)
		return
	}
	l, err := r.Command.prepare(a.env)
	if err != nil {
		r.finish(err)
		return
	}
	r.known, r.next = a.env, ready{a.env, l}
	r.start()
}

// onNew decides what a newly read environment calls for.
func (r *run) onNew(env *Environment) {
	changes := Diff(r.known, env)
	if len(changes) == 0 {
		r.complaint = ""
		return
	}
	l, err := r.Command.prepare(env)
	if err != nil {
		r.complain(err)
		return
	}
	r.complaint = ""
	r.known = env
	news := r.sort(changes)
	seen := news.restart // what the command would see change
	if r.phase == running {
		seen = r.sort(Diff(r.current, env)).restart
	}
	switch {
	case len(news.restart) > 0 && len(seen) > 0:
		r.Say("restarting: %s", summary(seen))
		r.fallback = nil
		if r.phase == running {
			r.fallback = r.current
		}
		r.next = ready{env, l}
		r.stop(r.start)
	case r.phase == running:
		for sig, changes := range news.signal {
			r.Say("sending %s: %s", signalName(sig), summary(changes))
			r.process.signal(sig)
		}
	}
}

// start starts the command with next. Nothing of an earlier one is left.
func (r *run) start() {
	p, err := r.host.start(r.next.launch)
	if err != nil {
		r.onStartFailed(err)
		return
	}
	r.phase, r.process, r.current = running, p, r.next.env
	r.started, r.killing, r.asked = time.Now(), false, 0
	if r.dirty && !r.resolving {
		r.resolve()
	}
}

func (r *run) onStartFailed(err error) {
	switch {
	case r.fallback != nil:
		r.goBack(err.Error())
	case r.WaitOnExit && r.process != nil:
		r.Complain(err)
		r.wait()
	default:
		r.finish(err)
	}
}

// stop ends the whole tree of the command; then comes what follows.
func (r *run) stop(after func()) {
	r.phase, r.after = stopping, after
	r.grace = time.After(r.Grace)
	r.process.stop(r.StopSignal)
}

func (r *run) onEvent(e event) {
	switch {
	case e.kind == gone:
		r.grace = nil
		r.after()
	case e.kind == stopped && r.phase == running:
		r.process.suspend(e.signal)
	case e.kind == exited && r.phase == running:
		r.onExited(e)
	}
}

// onExited: the command ended by itself, or because it was asked to from outside.
func (r *run) onExited(e event) {
	r.grace = nil
	switch {
	case r.asked != 0:
		// Whoever ends aside does not want to find parts of the command later.
		r.stop(func() { r.exitWith(e.status) })
	case r.fallback != nil && e.status != 0 && time.Since(r.started) < r.HealthyAfter:
		r.goBack(ExitStatus(e.status).Error())
	case r.WaitOnExit && e.signal != syscall.SIGINT && e.status != 128+int(syscall.SIGINT):
		r.Say("the command ended with %d: waiting for a change", e.status)
		r.wait()
	default:
		r.exitWith(e.status)
	}
}

// goBack starts the command once more with the environment that worked.
func (r *run) goBack(why string) {
	env := r.fallback
	r.fallback = nil
	l, err := r.Command.prepare(env)
	if err != nil {
		r.finish(err)
		return
	}
	r.Say("restarting: %s just after a restart: held back: %s", why, summary(Diff(env, r.known)))
	r.next = ready{env, l}
	r.stop(r.start)
}

func (r *run) wait() {
	r.phase = waiting
	if r.dirty && !r.resolving {
		r.resolve()
	}
}

func (r *run) onGraceOver() {
	r.grace = nil
	if r.killing {
		r.Say("waiting for what cannot be killed: process %s", r.process.remaining())
		return
	}
	if left := r.process.remaining(); left != "" {
		r.Say("killing what did not end within %s: process %s", r.Grace, left)
	}
	r.kill()
}

func (r *run) kill() {
	r.killing = true
	r.grace = time.After(5 * time.Second)
	r.process.kill()
}

func (r *run) onSignal(s os.Signal) {
	sig, _ := s.(syscall.Signal)
	switch r.phase {
	case running:
		r.passOn(sig)
	case stopping:
		r.onSignalWhileStopping(sig)
	case reading:
		if ends(sig) {
			r.exitWith(128 + int(sig))
		}
	case waiting:
		if ends(sig) {
			r.stop(func() { r.exitWith(128 + int(sig)) })
		}
	}
}

func (r *run) passOn(sig syscall.Signal) {
	r.process.signal(sig)
	if ends(sig) {
		r.asked = sig
	}
	if sig == syscall.SIGTERM && r.GraceOnTerm && r.grace == nil {
		r.grace = time.After(r.Grace)
	}
}

// onSignalWhileStopping: there is no command to restart for any more. Who asks
// again wants it sooner, and who asks a third time wants nothing but out.
func (r *run) onSignalWhileStopping(sig syscall.Signal) {
	switch {
	case !ends(sig):
		r.process.signal(sig)
	case r.asked == 0:
		r.asked = sig
		r.after = func() { r.exitWith(128 + int(sig)) }
		if sig != r.StopSignal {
			r.process.signal(sig)
		}
	case !r.killing:
		r.kill()
	default:
		r.exitWith(128 + int(sig))
	}
}

func (r *run) onCancelled() {
	r.finish(context.Cause(r.ctx))
	if r.process != nil {
		r.process.kill()
	}
}

// complain tells of an environment that cannot be used, once for each reason.
func (r *run) complain(err error) {
	if errors.Is(err, context.Canceled) || err.Error() == r.complaint {
		return
	}
	r.complaint = err.Error()
	r.Complain(fmt.Errorf("%w (continuing with what was read before)", err))
}

// ends reports whether a signal is a wish to end.
func ends(sig syscall.Signal) bool {
	switch sig {
	case syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT:
		return true
	}
	return false
}
