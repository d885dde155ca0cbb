// Package offline keeps what a remote source held when it was last read, so
// that a command can be started while the source cannot be reached.
//
// The values lie in one file for each app, stage and store, encrypted with age
// to the user's own identity. An authentication code binds the file to what it
// was read for; its name and size aside, it tells nobody anything.
package offline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"sync/atomic"
	"time"

	"filippo.io/age"

	"github.com/aside-cli/aside/sources"
)

var _ sources.PolledSource = (*Source)(nil)

// DefaultMaxAge is how old values may be if nothing else is said.
const DefaultMaxAge = 24 * time.Hour

// Keys are the user's identity, as far as it takes to keep values.
type Keys struct {
	Identities []age.Identity // any of them opens the values
	Recipient  age.Recipient  // of one of them: the values are encrypted to it

	// Secret is known to whoever has the private key, and to nobody else; it is
	// the same as long as the key is. Other keys are derived from it.
	Secret sources.Secret
}

// Config says what a Source keeps, and where.
type Config struct {
	// Dir is the folder that values are kept in, as in $XDG_CACHE_HOME/aside. It
	// is made when there are some. "": nothing is kept.
	Dir string

	// What the values are of. Place says where the store lies, with everything
	// that makes it another one: region, account or profile, endpoint, prefix.
	App, Stage, Store, Place string
	Scopes                   []sources.Scope

	// Keys are nil where the user has no identity: nothing is kept then.
	Keys *Keys

	// MaxAge is how old values may be to be used; 0 is DefaultMaxAge.
	MaxAge time.Duration

	// Offline uses what was kept and nothing else: the source is not asked.
	Offline bool
}

// A Source reads another one and keeps its values. Where that one cannot be
// reached it reads what was kept.
type Source struct {
	src    sources.PolledSource
	config Config
	file   *file         // nil: nothing is kept
	served atomic.Uint64 // how often kept values stood in for those of src
}

// New returns a Source of src. It reads nothing yet.
//
// To remember readings in memory too, wrap the result in [sources.Cached], not
// src: only so it learns that a reading was not the source's own.
func New(src sources.PolledSource, c Config) *Source {
	if c.MaxAge == 0 {
		c.MaxAge = DefaultMaxAge
	}
	s := &Source{src: src, config: c}
	if c.Keys != nil && c.Dir != "" {
		s.file = newFile(c)
	}
	return s
}

// Read implements [sources.Source]. Where the source's error wraps
// [sources.ErrUnreachable], the values that were kept are read, with a warning
// that says how old they are. That none can be used is told beside that error;
// that none could be kept is a warning.
func (s *Source) Read(ctx context.Context) (sources.Reading, error) {
	if s.config.Offline {
		values, age, err := s.kept()
		if err != nil {
			return sources.Reading{}, fmt.Errorf("offline: %w", err)
		}
		return sources.Reading{
			Values:   values,
			Warnings: []string{fmt.Sprintf("offline: using the values that %s held %s ago", s.config.Store, age)},
		}, nil
	}
	r, err := s.src.Read(ctx)
	switch {
	case s.file == nil:
		return r, err
	case err == nil:
		if err := s.file.save(r.Values); err != nil {
			r.Warnings = append(r.Warnings[:len(r.Warnings):len(r.Warnings)],
				fmt.Sprintf("the values of %s could not be kept for working offline: %v", s.config.Store, err))
		}
		return r, nil
	case !errors.Is(err, sources.ErrUnreachable):
		return sources.Reading{}, err
	}
	values, age, keptErr := s.kept()
	switch {
	case errors.Is(keptErr, fs.ErrNotExist):
		return sources.Reading{}, err
	case keptErr != nil:
		return sources.Reading{}, fmt.Errorf("%w; and %w", err, keptErr)
	}
	s.served.Add(1)
	return sources.Reading{
		Values:   values,
		Warnings: []string{fmt.Sprintf("%v: using the values of %s ago", err, age)},
	}, nil
}

// Version implements [sources.PolledSource]. After a Read that had to use what
// was kept, the token differs from those before: the source is worth reading
// again as soon as it can be asked.
func (s *Source) Version(ctx context.Context) (string, error) {
	if s.config.Offline {
		return "offline", nil
	}
	// Counted before the source is asked: a Read that fails meanwhile counts
	// for the next answer.
	served := s.served.Load()
	version, err := s.src.Version(ctx)
	if err != nil {
		return "", err
	}
	return version + "/" + strconv.FormatUint(served, 10), nil
}

// kept returns the values that were kept, with their age in words. The error
// wraps [fs.ErrNotExist] where there are none.
func (s *Source) kept() (values []sources.Value, age string, err error) {
	const hint = "run it once while the store can be reached"
	if s.file == nil {
		return nil, "", sources.Hint(errors.New("no values are kept without an identity and a folder for them"),
			"make an identity with aside identity new, and set HOME or XDG_CACHE_HOME")
	}
	values, saved, err := s.file.load()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", sources.Hint(missing{s.config}, hint)
	}
	if err != nil {
		return nil, "", sources.Hint(fmt.Errorf("what was kept of %s cannot be used: %w", s.config.Store, err), hint)
	}
	old := time.Since(saved)
	switch {
	case old > s.config.MaxAge:
		return nil, "", sources.Hint(fmt.Errorf("what was kept of %s is %s old: at most %s is allowed", s.config.Store, words(old), words(s.config.MaxAge)),
			hint+", or raise max-age under cache: in aside.yaml")
	case old < -time.Minute:
		return nil, "", sources.Hint(fmt.Errorf("what was kept of %s is from the future, %s from now", s.config.Store, words(-old)),
			"set this machine's clock, or "+hint)
	}
	return values, words(old), nil
}

// missing is the error of values that were never kept.
type missing struct{ Config }

func (m missing) Error() string {
	return fmt.Sprintf("nothing was kept of %s for the stage %s of %s", m.Store, m.Stage, m.App)
}

func (missing) Unwrap() error { return fs.ErrNotExist }

// words says how long d is, as people do.
func words(d time.Duration) string {
	count := func(n time.Duration, unit string) string {
		if n == 1 {
			return "1 " + unit
		}
		return fmt.Sprintf("%d %ss", n, unit)
	}
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return count(max(d, 0)/time.Second, "second")
	case d < time.Hour:
		return count(d/time.Minute, "minute")
	case d < 2*day:
		return count(d/time.Hour, "hour")
	}
	return count(d/day, "day")
}
