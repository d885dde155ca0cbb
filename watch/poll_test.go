package watch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A remote is a source that a Poll asks, with what it saw.
type remote struct {
	mu    sync.Mutex
	token string
	err   error
	takes time.Duration
	asked []time.Time
	busy  bool
}

func (r *remote) check(t *testing.T) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		r.mu.Lock()
		if r.busy {
			t.Error("two checks at once")
		}
		r.busy = true
		r.asked = append(r.asked, time.Now())
		takes := r.takes
		r.mu.Unlock()

		select {
		case <-ctx.Done():
		case <-time.After(takes):
		}

		r.mu.Lock()
		defer r.mu.Unlock()
		r.busy = false
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return r.token, r.err
	}
}

// set changes what the remote answers from now on.
func (r *remote) set(token string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.token, r.err, r.takes = token, err, 0
}

// checks returns when the remote was asked, since the last call.
func (r *remote) checks() []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := r.asked
	r.asked = nil
	return asked
}

func (r *remote) watch(t *testing.T, p Poll) (*Watcher, *lines) {
	log, lines := newLog()
	p.Name, p.Check = "awssm", r.check(t)
	return startWatcher(t, Config{Polls: []Poll{p}, Log: log}), lines
}

// sleep lets time pass, and what is due then happen.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// pending takes the signal that waits, if any.
func pending(w *Watcher) bool {
	select {
	case <-w.Changed():
		return true
	default:
		return false
	}
}

func TestPollFirstToken(t *testing.T) {
	for _, test := range []struct {
		name, known string
		signal      bool // at the latest after one interval
		atOnce      int  // checks made right at the start
	}{
		{"none known", "", true, 1},
		{"the same", "v1", false, 0},
		{"another", "v0", true, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &remote{token: "v1"}
				w, _ := r.watch(t, Poll{Every: time.Second, Token: test.known})
				synctest.Wait()
				if n := len(r.checks()); n != test.atOnce {
					t.Errorf("%d checks at the start, want %d", n, test.atOnce)
				}
				sleep(time.Second)
				if got := pending(w); got != test.signal {
					t.Errorf("signalled %v, want %v", got, test.signal)
				}
				sleep(time.Minute)
				if pending(w) {
					t.Error("signalled without a change")
				}
			})
		})
	}
}

// A change is signalled within the interval, and without debounce.
func TestPollSeesEveryChangeInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const every = 30 * time.Second
		r := &remote{token: "v0"}
		w, _ := r.watch(t, Poll{Every: every, Token: "v0"})
		for i := range 100 {
			sleep(time.Duration(i) * time.Second)
			pending(w)
			r.set(fmt.Sprint("v", i+1), nil)
			sleep(every)
			if !pending(w) {
				t.Fatal("not signalled in time")
			}
		}
		shortest, longest := every, time.Duration(0)
		asked := r.checks()
		for i := range asked[1:] {
			d := asked[i+1].Sub(asked[i])
			shortest, longest = min(shortest, d), max(longest, d)
		}
		if shortest < 24*time.Second || longest > every || longest-shortest < time.Second {
			t.Errorf("intervals between %v and %v, want them spread over 24 s to 30 s", shortest, longest)
		}
	})
}

func TestPollFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remote{token: "v0"}
		w, log := r.watch(t, Poll{Every: 30 * time.Second, Token: "v0"})
		sleep(time.Minute)
		if pending(w) || log.String() != "" {
			t.Fatalf("signalled, or logged %q", log)
		}

		r.set("", errors.New("access denied"))
		r.checks()
		sleep(2 * time.Hour)
		if pending(w) {
			t.Error("a failure was signalled")
		}
		want := "level=WARN msg=\"cannot check awssm for changes: access denied (continuing)\"\n"
		if log.String() != want {
			t.Errorf("logged %q, want %q", log, want)
		}
		asked := r.checks()
		for i, longest := range []time.Duration{60, 120, 240, 300, 300, 300} {
			d, longest := asked[i+1].Sub(asked[i]), longest*time.Second
			if d < longest*8/10 || d > longest {
				t.Errorf("%v between failures %d and %d, want at most %v", d, i, i+1, longest)
			}
		}

		r.set("v1", nil)
		sleep(maxBackoff)
		if !pending(w) {
			t.Error("a change during the failure was not signalled")
		}
		want += "level=INFO msg=\"checking awssm for changes works again\"\n"
		if log.String() != want {
			t.Errorf("logged %q, want %q", log, want)
		}

		// The interval is the old one again, and a failure a new line.
		r.set("v2", nil)
		sleep(30 * time.Second)
		if !pending(w) {
			t.Error("the back-off outlived the failure")
		}
		r.set("", errors.New("throttled"))
		sleep(time.Minute)
		if strings.Count(log.String(), "WARN") != 2 {
			t.Errorf("logged %q", log)
		}
	})
}

