//go:build unix

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

// onTerminal implements starter.
func (w *world) onTerminal() bool { return true }

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
