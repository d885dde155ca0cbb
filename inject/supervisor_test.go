//go:build unix

package inject

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// play runs f in a world of its own, after the command has started, and ends it.
func play(t *testing.T, temper temper, configure func(*Supervisor), f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, temper)
		if configure != nil {
			configure(w.s)
		}
		w.run()
		time.Sleep(2 * readTime)
		settle()
		f(t, w)
		w.end()
	})
}

var prompt, graceful, deaf = tempers[0], tempers[1], tempers[2]

// lull waits until a read, a restart and a failure soon after are over.
func lull() { time.Sleep(lullTime); settle() }

const lullTime = 500 * time.Millisecond

func (w *world) wantSaid(lines ...string) {
	w.t.Helper()
	settle()
	if !slices.Equal(w.said, lines) {
		w.t.Errorf("said\n\t%s\nwant\n\t%s", strings.Join(w.said, "\n\t"), strings.Join(lines, "\n\t"))
	}
}

func (w *world) wantStarts(n int) {
	w.t.Helper()
	settle()
	if len(w.attempts) != n {
		w.t.Errorf("started %d times, want %d", len(w.attempts), n)
	}
}

func (w *world) wantEnded(status int) {
	w.t.Helper()
	settle()
	if !w.ended() {
		w.t.Fatal("it goes on")
	}
	if want := ExitStatus(status); status != 0 && !errors.Is(w.err, want) || status == 0 && w.err != nil {
		w.t.Errorf("it returned %v, want %d", w.err, status)
	}
}

func TestRestartSaysWhatChanged(t *testing.T) {
	play(t, prompt, nil, func(t *testing.T, w *world) {
		w.set(map[string]string{"A": "1-" + secretMarker, "X": "", "KEEP": "2-" + secretMarker})
		lull()
		w.wantSaid("restarting: A added (.env), KEEP changed (.env), X removed (.env)")
		w.wantStarts(2)
	})
}

func TestNoRestartWithoutDifference(t *testing.T) {
	play(t, prompt, nil, func(t *testing.T, w *world) {
		w.touch()
		lull()
		w.set(map[string]string{"X": w.vars["X"]})
		lull()
		w.wantSaid()
		w.wantStarts(1)
	})
}

func TestEditsDuringRestartMakeOneMore(t *testing.T) {
	play(t, graceful, nil, func(t *testing.T, w *world) {
		w.change("X")
		time.Sleep(10 * time.Millisecond) // it is being stopped
		for range 5 {
			w.change("X")
			time.Sleep(2 * time.Millisecond)
		}
		lull()
		w.wantStarts(3)
	})
}

func TestComplaintIsSaidOnceAndAgainAfterItWasWell(t *testing.T) {
	play(t, prompt, nil, func(t *testing.T, w *world) {
		for range 3 {
			w.reads(true)
			lull()
		}
		complaint := "! " + errRead.Error() + " (continuing with what was read before)"
		w.wantSaid(complaint)
		w.reads(false)
		lull()
		w.reads(true)
		lull()
		w.wantSaid(complaint, complaint)

		w.reads(false)
		w.change("X") // the first change after many failures
		lull()
		w.wantStarts(2)
	})
}

// A source may fail because it gave up itself.
func TestComplaintOfASourceThatWasCancelled(t *testing.T) {
	var w *world
	play(t, prompt, func(s *Supervisor) {
		resolve, reads := s.Resolve, 0
		s.Resolve = func(ctx context.Context) (*Environment, error) {
			if reads++; reads == 2 {
				return nil, context.Canceled
			}
			return resolve(ctx)
		}
	}, func(t *testing.T, world *world) {
		w = world
		w.touch()
		lull()
		w.wantSaid("! context canceled (continuing with what was read before)")
	})
}