type hinted struct{ error }

func (hinted) Hint() string { return "run aws sso login" }

func TestPollFailureHint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remote{err: hinted{errors.New("the token has expired")}}
		_, log := r.watch(t, Poll{Every: time.Second})
		synctest.Wait()
		if !strings.HasSuffix(log.String(), "(continuing)\" hint=\"run aws sso login\"\n") {
			t.Errorf("logged %q", log)
		}
	})
}

// The first token that is ever got is signalled, also after failures.
func TestPollFailureAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remote{err: errors.New("unreachable")}
		w, _ := r.watch(t, Poll{Every: time.Second})
		sleep(time.Minute)
		if pending(w) {
			t.Error("a failure was signalled")
		}
		r.set("v0", nil)
		sleep(maxBackoff)
		if !pending(w) {
			t.Error("the first token was not signalled")
		}
	})
}

func TestPollChecksDoNotOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remote{token: "v0", takes: 7 * time.Second}
		r.watch(t, Poll{Every: time.Second})
		sleep(time.Hour)
		if n := len(r.checks()); n < 400 || n > 500 {
			t.Errorf("%d checks in an hour", n)
		}
	})
}

// A check that hangs is given up.
func TestPollCheckIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remote{token: "v0", takes: time.Hour}
		w, log := r.watch(t, Poll{Every: time.Second})
		sleep(maxCheck)
		if !strings.Contains(log.String(), "deadline exceeded (continuing)") {
			t.Errorf("logged %q", log)
		}
		r.set("v0", nil)
		sleep(10 * time.Second)
		if !pending(w) {
			t.Error("polling did not go on")
		}
	})
}

// Closing during a check is no failure of the check.
func TestPollClosedLogsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remote{takes: time.Hour}
		w, log := r.watch(t, Poll{Every: time.Second})
		synctest.Wait()
		w.Close()
		if log.String() != "" || pending(w) {
			t.Errorf("signalled, or logged %q", log)
		}
	})
}

func TestPollsAreIndependent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, quick := &remote{token: "s", takes: time.Hour}, &remote{token: "q0"}
		w := startWatcher(t, Config{Polls: []Poll{
			{Name: "slow", Every: time.Second, Token: "s", Check: slow.check(t)},
			{Name: "quick", Every: time.Second, Token: "q0", Check: quick.check(t)},
		}})
		sleep(10 * time.Second)
		quick.set("q1", nil)
		sleep(time.Second)
		if !pending(w) {
			t.Error("not signalled")
		}
	})
}

func TestPollWait(t *testing.T) {
	for _, test := range []struct {
		every    time.Duration
		failures int
		want     time.Duration
	}{
		{time.Second, 0, time.Second},
		{time.Second, 1, 2 * time.Second},
		{time.Second, 8, 256 * time.Second},
		{time.Second, 9, maxBackoff},
		{time.Second, 1 << 20, maxBackoff},
		{time.Hour, 0, time.Hour},
		{time.Hour, 3, time.Hour},
		{maxBackoff, 1, maxBackoff},
	} {
		got := Poll{Every: test.every}.wait(test.failures)
		if got < test.want*8/10 || got > test.want {
			t.Errorf("every %v after %d failures: %v, want at most %v", test.every, test.failures, got, test.want)
		}
	}
}
