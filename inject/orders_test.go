//go:build unix

package inject

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// happening is something that can come over a Supervisor, at any moment.
type happening struct {
	name string
	do   func(*world)
}

var happenings = []happening{
	{"change X", func(w *world) { w.change("X") }},
	{"change Y", func(w *world) { w.change("Y") }},
	{"change Z", func(w *world) { w.change("Z") }},
	{"bad X", func(w *world) { w.spoil("X") }},
	{"first X again", func(w *world) { w.set(map[string]string{"X": "first-" + secretMarker}) }},
	{"remove X", func(w *world) { w.set(map[string]string{"X": ""}) }},
	{"touch", (*world).touch},
	{"failed read", func(w *world) { w.reads(true) }},
	{"reads work", func(w *world) { w.reads(false) }},
	{"reads answer late", func(w *world) { w.readsTake(lateRead) }},
	{"TERM", func(w *world) { w.signal(syscall.SIGTERM) }},
	{"INT", func(w *world) { w.signal(syscall.SIGINT) }},
	{"HUP", func(w *world) { w.signal(syscall.SIGHUP) }},
	{"USR1", func(w *world) { w.signal(syscall.SIGUSR1) }},
	{"exit 0", func(w *world) { w.exit(event{}) }},
	{"exit 3", func(w *world) { w.exit(event{status: 3}) }},
	{"killed by KILL", func(w *world) { w.exit(event{status: 137, signal: syscall.SIGKILL}) }},
	{"killed by INT", func(w *world) { w.exit(event{status: 130, signal: syscall.SIGINT}) }},
	{"start fails", func(w *world) { w.mu.Lock(); w.startFails++; w.mu.Unlock() }},
	{"stopped", func(w *world) {
		if p := w.newest(); p != nil {
			p.pause()
		}
	}},
	{"CONT", func(w *world) { w.signal(syscall.SIGCONT) }},
	{"grace over", func(*world) { time.Sleep(testGrace) }},
	{"cancelled", func(w *world) {
		w.mu.Lock()
		w.cancelled = w.cancelled || !w.ended()
		w.mu.Unlock()
		w.cancel()
	}},
}

func (w *world) reads(fail bool) {
	w.mu.Lock()
	w.readFails = fail
	w.mu.Unlock()
	w.touch()
}

func (w *world) readsTake(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.readTakes = d
}

func (w *world) newest() *fakeCommand {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.command()
}

func (w *world) exit(e event) {
	if p := w.newest(); p != nil {
		p.exit(e)
	}
}

// A setup is one way to configure a Supervisor, and a kind of command.
type setup struct {
	wait, graceOnTerm, healthy, react bool
	temper                            temper
}

func (s setup) String() string {
	return fmt.Sprintf("wait %t, grace on TERM %t, healthy %t, reactions %t, %s command",
		s.wait, s.graceOnTerm, s.healthy, s.react, s.temper.name)
}

func setups() []setup {
	var all []setup
	for i := range 16 {
		for _, temper := range tempers {
			all = append(all, setup{i&1 != 0, i&2 != 0, i&4 != 0, i&8 != 0, temper})
		}
	}
	return all
}

// react is for setups with reactions: X restarts, Y signals, Z is ignored.
func react(name string) Reaction {
	switch name {
	case "Y":
		return Reaction{Signal: syscall.SIGUSR2}
	case "Z":
		return Reaction{Ignore: true}
	}
	return Reaction{}
}

// A pace is what lies between two happenings.
type pace struct {
	name string
	wait func()
}

var paces = []pace{
	{"one after the other", settle},
	{"at once", func() {}},
	{"while it reads or stops", func() { time.Sleep(15 * time.Millisecond); settle() }},
}

// TestOrders lets everything happen in every order, from the first read on and
// with a command that runs: all pairs in every third setup and at every pace, all
// triples in one setup at one pace, each in its turn. What must hold is written
// down in [world] and [world.check].
func TestOrders(t *testing.T) {
	all := setups()
	turn := 0
	play := func(order ...happening) {
		turn += 5 // prime to the number of setups: each gets its turn
		at := paces
		if len(order) == 3 {
			at = paces[turn/7%len(paces):][:1]
		}
		for _, p := range at {
			playOrder(t, all[turn%len(all)], p, turn/len(all)%2 == 0, order)
		}
	}
	for _, a := range happenings {
		for range all {
			play(a)
		}
		for _, b := range happenings {
			for range len(all) / 3 {
				play(a, b)
			}
			for _, c := range happenings {
				play(a, b, c)
			}
		}
	}
}

func playOrder(t *testing.T, s setup, p pace, early bool, order []happening) {
	var names []string
	for _, h := range order {
		names = append(names, h.name)
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, s.temper)
		w.s.WaitOnExit, w.s.GraceOnTerm = s.wait, s.graceOnTerm
		if !s.healthy {
			w.s.HealthyAfter = 0
		}
		if s.react {
			w.s.React = react
		}
		w.run()
		if !early {
			time.Sleep(5 * time.Millisecond)
		}
		settle()
		for _, h := range order {
			h.do(w)
			p.wait()
		}
		time.Sleep(settled)
		settle()
		w.check(p.name == paces[0].name)
		w.end()
		if t.Failed() {
			t.Logf("%s; %s; %s (early %t)\n%s", s, strings.Join(names, ", "), p.name, early, strings.Join(w.said, "\n"))
		}
	})
}

