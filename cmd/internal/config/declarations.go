package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/aside-cli/aside/cmd/internal/schema"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

// A Declaration says of one secret, by its name in the store, what is known of it.
type Declaration struct {
	Required    Flag   `yaml:"required"`
	Description Text   `yaml:"description"`
	Env         Text   `yaml:"env"`  // the variable that it becomes, if not its name
	Type        Text   `yaml:"type"` // a built-in type, or one of types:
	Flatten     Flag   `yaml:"flatten"`
	OnChange    Text   `yaml:"on-change"` // restart, signal:NAME or ignore
	As          Text   `yaml:"as"`        // env, file or fd
	Path        Text   `yaml:"path"`      // of the file, from the root
	Mask        Switch `yaml:"mask"`      // whether run --mask masks it
}

// A ValueType is a type of values that a JSON Schema describes.
type ValueType struct {
	Schema Text `yaml:"schema"` // a file, from the root
}

// Variable returns the name of the variable that the declared secret called
// name becomes.
func (d Declaration) Variable(name string) string {
	if d.Env.Value != "" {
		return d.Env.Value
	}
	return name
}

// Form returns how the variable reaches a command.
func (d Declaration) Form() inject.Form {
	form, _ := inject.ParseForm(d.As.Value) // it was checked as the file was read; without as: it is a variable
	return form
}

// Declaration returns what is declared of the secret called name, and whether
// anything is.
func (c *Config) Declaration(name string) (Declaration, bool) {
	for _, s := range c.Secrets {
		if s.Key.Value == name {
			return s.Value, true
		}
	}
	return Declaration{}, false
}

// Link returns the names of the secrets that a link gives, and whether there is
// a link called name.
func (c *Config) Link(name string) (List, bool) {
	for _, l := range c.Links {
		if l.Key.Value == name {
			return l.Value, true
		}
	}
	return nil, false
}

// checkDeclarations returns an error if secrets:, types:, links: or undeclared:
// cannot be meant.
func (c *Config) checkDeclarations() error {
	variables, paths := map[string]string{}, map[string]string{}
	for _, s := range c.Secrets {
		if err := s.Key.check(checkVariable); err != nil {
			return err
		}
		if err := s.Value.Env.check(checkVariable); err != nil {
			return err
		}
		variable := s.Value.Variable(s.Key.Value)
		if other, ok := variables[variable]; ok {
			return s.Key.Errorf("%s and %s both become the variable %s", other, s.Key.Value, variable)
		}
		variables[variable] = s.Key.Value
		if err := s.Value.Type.check(c.checkTypeName); err != nil {
			return err
		}
		if err := s.Value.OnChange.check(checkReaction); err != nil {
			return err
		}
		if err := s.Value.checkDelivery(); err != nil {
			return err
		}
		if path := filepath.Clean(s.Value.Path.Value); s.Value.Path.Value != "" {
			if other, ok := paths[path]; ok {
				return s.Value.Path.Errorf("%s and %s would have the same file", other, s.Key.Value)
			}
			paths[path] = s.Key.Value
		}
	}
	for _, t := range c.Types {
		if t.Value.Schema.Value == "" {
			return t.Key.Pos.wrap(sources.Hint(fmt.Errorf("the type %q has no schema", t.Key.Value), "name a file: {schema: schemas/"+t.Key.Value+".json}"))
		}
	}
	for _, l := range c.Links {
		for _, name := range l.Value {
			if err := name.check(checkVariable); err != nil {
				return err
			}
		}
	}
	return c.Undeclared.check(checkUndeclared)
}

// checkTypeName returns an error unless name is a built-in type, or one of types:.
func (c *Config) checkTypeName(name string) error {
	if _, ok := schema.Builtin(name); ok {
		return nil
	}
	known := schema.BuiltinNames()
	for _, t := range c.Types {
		if t.Key.Value == name {
			return nil
		}
		known = append(known, t.Key.Value)
	}
	hint := "declare it below types:, or use a built-in one: " + strings.Join(schema.BuiltinNames(), ", ")
	if near := Nearest(name, known); near != "" {
		hint = "did you mean " + near + "?"
	}
	return sources.Hint(fmt.Errorf("there is no type %.40q", name), hint)
}

// checkDelivery returns an error if as:, path: and on-change: cannot be meant together.
func (d Declaration) checkDelivery() error {
	if err := d.As.check(checkForm); err != nil {
		return err
	}
	switch {
	case d.Path.Pos != (Pos{}) && d.Form() != inject.AsFile:
		return d.Path.Pos.wrap(sources.Hint(errors.New("a path is for a secret that is delivered as a file"), "add as: file"))
	case d.Path.Pos != (Pos{}) && d.Path.Value == "":
		return d.Path.Pos.wrap(sources.Hint(errors.New("the path is empty"), "remove the key to have the file in a private folder"))
	case d.Form() == inject.AsDescriptor && strings.HasPrefix(d.OnChange.Value, "signal:"):
		return d.OnChange.Pos.wrap(sources.Hint(errors.New("a descriptor cannot change while the command runs, so a signal would tell it nothing"),
			"use as: file, or on-change: restart"))
	}
	return nil
}

func checkForm(s string) error {
	_, err := inject.ParseForm(s)
	return err
}

func checkReaction(s string) error {
	_, err := inject.ParseReaction(s)
	return err
}

func checkUndeclared(s string) error {
	switch s {
	case "ignore", "warn", "error":
		return nil
	}
	return sources.Hint(fmt.Errorf("undeclared cannot be %.40q", s), "it is ignore, warn or error")
}

// A Flag is true or false.
type Flag bool

func (f *Flag) decode(d *document, path string, n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		return d.pos(n).wrap(fmt.Errorf("%s must be true or false, not %s", path, describe(n)))
	}
	return n.Decode((*bool)(f))
}

// A Switch is on unless it is set to false.
type Switch struct{ Off bool }

func (s *Switch) decode(d *document, path string, n *yaml.Node) error {
	var on Flag
	err := d.value(path, n, &on)
	s.Off = !bool(on)
	return err
}

// A List is a list of strings.
type List []Text

func (l *List) decode(d *document, path string, n *yaml.Node) error {
	if n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return d.pos(n).wrap(fmt.Errorf("%s must be a list, not %s", path, describe(n)))
	}
	for i, item := range n.Content {
		var text Text
		if err := d.value(fmt.Sprintf("%s[%d]", path, i), item, &text); err != nil {
			return err
		}
		*l = append(*l, text)
	}
	return nil
}
