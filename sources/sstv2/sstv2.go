// Package sstv2 keeps secrets where SST v2 keeps an app's, so that both can be
// used beside each other.
//
// A secret is the SSM parameter /sst/{app}/{stage}/Secret/{NAME}/value, a
// fallback /sst/{app}/.fallback/Secret/{NAME}/value, both of the type
// SecureString. SST has no secrets for types of stages and no shared ones:
// these scopes are empty and cannot be set.
//
// What the stage's deployed stacks made with Config.Parameter,
// /sst/{app}/{stage}/Parameter/{NAME}/value, is read with the stage, too. These
// are no secrets, so they come in the layer of parameters, below every other,
// and are never written. Everything else below /sst/{app}/{stage} is SST's own.
//
// Parameter Store has no transactions: of several secrets that are set
// together, some may have been when an error comes back. Of two writers of the
// same secret the later one wins; writers of different secrets lose nothing.
package sstv2

import (
	"fmt"
	"strings"
	"sync"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
)

var (
	_ sources.PolledStore = (*Store)(nil)
	_ sources.Historian   = (*Store)(nil)
)

// The kinds of parameters that are ours to read.
const (
	secret    = "Secret"
	parameter = "Parameter"
)

// Settings are how AWS is reached.
type Settings = awsconf.Settings

// Config says whose secrets a Store keeps.
type Config struct {
	App string
	AWS Settings

	// Warn, if not nil, is told what is odd in the store, in a line that holds
	// no value; each once. It may be called from several goroutines.
	Warn func(string)
}

// A Store keeps the secrets of one app of SST v2.
type Store struct {
	config Config
	aws    *awsconf.Session
	warned sync.Map // the lines that were given to config.Warn
}

// New returns the Store of an app. It reads nothing yet: AWS's configuration
// is loaded when the store is first used.
func New(c Config) (*Store, error) {
	const hint = "set app: in aside.yaml, or --app, to the name in sst.config.ts: letters, digits and _.-"
	if c.App == "" {
		return nil, sources.Hint(fmt.Errorf("sst-v2: the app has no name"), hint)
	}
	if !allowed(c.App) {
		return nil, sources.Hint(fmt.Errorf("sst-v2: %q is no name that an app of SST can have", c.App), hint)
	}
	return &Store{config: c, aws: awsconf.New(c.AWS)}, nil
}

// allowed reports whether text may be a part of a parameter's name.
func allowed(text string) bool {
	return strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") == ""
}

// prefix returns the path of a scope, if SST has it.
func (s *Store) prefix(scope sources.Scope) (path string, ok bool) {
	path = "/sst/" + s.config.App + "/"
	switch {
	case scope.Shared:
		return "", false
	case scope.Layer == sources.Fallback:
		return path + ".fallback/", true
	case scope.Layer == sources.Stage && scope.Name != "" && allowed(scope.Name):
		return path + scope.Name + "/", true
	}
	return "", false
}

// path returns the name of the parameter that holds a secret. In it, SST
// writes a - as a _.
func (s *Store) path(scope sources.Scope, name string) (path string, err error) {
	prefix, ok := s.prefix(scope)
	if !ok {
		return "", sources.Hint(fmt.Errorf("SST has no secrets for the %s", scope),
			"SST knows stages and fallbacks only: use --stage or --fallback")
	}
	return prefix + secret + "/" + strings.ReplaceAll(name, "-", "_") + "/value", nil
}

// wrap names the store in an error.
func wrap(err error) error {
	if err != nil {
		err = fmt.Errorf("sst-v2: %w", err)
	}
	return err
}

func (s *Store) warn(format string, args ...any) {
	if s.config.Warn == nil {
		return
	}
	line := "sst-v2: " + fmt.Sprintf(format, args...)
	if _, again := s.warned.LoadOrStore(line, true); !again {
		s.config.Warn(line)
	}
}
