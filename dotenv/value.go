package dotenv

// A Value is what stands after the = of an entry: literal text and references.
// Like its [Part] and [Ref] it cannot be printed by accident: fmt, JSON, text
// encoding and slog show "[redacted]". The zero Value is the empty text.
type Value struct{ hidden[value] }

type value struct {
	literal string
	parts   []Part // nil where there is no reference
}

// Literal returns the value's text, and false if the value has references.
func (v Value) Literal() (string, bool) {
	switch {
	case v.p == nil:
		return "", true
	case v.get().parts != nil:
		return "", false
	}
	return v.get().literal, true
}

// Parts returns the value's parts in order. It is not to be changed.
func (v Value) Parts() []Part {
	if text, ok := v.Literal(); ok {
		return []Part{{new(chunk[part]).hide(part{text: text})}}
	}
	return v.get().parts
}

// A Part of a value is a literal text or a reference.
type Part struct{ hidden[part] }

type part struct {
	text string
	ref  Ref // zero of a literal text
}

// Text returns the literal text, with its escapes undone; "" of a reference.
func (p Part) Text() string { return p.get().text }

// Ref returns the reference, and false if the part is a literal text.
func (p Part) Ref() (Ref, bool) { return p.get().ref, p.get().ref.p != nil }

// A Ref is a reference to another name: $NAME, ${NAME} or ${NAME op word}.
type Ref struct{ hidden[ref] }

type ref struct {
	name, op     string
	word         []Part
	line, column int
}

// Name returns the name that is referred to. What looks like a reference may be
// a piece of a password, so a name is not to be printed without need.
func (r Ref) Name() string { return r.get().name }

// Op returns "" or one of the operators :- - :+ + :? ?, where := and = have
// become :- and -, because nothing is ever assigned.
func (r Ref) Op() string { return r.get().op }

// Word returns what follows the operator. It is not to be changed.
func (r Ref) Word() []Part { return r.get().word }

// Line and Column are those of the reference's $, as in [Entry].
func (r Ref) Line() int   { return r.get().line }
func (r Ref) Column() int { return r.get().column }
