package inject

import (
	"context"
	"fmt"
	"maps"
	"slices"
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

	delivered deliverer

	known    *Environment // what the last decision was about
	current  ready        // what the command has
	next     ready        // what it is to have after stopping
	fallback ready        // what worked before current, if one can go back
	started  time.Time

	asked   syscall.Signal // an ending signal from outside, or 0
	askedAt time.Time
	after   func() // what follows stopping
	killing bool

	cancelled <-chan struct{}
	done      bool
	result    error
}

type resolution struct {
	env *Environment
	err error
}

// ready is an environment that a command can be started with. The zero ready is none.
type ready struct {
	env    *Environment
	launch launch
}

func (r *run) finish(err error) { r.done, r.result = true, err }

// exitAs ends as the command did that told its end by e.
func (r *run) exitAs(e event) {
	switch {
	case e.typed:
		r.finish(fmt.Errorf("%w: %w", ErrUnheard, ExitStatus(e.status)))
	case e.signal == syscall.SIGINT && r.asked == syscall.SIGINT:
		r.finish(EndedBy(syscall.SIGINT))
	default:
		r.exitWith(e.status)
	}
}

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
	if r.resolving || r.phase == stopping {
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
	case final(r.asked):
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
	first, err := r.prepare(a.env)
	if err != nil {
		r.finish(err)
		return
	}
	r.known, r.next = a.env, first
	r.start()
}

// prepare does everything that can fail before a process is touched.
func (r *run) prepare(env *Environment) (ready, error) {
	l, err := r.Supervisor.prepare(env)
	if err == nil {
		err = r.delivered.check(l.parcels)
	}
	return ready{env, l}, err
}

// onNew decides what a newly read environment calls for.
func (r *run) onNew(env *Environment) {
	changes := Diff(r.known, env)
	if len(changes) == 0 {
		r.complaint = ""
		return
	}
	next, err := r.prepare(env)
	if err != nil {
		r.complain(err)
		return
	}
	alive := r.phase == running
	news := r.sort(changes, env, alive)
	seen := news.restart // what the command would see change
	if alive {
		seen = r.sort(Diff(r.current.env, env), env, alive).restart
	}
	restart := len(news.restart) > 0 && len(seen) > 0
	if files := r.inFiles(news.signalled()); !restart && len(files) > 0 && r.delivered.lost() {
		restart, seen = true, files // a signal would send the command to a path that is gone
	}
	if !restart {
		if err := r.delivered.update(next.launch, news.signalled()); err != nil {
			r.complain(err)
			return
		}
		r.handed(news.signalled(), env)
	}
	r.complaint = ""
	r.known = env
	if restart {
		r.Say("restarting: %s", summary(seen))
		r.fallback = r.lastGood(env)
		r.restart(next)
		return
	}
	for _, sig := range slices.Sorted(maps.Keys(news.signal)) {
		r.Say("sending %s: %s", signalName(sig), summary(news.signal[sig]))
		r.process.signal(sig)
	}
}

// handed follows an update: the command has these changes now, as far as they are
// in files, and keeps them should a later restart be taken back.
func (r *run) handed(changes []Change, env *Environment) {
	changes = r.inFiles(changes)
	if len(changes) == 0 {
		return
	}
	vars := maps.Clone(r.current.env.vars)
	for _, c := range changes {
		if v, ok := env.vars[c.Name]; ok {
			vars[c.Name] = v
		} else {
			delete(vars, c.Name)
		}
	}
	if now, err := r.prepare(&Environment{vars}); err == nil {
		r.current = now
	}
}

// inFiles are those of the changes that are about files.
func (r *run) inFiles(changes []Change) []Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return r.Deliver[c.Name].Form != AsFile })
}

// lastGood is what to go back to should env not work: what the command has, or
// if it is too young to tell, what was good before.
func (r *run) lastGood(env *Environment) ready {
	good := r.current
	if r.fallback.env != nil && r.young() {
		good = r.fallback
	}
	if r.HealthyAfter == 0 || r.phase != running || len(Diff(good.env, env)) == 0 {
		return ready{}
	}
	return good
}

// complain tells of an environment that cannot be used, once for each reason.
func (r *run) complain(err error) {
	if r.ctx.Err() != nil || err.Error() == r.complaint {
		return
	}
	r.complaint = err.Error()
	r.Complain(fmt.Errorf("%w (continuing with what was read before)", err))
}
