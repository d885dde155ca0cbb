// Package ssm keeps secrets in the Parameter Store of AWS Systems Manager.
//
// A secret is the parameter NAME directly below the path of its scope, by
// default /{app}/{scope}. The scope is a stage, _type.TYPE or _fallback; the
// shared scope's app is _shared. Parameters of every type are read, to the
// letter; written are SecureStrings.
//
// Secrets that were set for several types of stages together have the types in
// a tag, aside:types, which is looked at when one of them is written again, at
// one request each. Only those of types need that.
//
// Parameter Store has no transactions: of several secrets that are set
// together, some may have been when an error comes back. Of two writers of the
// same secret the later one wins, and a group that is set while another writer
// sets a part of it may differ; writers of different secrets lose nothing.
package ssm

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
)

var (
	_ sources.PolledStore = (*Store)(nil)
	_ sources.GroupStore  = (*Store)(nil)
	_ sources.Historian   = (*Store)(nil)
)

// shared is the app of the shared scope.
const shared = "_shared"

// defaultPrefix is where a scope's parameters lie if nothing else is said.
const defaultPrefix = "/{app}/{scope}"

// Settings are how AWS is reached.
type Settings = awsconf.Settings

// Config says whose secrets a Store keeps, and how.
type Config struct {
	App string
	AWS Settings

	// Prefix is the path that the parameters of a scope lie below, with {app}
	// and {scope} in place of their names; empty, it is /{app}/{scope}. Without
	// {scope} it holds a stage's secrets alone, and without {app} no shared
	// ones: the other scopes are empty then, and cannot be set.
	Prefix string

	// Upper makes names out of parameters as chamber does: in upper case, with
	// _ for -. Names that are set become parameters in lower case, unless there
	// is one for the name already.
	Upper bool

	// KMSKey encrypts what Set writes: a key's ID, ARN or alias. Empty, it is
	// the account's own key for Parameter Store.
	KMSKey string

	// Descriptions, by name, are given to what Set writes.
	Descriptions map[string]string

	// Warn, if not nil, is told what is odd in the store, in a line that holds
	// no value; each once. It may be called from several goroutines.
	Warn func(string)
}

// A Store keeps the secrets of one app in Parameter Store.
type Store struct {
	config Config
	aws    *awsconf.Session

	warned sync.Map // the lines that were given to config.Warn
	polled polled
}

// New returns the Store of an app. It reads nothing yet: AWS's configuration
// is loaded when the store is first used.
func New(c Config) (*Store, error) {
	if c.Prefix == "" {
		c.Prefix = defaultPrefix
	}
	switch {
	case c.App == "":
		return nil, sources.Hint(errors.New("ssm: the app has no name"), appHint)
	case c.App == shared:
		return nil, sources.Hint(fmt.Errorf("ssm: an app cannot be called %s: the shared secrets are", shared), appHint)
	case strings.Contains(c.Prefix, "{app}") && !inName(c.App):
		return nil, sources.Hint(fmt.Errorf("ssm: no parameter can be kept for the app %q", c.App), appHint)
	}
	plain := strings.NewReplacer("{app}", "a", "{scope}", "s").Replace(c.Prefix)
	segments := strings.Split(plain, "/")
	bad := segments[0] != "" || len(segments) < 2
	for _, segment := range segments[1:] {
		bad = bad || !inName(segment)
	}
	if bad {
		return nil, sources.Hint(fmt.Errorf("ssm: %q is no path that parameters can lie below", c.Prefix),
			"write prefix as /{app}/{scope}, of letters, digits and _.-, with a slash at its start and none at its end")
	}
	return &Store{config: c, aws: awsconf.New(c.AWS)}, nil
}

const appHint = "give the app a name of letters, digits and _.- with app: in aside.yaml or --app"

// inName reports whether s can be one of the parts of a parameter's name.
func inName(s string) bool {
	const all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
	return s != "" && strings.Trim(s, all) == ""
}

// path returns the path that the scope's parameters lie directly below, or ""
// where the prefix has no place for the scope.
func (s *Store) path(scope sources.Scope) string {
	prefix, app := s.config.Prefix, s.config.App
	if scope.Layer != sources.Stage && !strings.Contains(prefix, "{scope}") {
		return ""
	}
	if scope.Shared {
		if !strings.Contains(prefix, "{app}") {
			return ""
		}
		app = shared
	}
	return strings.NewReplacer("{app}", app, "{scope}", scope.Segment()).Replace(prefix)
}

// wrap names the store in an error.
func wrap(err error) error {
	if err != nil {
		err = fmt.Errorf("ssm: %w", err)
	}
	return err
}

func (s *Store) warn(format string, args ...any) {
	if s.config.Warn == nil {
		return
	}
	line := "ssm: " + fmt.Sprintf(format, args...)
	if _, again := s.warned.LoadOrStore(line, true); !again {
		s.config.Warn(line)
	}
}