// check is for a world that has come to rest. calm: nothing happened at once.
func (w *world) check(calm bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	got := map[syscall.Signal]int{}
	for _, p := range w.commands {
		for sig, n := range p.got {
			got[sig] += n
		}
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1} {
		if got[sig] > w.sent[sig] {
			w.t.Errorf("%v was sent %d times and reached the command %d times", sig, w.sent[sig], got[sig])
		}
		if got[sig] < w.sent[sig] && ends(sig) && !w.ended() {
			w.t.Errorf("%v was lost", sig)
		}
	}
	if w.rolledTwice {
		w.t.Error("two roll-backs without a restart in between")
	}
	p := w.command()
	if w.ended() {
		w.checkResult(calm)
		return
	}
	if calm && w.unheard {
		w.t.Error("a signal found no command and did not end the Supervisor")
	}
	if w.cancelled || w.interrupted > 0 {
		w.t.Error("cancelled or interrupted, and it goes on")
	}
	if p == nil {
		w.t.Error("nothing was ever started")
		return
	}
	if p.exited && !w.s.WaitOnExit {
		w.t.Error("the command ended, and the Supervisor goes on")
	}
	if p.stopping && !p.gone {
		w.t.Error("the command is being stopped for ever")
	}
	if p.paused && !p.exited {
		w.t.Error("the command stays suspended")
	}
	if w.final() == 0 && !w.readFails {
		w.checkNothingMissed(p)
	}
}

// checkNothingMissed: the newest environment is that of the command, or there is a reason.
func (w *world) checkNothingMissed(p *fakeCommand) {
	env := w.attempts[len(w.attempts)-1]
	names := maps.Clone(env)
	maps.Copy(names, w.vars)
	for name := range names {
		if env[name] == w.vars[name] {
			continue
		}
		var r Reaction
		if w.s.React != nil {
			r = w.s.React(name)
		}
		held := slices.Contains(w.held, name) && !w.changedAt[name].After(w.heldAt) &&
			(r != Reaction{} || w.attempts[len(w.attempts)-2][name] == w.vars[name])
		signalled := r.Signal != 0 && !p.gotAt[r.Signal].Before(w.changedAt[name])
		if !held && !signalled && !r.Ignore {
			w.t.Errorf("the change of %s was missed", name)
		}
	}
}

// checkResult: what Run returned is what happened.
func (w *world) checkResult(calm bool) {
	p := w.command()
	var status ExitStatus
	var start *StartError
	switch {
	case errors.Is(w.err, context.Canceled):
		if !w.cancelled {
			w.t.Error("nobody cancelled it")
		}
	case errors.Is(w.err, errRead):
		if p != nil {
			w.t.Error("a failed read ended it with a command")
		}
	case errors.As(w.err, &start):
		if len(w.attempts) == len(w.commands) {
			w.t.Error("no start has failed")
		}
	case w.err == nil:
		if p == nil || !p.exited || p.status != 0 {
			w.t.Error("success, but no command ended with 0")
		}
	case errors.As(w.err, &status):
		signalled := w.sent[syscall.Signal(status-128)] > 0
		exited := p != nil && p.exited && p.status == int(status)
		if !signalled && !exited {
			w.t.Errorf("%v is not the command's status", status)
		}
		if exited && !signalled && w.s.WaitOnExit && w.endings() == 0 && status != 130 {
			w.t.Errorf("%v ended it: it should have waited", status)
		}
	default:
		w.t.Errorf("unexpected: %v", w.err)
	}
	// Unless the command was faster, which shows by its not having been stopped,
	// or it was asked a third time.
	asked := w.cancelled || w.unheard || p != nil && p.askedToEnd()
	asks := w.endings()
	if w.cancelled {
		asks++
	}
	if w.left && asked && asks < 3 && (calm || p.stopping) {
		w.t.Error("asked to end, it left something of the command's tree")
	}
}

// end ends the Supervisor, with the command's own status where it has one.
func (w *world) end() {
	if !w.ended() {
		p := w.newest()
		alive := p != nil && !p.exited
		w.signal(syscall.SIGTERM)
		time.Sleep(settled)
		if alive && p.temper.deaf && !w.s.GraceOnTerm {
			if w.ended() || p.killed {
				w.t.Error("a command that ignores TERM was not left alone")
			}
			p.exit(event{status: 7})
			time.Sleep(settled)
		}
		settle()
		if !w.ended() {
			w.t.Error("TERM does not end it")
			return
		}
		want := 128 + int(syscall.SIGTERM)
		if alive {
			want = p.status
		}
		var status ExitStatus
		errors.As(w.err, &status)
		if int(status) != want {
			w.t.Errorf("it returned %v, the status was %d", w.err, want)
		}
		if w.left {
			w.t.Error("something of the command's tree is left")
		}
	}
	w.cancel()
}
