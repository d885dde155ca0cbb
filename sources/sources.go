// Package sources says what a source of variables is: where values come from,
// how they are kept from being printed, and in which order they win.
//
// A [Source] is one thing that can be read: the process environment, the .env
// cascade, the parameters of a configuration file, or the scopes of a [Store].
// Stores have a package each below this one. Which of them are read, and in
// which stage, is decided by the command alone.
package sources

import (
	"context"
	"errors"

	"github.com/aside-cli/aside/dotenv"
)

// MaxName and MaxValue limit a stored secret, in bytes.
const (
	MaxName  = 256
	MaxValue = 65536
)

var (
	// ErrNotFound is wrapped by errors about a secret that is not there.
	ErrNotFound = errors.New("not found")

	// ErrUnreachable is wrapped by errors of a store that gave no answer:
	// not those of a store that answered no.
	ErrUnreachable = errors.New("unreachable")
)

// A Value is one definition of a name in one layer.
type Value struct {
	Name   string
	Origin Origin

	// Secret is the value to the letter. It is ignored where Template is set.
	Secret Secret

	// Template is a value from a .env file, whose references are still to be
	// expanded. It is nil for every other source.
	Template *dotenv.Value

	// Group lists the types of stages that a stored secret was set for
	// together, sorted. It is nil where the secret was set for one alone.
	Group []string
}

// A Reading is what a source held at one moment.
type Reading struct {
	// Values in the order in which they win: of two with the same name in the
	// same layer, the earlier one does.
	Values []Value

	// Warnings say what is odd about the source, a line each, and never a value.
	Warnings []string
}

// A Source is a place that variables are read from. Implementations are safe
// for concurrent use.
type Source interface {
	// Read returns everything the source holds. A source that does not exist
	// (no .env file, an empty store) is an empty Reading and no error. An error
	// means that nothing of the source may be used.
	Read(ctx context.Context) (Reading, error)
}

// A FileSource is a Source that is watched by file-system events.
type FileSource interface {
	Source

	// Paths returns every file that Read looks for, whether it exists or not.
	Paths() []string
}

// A PolledSource is a Source that is watched by asking it.
type PolledSource interface {
	Source

	// Version returns a token that differs from an earlier one whenever Read
	// would answer differently. It costs less than Read where the store has a way
	// to tell.
	Version(ctx context.Context) (string, error)
}
