package inject

import (
	"context"
	"os"
	"syscall"
	"time"
)

// start starts the command with next. Nothing of an earlier one is left.
func (r *run) start() {
	l, err := r.delivered.deliver(r.next.launch)
	var p process
	if err == nil {
		p, err = r.host.start(l)
		l.close()
	}
	if err != nil {
		r.onStartFailed(err)
		return
	}
	r.phase, r.process, r.current, r.started = running, p, r.next, time.Now()
	r.catchUp()
}

// catchUp reads again what changed while nobody could ask.
func (r *run) catchUp() {
	if r.dirty && !r.resolving {
		r.resolve()
	}
}

func (r *run) onStartFailed(err error) {
	switch {
	case r.fallback.env != nil:
		r.goBack(err.Error())
	case r.WaitOnExit && r.process != nil:
		r.Complain(err)
		r.wait()
	default:
		r.finish(err)
	}
}

// restart replaces the command by one with another environment.
func (r *run) restart(next ready) {
	// A signal that was passed on and did not end it has had its effect.
	r.next, r.asked = next, 0
	r.stop(r.start)
}

// stop ends the whole tree of the command; then comes what follows.
func (r *run) stop(after func()) {
	r.phase, r.after = stopping, after
	r.grace = time.After(r.Grace)
	r.process.stop(r.StopSignal)
}

func (r *run) onEvent(e event) {
	switch {
	case r.phase == running && e.kind == stopped:
		r.process.suspend(e.signal)
	case r.phase == running && e.kind == exited:
		r.onExited(e)
	case r.phase == stopping && e.kind == exited:
		r.onExitedWhileStopping(e)
	case r.phase == stopping && e.kind == gone:
		r.grace, r.killing = nil, false
		r.after()
	}
}

// heeded is how long SIGHUP or SIGQUIT is taken for what the command ended of.
// One that lives on took it for something else, as to read its configuration.
const heeded = time.Minute

// onExited: the command ended by itself, or because it was asked to from outside.
func (r *run) onExited(e event) {
	r.grace = nil
	switch {
	case final(r.asked) || r.asked != 0 && time.Since(r.askedAt) < heeded:
		// Whoever ends aside does not want to find parts of the command later.
		r.stop(func() { r.exitAs(e) })
	case e.interrupted() || e.status == 128+int(syscall.SIGINT):
		r.exitAs(e)
	case e.status != 0 && r.fallback.env != nil && r.young():
		r.goBack(ExitStatus(e.status).Error())
	case r.WaitOnExit:
		r.wait()
		r.Say("the command ended with %d: waiting for a change", e.status)
	default:
		r.exitWith(e.status)
	}
}

// onExitedWhileStopping heeds a Ctrl-C that only the command got to know of.
func (r *run) onExitedWhileStopping(e event) {
	if r.asked == 0 && e.interrupted() && e.signal != r.StopSignal {
		r.asked = syscall.SIGINT
		r.after = func() { r.exitAs(e) }
	}
}

// interrupted reports whether the command was ended from its terminal, which
// reaches it alone while it is in the foreground.
func (e event) interrupted() bool {
	return e.signal == syscall.SIGINT || e.signal == syscall.SIGQUIT || e.signal == syscall.SIGHUP
}

// young reports whether it is too early to say that the command works.
func (r *run) young() bool { return time.Since(r.started) < r.HealthyAfter }

// goBack starts the command once more with the environment that worked.
func (r *run) goBack(why string) {
	good := r.fallback
	r.fallback = ready{}
	r.Say("restarting: %s just after a restart: held back: %s", why, summary(Diff(good.env, r.known)))
	r.restart(good)
}

func (r *run) wait() {
	r.phase = waiting
	r.delivered.clear()
	r.catchUp()
}

func (r *run) onGraceOver() {
	r.grace = nil
	left := r.process.remaining()
	switch {
	case !r.killing:
		if left != "" {
			r.Say("killing what did not end within %s: process %s", r.Grace, left)
		}
		r.kill()
	case left != "":
		r.Say("waiting for what cannot be killed: process %s", left)
	}
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
			r.finish(EndedBy(sig))
		}
	case waiting:
		if ends(sig) {
			r.asked = sig
			r.stop(func() { r.finish(EndedBy(sig)) })
		}
	}
}

func (r *run) passOn(sig syscall.Signal) {
	r.process.signal(sig)
	if ends(sig) && !final(r.asked) {
		r.asked, r.askedAt = sig, time.Now()
	}
	if sig == syscall.SIGTERM && r.GraceOnTerm && r.grace == nil {
		r.grace = time.After(r.Grace)
	}
}

// onSignalWhileStopping: there is no command to restart for any more. Who asks
// again wants it sooner, and who asks a third time wants nothing but out. Without
// a terminal SIGHUP tells a service to read its configuration, which the next
// command does anyway, and SIGQUIT is no key.
func (r *run) onSignalWhileStopping(sig syscall.Signal) {
	switch {
	case !ends(sig), r.asked == 0 && !final(sig) && !r.host.onTerminal():
		r.process.signal(sig)
	case r.asked == 0:
		r.asked = sig
		r.after = func() { r.finish(EndedBy(sig)) }
		if sig != r.StopSignal {
			r.process.signal(sig)
		}
	case !r.killing:
		r.kill()
	default:
		r.finish(EndedBy(sig))
	}
}

func (r *run) onCancelled() {
	r.cancelled = nil
	cause := context.Cause(r.ctx)
	if r.process == nil {
		r.finish(cause)
		return
	}
	r.stop(func() { r.finish(cause) })
	r.kill()
}

// ends reports whether a signal is a wish to end.
func ends(sig syscall.Signal) bool {
	return final(sig) || sig == syscall.SIGHUP || sig == syscall.SIGQUIT
}

// final reports whether a signal is nothing but that: SIGHUP makes many a
// command read its configuration, and SIGQUIT show what it is doing.
func final(sig syscall.Signal) bool {
	return sig == syscall.SIGTERM || sig == syscall.SIGINT
}