func TestUnusableEnvironmentKeepsTheCommand(t *testing.T) {
	play(t, prompt, nil, func(t *testing.T, w *world) {
		w.set(map[string]string{"LARGE": strings.Repeat("x", 40<<20)})
		lull()
		w.wantStarts(1)
		if len(w.said) != 1 || !strings.Contains(w.said[0], "LARGE (41943040 bytes, .env)") ||
			!strings.HasSuffix(w.said[0], "(continuing with what was read before)") {
			t.Errorf("said %q", w.said)
		}
		w.set(map[string]string{"LARGE": "small"})
		lull()
		w.wantStarts(2)
	})
}

func TestReadThatHangsBlocksNoSignal(t *testing.T) {
	play(t, prompt, nil, func(t *testing.T, w *world) {
		w.readsTake(time.Hour)
		w.touch()
		settle()
		w.signal(syscall.SIGUSR1)
		settle()
		if w.command().got[syscall.SIGUSR1] != 1 {
			t.Error("SIGUSR1 did not arrive")
		}
		w.signal(syscall.SIGTERM)
		lull()
		w.wantEnded(143)
	})
}

func TestReturnDoesNotWaitForAReadThatHeedsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompt)
		hung := make(chan struct{})
		w.s.Resolve = func(context.Context) (*Environment, error) {
			<-hung
			return nil, errRead
		}
		w.run()
		settle()
		w.signal(syscall.SIGINT)
		time.Sleep(2 * time.Second)
		settle()
		w.wantEnded(130)
		close(hung)
	})
}

func TestSignalInEachPhase(t *testing.T) {
	t.Run("waiting, and again", func(t *testing.T) {
		play(t, deaf, func(s *Supervisor) { s.WaitOnExit = true }, func(t *testing.T, w *world) {
			w.exit(event{status: 3})
			settle()
			w.signal(syscall.SIGINT) // the rest of the tree takes no notice
			settle()
			w.signal(syscall.SIGINT)
			time.Sleep(testGrace / 2)
			w.wantEnded(130)
			w.wantSaid("the command ended with 3: waiting for a change")
		})
	})
	t.Run("HUP, and the end much later", func(t *testing.T) {
		play(t, deaf, func(s *Supervisor) { s.WaitOnExit = true }, func(t *testing.T, w *world) {
			w.signal(syscall.SIGHUP) // it reads its configuration
			time.Sleep(heeded)
			w.exit(event{})
			settle()
			w.wantSaid("the command ended with 0: waiting for a change")
			w.signal(syscall.SIGTERM)
		})
	})
	t.Run("before a restart and in it", func(t *testing.T) {
		play(t, graceful, nil, func(t *testing.T, w *world) {
			w.signal(syscall.SIGHUP) // the command is going to end because of it
			w.change("X")
			time.Sleep(10 * time.Millisecond)
			w.signal(syscall.SIGHUP)
			lull()
			w.wantEnded(129)
			if w.command().killed {
				t.Error("it was killed for a second SIGHUP")
			}
		})
	})
	t.Run("a change after INT", func(t *testing.T) {
		play(t, graceful, nil, func(t *testing.T, w *world) {
			w.signal(syscall.SIGINT)
			w.change("X")
			lull()
			w.wantEnded(0)
			w.wantStarts(1)
		})
	})
	t.Run("HUP after TERM", func(t *testing.T) {
		play(t, deaf, nil, func(t *testing.T, w *world) {
			w.signal(syscall.SIGTERM)
			w.signal(syscall.SIGHUP)
			settle()
			w.change("X")
			lull()
			w.wantStarts(1)
		})
	})
}

