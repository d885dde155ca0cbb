// Package execstore reads secrets from any other manager, through a command
// that prints them.
//
// The command is run once for each scope that is asked for, all at the same
// time, with the scope in its environment:
//
//	ASIDE_APP    the app; _shared for the scope above apps
//	ASIDE_SCOPE  the scope: a stage, _type.TYPE or _fallback
//	ASIDE_STAGE  the stage that is run, whatever the scope
//
// It prints a JSON object or the lines of a .env file, see [Config.Command],
// and nothing for a scope that it does not know. What it prints is taken to the
// letter, and shown nowhere; what it says on stderr is shown if it fails. Exit
// status 75 (EX_TEMPFAIL of sysexits.h) says that the manager cannot be
// reached, every other one but 0 that the command failed.
package execstore

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/aside-cli/aside/sources"
)

var _ sources.PolledStore = (*Store)(nil)

// shared is the app of the shared scope.
const shared = "_shared"

// DefaultTimeout is the time that a command has if nothing else is said.
const DefaultTimeout = 30 * time.Second

// Config says what a Store runs.
type Config struct {
	App, Stage string

	// Command is a program with its arguments; no shell sees them. Names with a
	// slash are relative to Dir. It prints one JSON object, whose members are
	// strings, numbers or booleans, or NAME=value lines with the quotes and
	// escapes of a .env file, in which $ is a plain $.
	Command []string

	Dir     string   // where it runs: the app's root
	Environ []string // what it finds in its environment, beside our own

	// Timeout ends a command that takes longer; 0 is DefaultTimeout.
	Timeout time.Duration

	// Scopes are those that the command knows: stage, type, fallback, and shared
	// for those above apps. The others are empty. nil: it knows all.
	Scopes []string

	// Warn, if not nil, is told what is odd in what a command prints, in a line
	// that holds no value; each once. It may be called from several goroutines.
	Warn func(string)
}

// A Store reads what a command prints. It cannot be written to.
type Store struct {
	config Config
	name   string // of the program, as errors call it
	key    []byte // for digests that tell nothing of a value
	warned sync.Map
}

// New returns the Store of a command, which is not run yet.
func New(c Config) (*Store, error) {
	if len(c.Command) == 0 || c.Command[0] == "" {
		return nil, sources.Hint(errors.New("exec: there is no command"),
			`write the program and its arguments, as in store: {exec: ["op", "inject", "-i", "secrets.tpl"]}`)
	}
	if c.Timeout < 0 {
		return nil, fmt.Errorf("exec: the timeout is %s: it cannot be negative", c.Timeout)
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	for _, scope := range c.Scopes {
		if !slices.Contains(scopeNames, scope) {
			return nil, sources.Hint(fmt.Errorf("exec: there are no scopes called %q", scope), "one of "+strings.Join(scopeNames, ", "))
		}
	}
	key := make([]byte, sha256.Size)
	rand.Read(key) // never fails
	return &Store{config: c, name: filepath.Base(c.Command[0]), key: key}, nil
}

var scopeNames = []string{"stage", "type", "fallback", "shared"}

// knows reports whether the command is asked for the scope.
func (s *Store) knows(scope sources.Scope) bool {
	known := s.config.Scopes
	return known == nil ||
		slices.Contains(known, scope.Layer.String()) && (!scope.Shared || slices.Contains(known, "shared"))
}

// Read implements [sources.Store]. The values of a scope are sorted by name.
// Errors wrap [sources.ErrUnreachable] where a command took too long, or said
// so with its exit status.
func (s *Store) Read(ctx context.Context, scopes ...sources.Scope) ([]sources.Value, error) {
	read, err := s.read(ctx, scopes)
	if err != nil {
		return nil, err
	}
	var values []sources.Value
	for i, scope := range scopes {
		for _, name := range slices.Sorted(maps.Keys(read[i])) {
			values = append(values, sources.Value{
				Name:   name,
				Secret: read[i][name],
				Origin: sources.Origin{Layer: scope.Layer, Source: "exec:" + s.name, Shared: scope.Shared},
			})
		}
	}
	return values, nil
}

// Version implements [sources.PolledStore]. It costs as much as Read: there is
// no telling what a command would print but by running it.
func (s *Store) Version(ctx context.Context, scopes ...sources.Scope) (string, error) {
	read, err := s.read(ctx, scopes)
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, s.key)
	text := func(t string) {
		h.Write(binary.AppendUvarint(nil, uint64(len(t))))
		h.Write([]byte(t))
	}
	for i, scope := range scopes {
		text(scope.String())
		for _, name := range slices.Sorted(maps.Keys(read[i])) {
			text(name)
			text(read[i][name].Reveal())
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// read runs the command for all the scopes at once. The first that fails ends
// the others.
func (s *Store) read(ctx context.Context, scopes []sources.Scope) ([]map[string]sources.Secret, error) {
	read := make([]map[string]sources.Secret, len(scopes))
	group, limited := errgroup.WithContext(ctx)
	for i, scope := range scopes {
		if !s.knows(scope) {
			continue
		}
		group.Go(func() error {
			stdout, err := s.run(limited, scope)
			if err != nil {
				return err
			}
			read[i], err = s.parse(scope, stdout)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	return read, nil
}

// Set implements [sources.Store]: it is an error.
func (s *Store) Set(_ context.Context, scope sources.Scope, secrets map[string]sources.Secret) error {
	names := slices.Sorted(maps.Keys(secrets))
	return s.readOnly("set", strings.Join(names[:min(len(names), 3)], ", "), scope)
}

// Remove implements [sources.Store]: it is an error.
func (s *Store) Remove(_ context.Context, scope sources.Scope, name string) error {
	return s.readOnly("remove", name, scope)
}

func (s *Store) readOnly(do, what string, scope sources.Scope) error {
	return sources.Hint(fmt.Errorf("exec: cannot %s %s for the %s: what %s prints is only read", do, what, scope, s.name),
		do+" it in the manager that "+s.name+" asks")
}

func (s *Store) warn(line string) {
	if s.config.Warn == nil {
		return
	}
	line = "exec: " + line
	if _, again := s.warned.LoadOrStore(line, true); !again {
		s.config.Warn(line)
	}
}
