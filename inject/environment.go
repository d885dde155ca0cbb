// Package inject makes the environment of a command out of everything that
// defines a variable, and runs the command with it.
//
// [Merge] puts the values of all sources in order, expands those of .env files
// and keeps where each came from. A [Supervisor] runs the command, and starts it
// anew when its environment changes; or it replaces the program by the command.
package inject

import (
	"maps"
	"slices"

	"github.com/aside-cli/aside/sources"
)

// A Variable is one name of an Environment and where its value comes from.
type Variable struct {
	Name   string
	Secret sources.Secret
	Origin sources.Origin

	// From names the variables that the value was expanded from.
	From []string

	// Shadowed holds the definitions that this one hides, highest first.
	Shadowed []sources.Value

	// Repeats names the variables that this one says again in another form: see
	// [Environment.With] and [Diff].
	Repeats []string
}

// An Environment is what a command gets to see. It is immutable: a change is
// another Environment, and a [Diff] of the two.
type Environment struct {
	vars map[string]*Variable
}

// Lookup returns the value of name, and whether it is set.
func (e *Environment) Lookup(name string) (sources.Secret, bool) {
	if v, ok := find(e.vars, name, caselessNames); ok {
		return v.Secret, true
	}
	return sources.Secret{}, false
}

// Variable returns the variable called name with its provenance, and whether it is set.
func (e *Environment) Variable(name string) (Variable, bool) {
	v, ok := find(e.vars, name, caselessNames)
	if !ok {
		return Variable{}, false
	}
	found := *v
	found.From, found.Shadowed, found.Repeats = slices.Clone(v.From), slices.Clone(v.Shadowed), slices.Clone(v.Repeats)
	return found, true
}

// find returns the variable that the system takes for the one called name.
func find(vars map[string]*Variable, name string, caseless bool) (*Variable, bool) {
	v, ok := vars[name]
	if ok || !caseless {
		return v, ok
	}
	for known, v := range vars {
		if nameKey(known, caseless) == nameKey(name, caseless) {
			return v, true
		}
	}
	return nil, false
}

// With returns an environment that has more variables, whose values are taken to
// the letter. One that e has already stays as it is, unless its layer is a lower one.
func (e *Environment) With(more ...Variable) *Environment {
	return e.with(more, caselessNames)
}

func (e *Environment) with(more []Variable, caseless bool) *Environment {
	vars := maps.Clone(e.vars)
	if vars == nil {
		vars = map[string]*Variable{}
	}
	for _, v := range more {
		old, ok := find(vars, v.Name, caseless)
		if ok && old.Origin.Layer <= v.Origin.Layer {
			continue
		}
		if ok {
			delete(vars, old.Name)
		}
		vars[v.Name] = &v
	}
	return &Environment{vars}
}

// Names returns every name, sorted.
func (e *Environment) Names() []string {
	return slices.Sorted(maps.Keys(e.vars))
}

// Len returns the number of variables.
func (e *Environment) Len() int { return len(e.vars) }

// Environ returns the environment as NAME=value strings, sorted by name: the
// values are in the open from here on.
func (e *Environment) Environ() []string {
	environ := make([]string, 0, len(e.vars))
	for _, name := range e.Names() {
		environ = append(environ, name+"="+e.vars[name].Secret.Reveal())
	}
	return environ
}
