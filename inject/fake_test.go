package inject

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aside-cli/aside/sources"
)

// Times of the fake world.
const (
	readTime     = time.Millisecond
	lateRead     = 50 * time.Millisecond
	testGrace    = time.Second
	testHealthy  = 2 * time.Second
	failsAfter   = 10 * time.Millisecond // a command with a bad value
	settled      = time.Minute           // everything that is bound to happen has happened
	secretMarker = "hush"                // in every value; in no line that is said
)

var errRead = errors.New(".env:1:1: this line is no assignment")

// A temper is how commands take it when they are told to end.
type temper struct {
	name   string
	takes  time.Duration // for the command, and once more for what it started
	killed bool          // it dies of the signal; else it ends with 0
	deaf   bool          // only SIGKILL ends it
}

var tempers = []temper{
	{name: "prompt", takes: time.Millisecond, killed: true},
	{name: "graceful", takes: 30 * time.Millisecond},
	{name: "deaf", deaf: true},
}

// A world is everything around a [Supervisor]: it has the variables, hands out
// signals and plays the commands. What must never happen is checked as it happens.
type world struct {
	t        *testing.T
	s        *Supervisor
	temper   temper
	changed  chan struct{}
	signals  chan os.Signal
	cancel   context.CancelFunc
	returned chan struct{} // closed with err and left set
	err      error
	left     bool // something of a command lived when the Supervisor returned

	mu          sync.Mutex
	vars        map[string]string
	version     int
	changedAt   map[string]time.Time
	readFails   bool
	readTakes   time.Duration
	startFails  int // how many of the next starts
	commands    []*fakeCommand
	attempts    []map[string]string // the environments of all starts, those that failed too
	said        []string
	sent        map[syscall.Signal]int
	interrupted int  // commands that got a Ctrl-C of their own
	unheard     bool // an ending signal came when there was no command to pass it on to
	cancelled   bool
	held        []string // the names in the newest line about a roll-back, nil after a restart
	heldAt      time.Time
	rolledTwice bool
}

