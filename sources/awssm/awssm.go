// Package awssm keeps secrets in AWS Secrets Manager.
//
// A secret's value is the string of the AWS secret {app}/{scope}/NAME, or the
// member NAME of the JSON object in the AWS secret {app}/{scope}; of the two,
// the one by its own name wins. The scope is a stage, _type.TYPE or _fallback;
// the shared scope's app is _shared. Writing goes to {app}/{scope}/NAME alone.
//
// Secrets that were set for several types of stages together have the types in
// a tag, aside:types, which is looked at when one of them is written again.
//
// Secrets Manager has no transactions: of several secrets that are set
// together, some may have been when an error comes back. Of two writers of the
// same secret the later one wins, and a group that is set while another writer
// sets a part of it may differ; writers of different secrets lose nothing.
package awssm

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

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

// maxName is the longest name that an AWS secret can have, in bytes.
const maxName = 512

// Settings are how AWS is reached.
type Settings = awsconf.Settings

// Config says whose secrets a Store keeps, and how.
type Config struct {
	App string
	AWS Settings

	// KMSKey encrypts the secrets that Set creates: a key's ID, ARN or alias.
	// Empty, it is the account's own key for Secrets Manager.
	KMSKey string

	// Descriptions, by name, are given to the secrets that Set creates.
	Descriptions map[string]string

	// ForceDelete makes Remove delete for good. Without it a removed secret
	// can be restored for 30 days, by setting it again for example.
	ForceDelete bool

	// Warn, if not nil, is told what is odd in the store, in a line that holds
	// no value; each once. It may be called from several goroutines.
	Warn func(string)
}

// A Store keeps the secrets of one app in AWS Secrets Manager.
type Store struct {
	config Config
	aws    *awsconf.Session

	warned sync.Map // the lines that were given to config.Warn
	polled polled
}

// New returns the Store of an app. It reads nothing yet: AWS's configuration
// is loaded when the store is first used.
func New(c Config) (*Store, error) {
	if c.App == shared {
		return nil, sources.Hint(fmt.Errorf("awssm: an app cannot be called %s: the shared secrets are", shared), appHint)
	}
	for i, r := range c.App {
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=.@-", r) {
			return nil, sources.Hint(fmt.Errorf("awssm: no secret can be kept for the app %q: character %d may not stand in its name", c.App, i+1), appHint)
		}
	}
	if c.App == "" {
		return nil, sources.Hint(fmt.Errorf("awssm: the app has no name"), appHint)
	}
	return &Store{config: c, aws: awsconf.New(c.AWS)}, nil
}

const appHint = "give the app a name of letters, digits and _+=.@- with app: in aside.yaml or --app"

// path returns the name of the AWS secret that is the scope's JSON object.
// The scope's single secrets lie below it.
func (s *Store) path(scope sources.Scope) string {
	app := s.config.App
	if scope.Shared {
		app = shared
	}
	return app + "/" + scope.Segment()
}

// client returns a client with credentials. It is cheap once the first one
// was made: they share the session's connections.
func (s *Store) client(ctx context.Context) (*secretsmanager.Client, error) {
	cfg, err := s.aws.Config(ctx)
	if err != nil {
		return nil, err
	}
	return secretsmanager.NewFromConfig(cfg), nil
}

// wrap names the store in an error.
func wrap(err error) error {
	if err != nil {
		err = fmt.Errorf("awssm: %w", err)
	}
	return err
}

func (s *Store) warn(format string, args ...any) {
	if s.config.Warn == nil {
		return
	}
	line := "awssm: " + fmt.Sprintf(format, args...)
	if _, again := s.warned.LoadOrStore(line, true); !again {
		s.config.Warn(line)
	}
}
