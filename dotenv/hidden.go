package dotenv

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden holds a T that nothing prints by accident. fmt calls no methods on what
// it finds in unexported fields of a struct, but looks into it. Of a pointer to
// a pointer it shows the address alone; what a pointer to a struct points to it
// would print in full, when the verb does not fit.
type hidden[T any] struct{ p **cell[T] }

type cell[T any] struct {
	self *cell[T] // what hidden points to
	v    T
}

func (h hidden[T]) get() *T { return &(*h.p).v }

const redacted = "[redacted]"

// Format implements [fmt.Formatter] for every verb.
func (hidden[T]) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// String implements [fmt.Stringer].
func (hidden[T]) String() string { return redacted }

// MarshalJSON implements [encoding/json.Marshaler].
func (hidden[T]) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText implements [encoding.TextMarshaler].
func (hidden[T]) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements [slog.LogValuer].
func (hidden[T]) LogValue() slog.Value { return slog.StringValue(redacted) }

// A chunk allocates many hidden values at once.
type chunk[T any] struct{ free []cell[T] }

func (c *chunk[T]) hide(v T) hidden[T] {
	if len(c.free) == cap(c.free) {
		c.free = make([]cell[T], 0, min(max(2*cap(c.free), 8), 1024))
	}
	c.free = append(c.free, cell[T]{v: v})
	cell := &c.free[len(c.free)-1]
	cell.self = cell
	return hidden[T]{&cell.self}
}