// newWorld returns a world whose Supervisor can be changed until run is called.
func newWorld(t *testing.T, temper temper) *world {
	w := &world{
		t:         t,
		temper:    temper,
		changed:   make(chan struct{}, 1),
		signals:   make(chan os.Signal, 32),
		returned:  make(chan struct{}),
		vars:      map[string]string{"KEEP": "kept-" + secretMarker, "X": "first-" + secretMarker},
		changedAt: map[string]time.Time{},
		readTakes: readTime,
		sent:      map[syscall.Signal]int{},
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w.s = &Supervisor{
		Command:      Command{Args: []string{self}},
		Resolve:      w.resolve,
		Changed:      w.changed,
		Signals:      w.signals,
		StopSignal:   syscall.SIGTERM,
		Grace:        testGrace,
		HealthyAfter: testHealthy,
		Say:          func(format string, args ...any) { w.say(fmt.Sprintf(format, args...)) },
		Complain:     func(err error) { w.say("! " + err.Error()) },
	}
	return w
}

// run starts the Supervisor.
func (w *world) run() *world {
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	go func() {
		defer close(w.returned)
		w.err = w.s.run(ctx, w)
		w.mu.Lock()
		defer w.mu.Unlock()
		p := w.command()
		w.left = p != nil && !p.gone
	}()
	return w
}

func (w *world) ended() bool {
	select {
	case <-w.returned:
		return true
	default:
		return false
	}
}

func (w *world) resolve(ctx context.Context) (*Environment, error) {
	w.mu.Lock()
	vars, fails, takes := maps.Clone(w.vars), w.readFails, w.readTakes
	w.mu.Unlock()
	select { // the answer is as old as the question
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(takes):
	}
	if fails {
		return nil, errRead
	}
	return environment(w.t, vars), nil
}

// environment returns one with variables from .env.
func environment(t testing.TB, vars map[string]string) *Environment {
	var values []sources.Value
	for name, value := range vars {
		values = append(values, sources.Value{Name: name, Secret: sources.NewSecret(value),
			Origin: sources.Origin{Layer: sources.DotEnv, Source: ".env", Line: 1}})
	}
	env, _, err := Merge(values)
	if err != nil {
		t.Error(err)
	}
	return env
}

func (w *world) say(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if strings.Contains(line, secretMarker) {
		w.t.Errorf("a value was said: %s", line)
	}
	if names, ok := strings.CutPrefix(line, "restarting: "); ok {
		if _, held, ok := strings.Cut(names, "held back: "); ok {
			w.rolledTwice = w.rolledTwice || w.held != nil
			w.held, w.heldAt = changedNames(held), time.Now()
			if len(w.held) == 0 {
				w.t.Errorf("nothing is held back: %s", line)
			}
		} else {
			w.held = nil
		}
	}
	w.said = append(w.said, line)
}

// changedNames are the names in a summary.
func changedNames(summary string) []string {
	var names []string
	for _, c := range strings.Split(summary, ", ") {
		if name, _, ok := strings.Cut(c, " "); ok {
			names = append(names, name)
		}
	}
	return names
}

// set gives variables new values ("" removes one) and tells of it.
func (w *world) set(vars map[string]string) {
	w.mu.Lock()
	for name, value := range vars {
		if w.vars[name] != value {
			w.changedAt[name] = time.Now()
		}
		if value == "" {
			delete(w.vars, name)
		} else {
			w.vars[name] = value
		}
	}
	w.mu.Unlock()
	w.touch()
}

// change gives a variable a value that it never had.
func (w *world) change(name string) {
	w.version++
	w.set(map[string]string{name: fmt.Sprintf("%d-%s", w.version, secretMarker)})
}

// spoil gives a variable a value that no command works with.
func (w *world) spoil(name string) {
	w.version++
	w.set(map[string]string{name: fmt.Sprintf("bad-%d-%s", w.version, secretMarker)})
}

func (w *world) touch() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

func (w *world) signal(sig syscall.Signal) {
	if w.ended() {
		return
	}
	w.mu.Lock()
	w.sent[sig]++
	if p := w.command(); ends(sig) && (p == nil || p.exited || p.stopping) {
		w.unheard = true
	}
	w.mu.Unlock()
	w.signals <- sig
}

// command is the newest one, or nil.
func (w *world) command() *fakeCommand {
	if len(w.commands) == 0 {
		return nil
	}
	return w.commands[len(w.commands)-1]
}

// final counts the signals that nothing may be started after.
func (w *world) final() int { return w.sent[syscall.SIGTERM] + w.sent[syscall.SIGINT] }

func (w *world) endings() int {
	return w.final() + w.sent[syscall.SIGHUP] + w.sent[syscall.SIGQUIT] + w.interrupted
}

// start implements starter.
func (w *world) start(l launch) (process, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.command(); p != nil && !p.gone {
		w.t.Errorf("started while something of the command before is left")
	}
	if w.final() > 0 && len(w.signals) == 0 {
		w.t.Errorf("started after it was asked to end")
	}
	env := map[string]string{}
	for _, v := range l.environ {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	w.attempts = append(w.attempts, env)
	if w.startFails > 0 {
		w.startFails--
		return nil, &StartError{126, errors.New("text file busy")}
	}
	p := &fakeCommand{world: w, env: env, eventc: make(chan event, 16)}
	w.commands = append(w.commands, p)
	for _, value := range env {
		if strings.HasPrefix(value, "bad-") {
			time.AfterFunc(failsAfter, func() { p.exit(event{status: 1}) })
		}
	}
	return p, nil
}

// settle lets everything happen that needs no time.
func settle() { synctest.Wait() }

// A fakeCommand is a process and what it started, which lives on when the
// command ends, until it is told to end too.
type fakeCommand struct {
	*world
	env    map[string]string
	eventc chan event

	exited, alone, stopping, killed, gone bool // alone: nothing else is left of the tree
	paused                                bool

	status   int // once it exited
	stopAt   time.Time
	termAt   time.Time
	got      map[syscall.Signal]int // with signal, not with stop
	gotAt    map[syscall.Signal]time.Time
	waiting  []syscall.Signal // while it is paused
	finished bool             // it was told to end and will
}

func (p *fakeCommand) events() <-chan event { return p.eventc }

// tell is called with the lock held.
func (p *fakeCommand) tell(e event) {
	select {
	case p.eventc <- e:
	default:
		p.t.Errorf("nobody listens to the command")
	}
}

func (p *fakeCommand) signal(s os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sig := s.(syscall.Signal)
	if p.exited {
		return
	}
	if p.stopping && sig == p.s.StopSignal {
		p.t.Errorf("%v reached a command twice", sig)
	}
	if p.got == nil {
		p.got, p.gotAt = map[syscall.Signal]int{}, map[syscall.Signal]time.Time{}
	}
	p.got[sig]++
	p.gotAt[sig] = time.Now()
	if sig == syscall.SIGTERM && p.termAt.IsZero() {
		p.termAt = time.Now()
	}
	p.feel(sig)
}

func (p *fakeCommand) feel(sig syscall.Signal) {
	switch {
	case sig == syscall.SIGCONT:
		p.unpause()
	case p.paused:
		p.waiting = append(p.waiting, sig)
	case ends(sig) && !p.temper.deaf && !p.finished:
		p.finished = true
		e := event{}
		if p.temper.killed {
			e = event{status: 128 + int(sig), signal: sig}
		}
		time.AfterFunc(p.temper.takes, func() { p.exit(e) })
	}
}

// askedToEnd reports whether a signal was passed on that may mean it.
func (p *fakeCommand) askedToEnd() bool {
	for sig := range p.got {
		if ends(sig) {
			return true
		}
	}
	return false
}

func (p *fakeCommand) unpause() {
	p.paused = false
	for _, sig := range p.waiting {
		p.feel(sig)
	}
	p.waiting = nil
}

// exit ends the command, but nothing that it started.
func (p *fakeCommand) exit(e event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.exited {
		return
	}
	p.exited, p.status, e.kind = true, e.status, exited
	if e.interrupted() && p.got[e.signal.(syscall.Signal)] == 0 {
		p.interrupted++
	}
	p.tell(e)
	p.mayBeGone()
}

func (p *fakeCommand) mayBeGone() {
	if p.exited && p.alone && p.stopping && !p.gone {
		p.gone = true
		p.tell(event{kind: gone})
	}
}

// leave ends everything that the command started.
func (p *fakeCommand) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alone = true
	p.mayBeGone()
}

func (p *fakeCommand) stop(sig os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		p.tell(event{kind: gone})
		return
	}
	if !p.stopping {
		p.stopping, p.stopAt = true, time.Now()
	}
	p.unpause()
	p.feel(sig.(syscall.Signal))
	if !p.temper.deaf {
		time.AfterFunc(2*p.temper.takes, p.leave)
	}
}

func (p *fakeCommand) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	over := func(since time.Time) bool { return !since.IsZero() && time.Since(since) >= p.s.Grace }
	if !over(p.stopAt) && !(p.s.GraceOnTerm && over(p.termAt)) && p.endings() < 2 && !p.cancelled {
		p.t.Errorf("killed before its grace was over")
	}
	p.stopping, p.killed = true, true
	time.AfterFunc(time.Millisecond, func() {
		p.exit(event{status: 137, signal: syscall.SIGKILL})
		p.leave()
	})
}

func (p *fakeCommand) remaining() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return ""
	}
	return "42 (fake)"
}

// pause is what job control does to a command.
func (p *fakeCommand) pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.exited {
		p.paused = true
		p.tell(event{kind: stopped, signal: syscall.SIGTSTP})
	}
}

// suspend is over at once: nobody looks at the clock while a program is stopped.
func (p *fakeCommand) suspend(os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unpause()
}
