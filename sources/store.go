package sources

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// A Scope is what a stored secret holds for: a stage, a type of stages, or
// every stage that sets none of its own; in one app or shared by all.
type Scope struct {
	Layer  Layer  // Stage, Type or Fallback
	Name   string // the stage or the type; "" for Fallback
	Shared bool   // the scope above apps
}

// StageScope, TypeScope and FallbackScope are an app's own scopes.
func StageScope(stage string) Scope { return Scope{Layer: Stage, Name: stage} }
func TypeScope(typ string) Scope    { return Scope{Layer: Type, Name: typ} }
func FallbackScope() Scope          { return Scope{Layer: Fallback} }

// String names the scope for people: "stage dev", "shared fallback".
func (s Scope) String() string {
	name := s.Layer.String()
	if s.Name != "" {
		name += " " + s.Name
	}
	if s.Shared {
		return "shared " + name
	}
	return name
}

// Segment names the scope in a path: the stage, _type.TYPE or _fallback. No stage
// can be called like the other two, because its name begins with a letter or a
// digit. It does not tell whether the scope is shared.
func (s Scope) Segment() string {
	switch s.Layer {
	case Type:
		return "_type." + s.Name
	case Fallback:
		return "_fallback"
	default:
		return s.Name
	}
}

// A Store keeps the secrets of one app, and of the shared scope above it.
// Implementations are safe for concurrent use, by other processes too, as far
// as the store can do that; where it cannot, the package's documentation says so.
type Store interface {
	// Read returns the secrets of all the scopes, read together, those of an
	// earlier scope first. A scope that does not exist is empty.
	// Errors wrap ErrUnreachable where the store gave no answer.
	Read(ctx context.Context, scopes ...Scope) ([]Value, error)

	// Set stores every secret of the map under its name, all or none where the
	// store can. Names and values were checked with [CheckName] and [CheckValue].
	Set(ctx context.Context, scope Scope, secrets map[string]Secret) error

	// Remove deletes one secret. The error wraps ErrNotFound where there is none.
	Remove(ctx context.Context, scope Scope, name string) error
}

// A FileStore is a Store that lies in files.
type FileStore interface {
	Store

	// Paths returns every file that Read of the scopes looks for.
	Paths(scopes ...Scope) []string
}

// A PolledStore is a Store that is asked for changes.
type PolledStore interface {
	Store

	// Version is as in [PolledSource], for the scopes together.
	Version(ctx context.Context, scopes ...Scope) (string, error)
}

// A GroupStore is a Store that can set a secret for several types of stages
// together, and keeps its value the same in all of them.
//
// Set for one type of a group, Remove for one type of it, and a group that
// crosses another are refused with an error whose hint is the command that
// removes the group. Set of a type alone may be followed by SetGroup.
type GroupStore interface {
	Store

	// SetGroup is Set for all the scopes at once: types of stages, all of the
	// app or all shared. For a single scope, of any layer, it is Set.
	SetGroup(ctx context.Context, scopes []Scope, secrets map[string]Secret) error

	// RemoveGroup deletes one secret from all the scopes at once. The error
	// wraps ErrNotFound where none of them holds it.
	RemoveGroup(ctx context.Context, scopes []Scope, name string) error
}

// A Historian is a Store that keeps earlier versions of its secrets.
type Historian interface {
	Store

	// History returns the versions that are kept, newest first: that of a
	// secret that was removed starts with its removal. The error wraps
	// ErrNotFound where there never was one.
	History(ctx context.Context, scope Scope, name string) ([]Version, error)

	// Rollback gives the secret the value of an earlier version again, as a
	// new version. "" is the newest earlier one that holds a value. A secret of
	// a group changes for all of the group. The error wraps ErrNotFound where
	// there is no such version.
	Rollback(ctx context.Context, scope Scope, name, version string) error
}

// A Version tells of one change to a secret, without its value.
type Version struct {
	ID      string    // the store's own, as in [Origin]
	Time    time.Time // zero where the store does not know
	By      string    // who made the change, or ""
	Removed bool      // the change was the secret's removal
	Current bool      // nothing came after it
}

// CheckName returns an error unless name can be both a secret's name and an
// environment variable's: a letter or _, then letters, digits and _, at most
// [MaxName] bytes.
func CheckName(name string) error {
	switch {
	case name == "":
		return Hint(fmt.Errorf("a secret's name is empty"), nameHint)
	case strings.Contains(name, "="):
		// What follows the = may be the value.
		before, _, _ := strings.Cut(name, "=")
		return Hint(fmt.Errorf("the name %.32q… holds a =", before),
			"give the value as an argument of its own: aside secret set NAME VALUE")
	case len(name) > MaxName:
		return Hint(fmt.Errorf("the name %.32s… has %d characters: at most %d are allowed", name, len(name), MaxName), nameHint)
	}
	for i, r := range name {
		if r == '_' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || i > 0 && '0' <= r && r <= '9' {
			continue
		}
		return Hint(fmt.Errorf("%q is no valid name: character %d may not stand there", name, i+1), nameHint)
	}
	return nil
}

const nameHint = "a name starts with a letter or _, then come letters, digits and _"

// CheckValue returns an error unless the value can be stored: at most
// [MaxValue] bytes, without a NUL. The error names name, never the value.
func CheckValue(name string, value Secret) error {
	v := value.Reveal()
	if len(v) > MaxValue {
		return Hint(fmt.Errorf("%s is %d bytes long: a secret holds at most %d", name, len(v), MaxValue),
			"keep the file elsewhere and store where it is")
	}
	if i := strings.IndexByte(v, 0); i >= 0 {
		return Hint(fmt.Errorf("%s holds a NUL at byte %d: no environment variable can", name, i+1),
			"encode it first, with base64 for example")
	}
	return nil
}