// A command in the foreground is sent Ctrl-C by the terminal, and aside is not.
func TestCtrlCOfTheCommand(t *testing.T) {
	interrupt := event{status: 130, signal: syscall.SIGINT}
	t.Run("just after a restart", func(t *testing.T) {
		play(t, prompt, nil, func(t *testing.T, w *world) {
			w.change("X")
			lull()
			w.exit(interrupt)
			lull()
			w.wantEnded(130)
			w.wantStarts(2)
		})
	})
	t.Run("or another key", func(t *testing.T) {
		play(t, prompt, nil, func(t *testing.T, w *world) {
			w.change("X")
			lull()
			w.exit(event{status: 131, signal: syscall.SIGQUIT})
			lull()
			w.wantEnded(131)
		})
	})
	t.Run("just after a restart, caught", func(t *testing.T) {
		play(t, prompt, nil, func(t *testing.T, w *world) {
			w.change("X")
			lull()
			w.exit(event{status: 130})
			lull()
			w.wantEnded(130)
		})
	})
	t.Run("while it is stopped for a restart", func(t *testing.T) {
		play(t, graceful, nil, func(t *testing.T, w *world) {
			w.change("X")
			time.Sleep(10 * time.Millisecond)
			w.exit(interrupt)
			lull()
			w.wantEnded(130)
			w.wantStarts(1)
		})
	})
	t.Run("when INT is what stops it", func(t *testing.T) {
		play(t, prompt, func(s *Supervisor) { s.StopSignal = syscall.SIGINT }, func(t *testing.T, w *world) {
			w.change("X")
			lull()
			w.wantStarts(2)
		})
	})
	t.Run("when it waits on exit", func(t *testing.T) {
		play(t, prompt, func(s *Supervisor) { s.WaitOnExit = true }, func(t *testing.T, w *world) {
			w.exit(interrupt)
			lull()
			w.wantEnded(130)
		})
	})
}

func TestRollBack(t *testing.T) {
	const held = "restarting: exit status 1 just after a restart: held back: "
	t.Run("and the next change is tried afresh", func(t *testing.T) {
		play(t, prompt, nil, func(t *testing.T, w *world) {
			first := w.vars["X"]
			w.spoil("X")
			lull()
			w.wantSaid("restarting: X changed (.env)", held+"X changed (.env)")
			w.touch()
			lull()
			w.wantStarts(3)
			if got := w.command().env["X"]; got != first {
				t.Error("it does not have the environment that worked")
			}
			w.change("X")
			lull()
			w.wantStarts(4)
		})
	})
	t.Run("and what was held back is undone", func(t *testing.T) {
		play(t, prompt, nil, func(t *testing.T, w *world) {
			first := w.vars["X"]
			w.spoil("X")
			lull()
			w.set(map[string]string{"X": first})
			lull()
			w.wantStarts(3)
		})
	})
	t.Run("over two changes, to the last that worked", func(t *testing.T) {
		play(t, prompt, nil, func(t *testing.T, w *world) {
			first := w.vars["X"]
			w.spoil("X")
			time.Sleep(5 * time.Millisecond) // started, and not failed yet
			w.change("Y")
			lull()
			w.wantSaid("restarting: X changed (.env)", "restarting: Y added (.env)",
				held+"X changed (.env), Y added (.env)")
			if w.ended() || w.command().env["X"] != first {
				t.Error("it does not have the environment that worked")
			}
		})
	})
	t.Run("while a change is being read", func(t *testing.T) {
		play(t, graceful, nil, func(t *testing.T, w *world) {
			w.spoil("X")
			time.Sleep(65 * time.Millisecond) // started, and about to fail
			w.readsTake(20 * time.Millisecond)
			w.change("X")
			lull()
			w.wantSaid("restarting: X changed (.env)", held+"X changed (.env)", "restarting: X changed (.env)")
			w.wantStarts(4)
		})
	})
	t.Run("not to the same", func(t *testing.T) {
		play(t, prompt, nil, func(t *testing.T, w *world) {
			first := w.vars["X"]
			w.change("X")
			lull()
			w.set(map[string]string{"X": first})
			lull()
			w.exit(event{status: 1})
			lull()
			w.wantEnded(1)
		})
	})
	t.Run("not once it was healthy", func(t *testing.T) {
		play(t, prompt, nil, func(t *testing.T, w *world) {
			w.change("X")
			time.Sleep(testHealthy + lullTime)
			w.exit(event{status: 4})
			lull()
			w.wantEnded(4)
		})
	})
	t.Run("not from the first start", func(t *testing.T) {
		play(t, prompt, nil, func(t *testing.T, w *world) {
			w.exit(event{status: 4})
			lull()
			w.wantEnded(4)
		})
	})
	t.Run("not when it is switched off", func(t *testing.T) {
		play(t, prompt, func(s *Supervisor) { s.HealthyAfter = 0 }, func(t *testing.T, w *world) {
			w.startFails = 1
			w.change("X")
			lull()
			var start *StartError
			if !errors.As(w.err, &start) {
				t.Errorf("it returned %v, want a *StartError", w.err)
			}
		})
	})
	t.Run("when it cannot be started", func(t *testing.T) {
		play(t, prompt, nil, func(t *testing.T, w *world) {
			w.startFails = 1
			w.change("X")
			lull()
			w.wantSaid("restarting: X changed (.env)",
				"restarting: text file busy just after a restart: held back: X changed (.env)")
			w.wantStarts(3)
		})
	})
}

