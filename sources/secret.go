package sources

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// A Secret is a value that cannot be printed by accident: every fmt verb, JSON,
// text encoding and slog show "[redacted]". [Secret.Reveal] alone gives it out.
//
// It holds a pointer, because fmt reaches through the unexported fields of a
// struct that a Secret is nested in, where it calls no methods, but prints no
// more of a pointer to a string than its address. (What a pointer to a struct
// points to it prints in full, when the verb does not fit.) The zero Secret is
// the empty string.
// Secrets are immutable and not comparable in a useful way: see [Secret.Equal].
type Secret struct{ p *string }

// NewSecret returns a Secret that holds value.
func NewSecret(value string) Secret { return Secret{&value} }

// Reveal returns the value. Whoever calls it answers for where it goes.
func (s Secret) Reveal() string {
	if s.p == nil {
		return ""
	}
	return *s.p
}

// Equal reports whether both hold the same value.
func (s Secret) Equal(t Secret) bool { return s.Reveal() == t.Reveal() }

// Len returns the value's length in bytes.
func (s Secret) Len() int { return len(s.Reveal()) }

// Format implements [fmt.Formatter] for every verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// String implements [fmt.Stringer].
func (Secret) String() string { return redacted }

// MarshalJSON implements [encoding/json.Marshaler].
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText implements [encoding.TextMarshaler].
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements [slog.LogValuer].
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
