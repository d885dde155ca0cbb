// Package sst keeps secrets where SST v3 and v4 keep an app's, so that both can
// be used beside each other: sst secret list shows what Set stored, and Read
// gives what sst secret set stored.
//
// A stage's secrets, and the fallbacks, are one encrypted JSON object each. An
// app whose home in sst.config.ts is "aws" has them in an S3 bucket, with the
// keys in SSM parameters: [New]. One whose home is "local" has them in files
// below the user's configuration folder: [NewLocal]. SST has no secrets for
// types of stages and no shared ones: these scopes are empty and cannot be set.
//
// A change replaces the whole object. On S3 that is a conditional write, which
// is tried again after another writer was faster, so that writers that do the
// same lose nothing. Files are changed under a lock. SST itself neither locks
// nor writes conditionally, and some servers that only resemble S3 ignore the
// condition: there, of two writers at the same moment, the later one wins.
package sst

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/aside-cli/aside/sources"
)

// fallback is what SST calls the fallbacks, in the place of a stage.
const fallback = "_fallback"

// A home is where SST keeps an app's state. A scope is a stage or fallback.
type home interface {
	// passphrase returns a scope's key as text, or "" where there is none.
	passphrase(ctx context.Context, scope string) (string, error)

	// addPassphrase keeps a scope's first key, and returns it; or, where there
	// is one already, that.
	addPassphrase(ctx context.Context, scope, passphrase string) (string, error)

	// object returns a scope's encrypted secrets, or nil where there are none.
	object(ctx context.Context, scope string) (*object, error)

	// replace puts body in the place of old. The error is errConflict if old is
	// no longer what is there.
	replace(ctx context.Context, scope string, body []byte, zipped bool, old *object) error

	// lock keeps out the other writers that lock, if the home needs that.
	lock() (unlock func(), err error)

	// names returns the passphrase's and the object's for error messages.
	names(scope string) (passphrase, object string)
}

// An object is what one scope holds, as it lies there.
type object struct {
	body []byte
	etag string // of S3, in quotes
	id   string // short, of the version
}

var errConflict = errors.New("changed by another writer")

// store is what both homes have in common.
type store struct {
	name string // of the store, as in aside.yaml
	app  string
	home home

	warn   func(string)
	warned sync.Map // the lines that were given to warn
}

// checkApp returns an error for what SST accepts as no app's name.
func checkApp(store, app string) error {
	const hint = "an app of SST has a name of letters, digits and -, starting with a letter: " +
		"set app: in aside.yaml, or --app, to the name in sst.config.ts"
	if app == "" {
		return sources.Hint(fmt.Errorf("%s: the app has no name", store), hint)
	}
	if !isApp(app) {
		return sources.Hint(fmt.Errorf("%s: %q is no name that an app of SST can have", store, app), hint)
	}
	return nil
}

func isApp(name string) bool {
	return name != "" && letter(rune(name[0])) && !strings.ContainsFunc(name, func(r rune) bool {
		return !letter(r) && !digit(r) && r != '-'
	})
}

func letter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
func digit(r rune) bool  { return '0' <= r && r <= '9' }

// named returns SST's name of a scope, if it has it. No stage that is none of
// SST's gets as far as a path.
func named(scope sources.Scope) (name string, ok bool) {
	switch {
	case scope.Shared:
		return "", false
	case scope.Layer == sources.Fallback:
		return fallback, true
	case scope.Layer == sources.Stage:
		name = scope.Name
	}
	return name, name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !letter(r) && !digit(r) && r != '-'
	})
}

// wrap names the store in an error.
func (s *store) wrap(err error) error {
	if err != nil {
		err = fmt.Errorf("%s: %w", s.name, err)
	}
	return err
}

// warnOnce tells what is odd, the first time.
func (s *store) warnOnce(format string, args ...any) {
	if s.warn == nil {
		return
	}
	line := s.name + ": " + fmt.Sprintf(format, args...)
	if _, again := s.warned.LoadOrStore(line, true); !again {
		s.warn(line)
	}
}