func TestReactions(t *testing.T) {
	t.Run("signal and ignore", func(t *testing.T) {
		play(t, prompt, func(s *Supervisor) { s.React = react }, func(t *testing.T, w *world) {
			w.change("Z")
			lull()
			w.change("Y")
			lull()
			w.wantSaid("sending SIGUSR2: Y added (.env)")
			if w.command().got[syscall.SIGUSR2] != 1 {
				t.Error("SIGUSR2 did not arrive")
			}
			w.set(map[string]string{"X": "n", "Y": "n", "Z": "n"})
			lull()
			w.wantSaid("sending SIGUSR2: Y added (.env)", "restarting: X changed (.env)")
			if env := w.command().env; env["Y"] != "n" || env["Z"] != "n" {
				t.Error("a restart does not bring what was ignored before")
			}
		})
	})
	t.Run("a signal starts what has ended", func(t *testing.T) {
		play(t, prompt, func(s *Supervisor) { s.React, s.WaitOnExit = react, true }, func(t *testing.T, w *world) {
			w.exit(event{})
			settle()
			w.change("Z")
			lull()
			w.wantStarts(1)
			w.change("Y")
			lull()
			w.wantSaid("the command ended with 0: waiting for a change", "restarting: Y added (.env)")
		})
	})
}

func TestGrace(t *testing.T) {
	t.Run("over in a restart", func(t *testing.T) {
		play(t, deaf, nil, func(t *testing.T, w *world) {
			w.change("X")
			time.Sleep(testGrace + lullTime)
			w.wantSaid("restarting: X changed (.env)", "killing what did not end within 1s: process 42 (fake)")
			w.wantStarts(2)
		})
	})
	t.Run("over after TERM", func(t *testing.T) {
		play(t, deaf, func(s *Supervisor) { s.GraceOnTerm = true }, func(t *testing.T, w *world) {
			w.signal(syscall.SIGTERM)
			time.Sleep(testGrace / 2)
			w.signal(syscall.SIGTERM) // does not start it anew
			time.Sleep(testGrace/2 + lullTime)
			w.wantEnded(137)
		})
	})
}

func TestCancelLeavesNothing(t *testing.T) {
	play(t, deaf, nil, func(t *testing.T, w *world) {
		w.cancelled = true
		w.cancel()
		lull()
		if !errors.Is(w.err, context.Canceled) {
			t.Errorf("it returned %v", w.err)
		}
		if w.left {
			t.Error("something of the command's tree is left")
		}
	})
}

func TestFirstEnvironment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompt)
		w.readFails = true
		w.run()
		lull()
		if w.err != errRead || len(w.attempts) != 0 {
			t.Errorf("it returned %v after %d starts", w.err, len(w.attempts))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, prompt)
		w.s.Command.Args = []string{"./nosuch"}
		w.run()
		lull()
		var start *StartError
		if !errors.As(w.err, &start) || start.Code != 127 {
			t.Errorf("it returned %v", w.err)
		}
	})
}
