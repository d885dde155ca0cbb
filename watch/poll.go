package watch

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"
)

// A Poll asks one remote source for changes.
type Poll struct {
	// Name is what log lines call the source.
	Name string

	// Every is the longest time between two checks; a random part of up to a
	// fifth is taken off, so that many pollers do not ask in step. While checks
	// fail it doubles with each of them, up to 5 minutes.
	Every time.Duration

	// Token is one that Check reported before the caller began to read the
	// source. Without one there is no telling whether the source changed between
	// that reading and the first check: then the first check is made at once, and
	// its token signalled, so that the caller reads again.
	Token string

	// Check reports a token. One that differs from the one before is a change.
	// Close cancels ctx and waits for Check, and a check that takes longer than
	// a minute is cancelled too. Checks of one Poll never overlap.
	Check func(ctx context.Context) (string, error)
}

const (
	maxBackoff = 5 * time.Minute
	maxCheck   = time.Minute
)

// run polls until ctx is done.
func (p Poll) run(ctx context.Context, log *slog.Logger, signal func()) {
	token, known := p.Token, p.Token != ""
	failures := 0

	timer := time.NewTimer(0)
	defer timer.Stop()
	if known {
		timer.Reset(p.wait(0))
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		next, err := p.check(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if failures == 0 {
				warn(log, "cannot check "+p.Name+" for changes: "+err.Error()+" (continuing)", hint(err))
			}
			failures++
		default:
			if failures > 0 {
				log.Info("checking " + p.Name + " for changes works again")
			}
			failures = 0
			if !known || next != token {
				token, known = next, true
				signal()
			}
		}
		timer.Reset(p.wait(failures))
	}
}

func (p Poll) check(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, maxCheck)
	defer cancel()
	return p.Check(ctx)
}

// wait returns how long to wait for the next check after so many failures in a
// row: between 0.8 and 1.0 of what the back-off says.
func (p Poll) wait(failures int) time.Duration {
	d := p.Every
	for range failures {
		if d >= maxBackoff/2 {
			d = max(p.Every, maxBackoff)
			break
		}
		d *= 2
	}
	return d - time.Duration(rand.Float64()*float64(d)/5)
}

func warn(log *slog.Logger, line, hint string) {
	if hint == "" {
		log.Warn(line)
		return
	}
	log.Warn(line, "hint", hint)
}

// hint returns the hint that err carries, or "".
func hint(err error) string {
	if h, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok {
		return h.Hint()
	}
	return ""
}
