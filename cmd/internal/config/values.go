package config

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/aside-cli/aside/sources"
)

// A Pos is a place in aside.yaml. Line and Column start at 1, Column counts
// bytes and is 0 where only the line is known. The zero Pos is no place.
type Pos struct{ Line, Column int }

// wrap puts the place in front of err. The zero Pos leaves err as it is.
func (p Pos) wrap(err error) error {
	switch {
	case p.Line == 0:
		return err
	case p.Column == 0:
		return fmt.Errorf("%s:%d: %w", Name, p.Line, err)
	}
	return fmt.Errorf("%s:%d:%d: %w", Name, p.Line, p.Column, err)
}

// A Text is a string and the place where it was written. A Text that was not
// written has the zero Pos.
type Text struct {
	Value string
	Pos   Pos
}

// Errorf returns an error about the text, with its place in front.
func (t Text) Errorf(format string, args ...any) error {
	return t.Pos.wrap(fmt.Errorf(format, args...))
}

// check puts the place in front of f's error, and asks f only if the text was
// written.
func (t Text) check(f func(string) error) error {
	if t.Pos == (Pos{}) {
		return nil
	}
	if err := f(t.Value); err != nil {
		return t.Pos.wrap(err)
	}
	return nil
}

func (t *Text) decode(d *document, path string, n *yaml.Node) error {
	var s Scalar
	if err := s.decode(d, path, n); err != nil {
		return err
	}
	if n.Tag != "!!str" {
		return d.pos(n).wrap(sources.Hint(fmt.Errorf("%s must be a string, not %s", path, describe(n)), "put it in quotes"))
	}
	*t = Text(s)
	return nil
}

// Quote writes a string as YAML has it: in quotes where it would be a number, a
// date or a word of its own, such as null.
func Quote(s string) string {
	text, _ := yaml.Marshal(s) // of a string, which cannot fail
	return strings.TrimSuffix(string(text), "\n")
}

// A Scalar is a string, number, boolean or date, to the letter as it was
// written: 1.20 is "1.20".
type Scalar Text

func (s *Scalar) decode(d *document, path string, n *yaml.Node) error {
	switch {
	case n.Kind != yaml.ScalarNode:
		return d.pos(n).wrap(fmt.Errorf("%s must be a string, not %s", path, describe(n)))
	case n.Tag == "!!null":
		return d.pos(n).wrap(sources.Hint(fmt.Errorf("%s has no value", path), `write "" if it is to be empty`))
	case strings.ContainsRune(n.Value, 0):
		return d.pos(n).wrap(fmt.Errorf("%s holds a NUL: no environment variable can", path))
	}
	*s = Scalar{n.Value, d.pos(n)}
	return nil
}

// A Map is a mapping whose keys the user chooses, in the order of the file.
type Map[T any] []Entry[T]

// An Entry is one key of a [Map] and its value.
type Entry[T any] struct {
	Key   Text
	Value T
}

func (m *Map[T]) decode(d *document, path string, n *yaml.Node) error {
	return d.pairs(path, n, func(key Text, n *yaml.Node) error {
		e := Entry[T]{Key: key}
		if err := d.value(path+"."+key.Value, n, &e.Value); err != nil {
			return err
		}
		*m = append(*m, e)
		return nil
	})
}

// describe says what a node is that should be something else.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!int" || n.Tag == "!!float":
		return "a number"
	case n.Tag == "!!bool":
		return "a boolean"
	case n.Tag == "!!timestamp":
		return "a date"
	}
	return "a string"
}
