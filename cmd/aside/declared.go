package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/cmd/internal/schema"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

// declared makes of stored secrets what aside.yaml says of them: it leaves out
// those that the command is not to get, checks the others against their types,
// and gives them the names of their variables. Those that are left are noted in
// given. What environ sets is not checked: it hides the stored value.
func (p *project) declared(selected selection, given *given, environ []string) func(sources.Reading) (sources.Reading, error) {
	set := map[string]bool{}
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		set[name] = true
	}
	return func(r sources.Reading) (sources.Reading, error) {
		variables := map[string]string{}
		out := sources.Reading{Warnings: r.Warnings}
		seen := map[string]bool{}
		var undeclared []string
		for _, v := range r.Values {
			stored := v.Name
			d, known := p.config.Declaration(stored)
			v.Name = d.Variable(stored)
			parameter := v.Origin.Layer == sources.Parameter // of sst-v2: no secret
			if !parameter && !selected(stored, v.Name) {
				continue
			}
			winner := !seen[stored]
			seen[stored] = true
			if !known && winner && !parameter {
				undeclared = append(undeclared, stored)
				if p.config.Undeclared.Value == "ignore" {
					continue
				}
			}
			// What another value shadows does no harm, whatever it is.
			counts := winner && !set[v.Name]
			if counts {
				if err := p.checkType(stored, v.Secret); err != nil {
					return sources.Reading{}, fmt.Errorf("%s: %w", v.Origin, err)
				}
			}
			out.Values = append(out.Values, v)
			if !parameter {
				variables[stored] = v.Name
			}
			if bool(d.Flatten) {
				parts, err := flattened(v)
				if err != nil && counts {
					return sources.Reading{}, fmt.Errorf("%s: %w", v.Origin, err)
				}
				out.Values = append(out.Values, parts...)
			}
		}
		slices.Sort(undeclared)
		given.note(variables)
		out.Warnings = append(slices.Clone(out.Warnings), twice(variables)...)
		return p.judge(out, undeclared)
	}
}

// twice says which secrets are stored beside one that is called like their
// variable: it gets one value of the two.
func twice(variables map[string]string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if other := variables[name]; other != name && variables[other] == other {
			all = append(all, fmt.Sprintf("%s and %s are both stored, and both become the variable %[2]s: remove one, with aside secret remove", name, other))
		}
	}
	return all
}

// given are the secrets that a source gave when it was last read: the names of
// their variables by those that they are kept under.
type given struct {
	mu        sync.Mutex
	variables map[string]string
}

func (g *given) note(variables map[string]string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.variables = variables
}

// names returns the map, which nobody changes.
func (g *given) names() map[string]string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.variables
}

// judge does with undeclared secrets what aside.yaml says.
func (p *project) judge(r sources.Reading, undeclared []string) (sources.Reading, error) {
	if len(undeclared) == 0 {
		return r, nil
	}
	what := fmt.Sprintf("not declared in %s: %s", config.Name, strings.Join(undeclared, ", "))
	switch p.config.Undeclared.Value {
	case "error":
		return sources.Reading{}, sources.Hint(fmt.Errorf("stored secrets are %s", what), "declare them below secrets:, or remove them from the store")
	case "warn":
		r.Warnings = append(slices.Clone(r.Warnings), "stored secrets are "+what)
	}
	return r, nil
}

func flattened(v sources.Value) ([]sources.Value, error) {
	parts, err := schema.Flatten(v.Name, v.Secret)
	if err != nil {
		return nil, err
	}
	var values []sources.Value
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		values = append(values, sources.Value{Name: name, Secret: parts[name], Origin: v.Origin})
	}
	return values, nil
}

// parts are the variables that flattened secrets were taken apart to, with the
// names of these secrets.
func (p *project) parts(env *inject.Environment) map[string]string {
	parts := map[string]string{}
	for _, s := range p.config.Secrets {
		name := s.Value.Variable(s.Key.Value)
		whole, ok := env.Variable(name)
		if !ok || !bool(s.Value.Flatten) || whole.Origin.Layer == sources.Env { // which is not taken apart
			continue
		}
		members, _ := schema.Flatten(name, whole.Secret) // it was flattened to make env
		for member := range members {
			if part, ok := env.Variable(member); ok && part.Origin == whole.Origin {
				parts[member] = s.Key.Value
			}
		}
	}
	return parts
}

// checkType returns an error if the secret called name is of a type, and value is not.
func (p *project) checkType(name string, value sources.Secret) error {
	d, _ := p.config.Declaration(name)
	if d.Type.Value == "" {
		return nil
	}
	t, err := p.valueType(d.Type)
	if err != nil {
		return err
	}
	return t.Check(name, value)
}

// valueType returns the type that aside.yaml calls so. Schemas are read once.
func (p *project) valueType(name config.Text) (schema.Type, error) {
	p.types.mu.Lock()
	defer p.types.mu.Unlock()
	if t, ok := p.types.known[name.Value]; ok {
		return t, nil
	}
	t, _ := schema.Builtin(name.Value) // aside.yaml was refused if it names neither that nor one of these
	for _, own := range p.config.Types {
		if own.Key.Value == name.Value {
			var err error
			if t, err = schema.Load(p.config.Root, own.Value.Schema.Value); err != nil {
				return nil, own.Value.Schema.Errorf("%w", err)
			}
		}
	}
	if p.types.known == nil {
		p.types.known = map[string]schema.Type{}
	}
	p.types.known[name.Value] = t
	return t, nil
}

// A typeCache holds the types that were needed. Sources are read at once, so
// several may need one.
type typeCache struct {
	mu    sync.Mutex
	known map[string]schema.Type
}

// missingError names all that is missing at once, with the command that sets each.
func (p *project) missingError(names []string) error {
	var commands []string
	for _, name := range names {
		commands = append(commands, fmt.Sprintf("aside secret set %s --stage %s", name, p.stage))
	}
	return sources.Hint(fmt.Errorf("the following secrets were not found: %s", strings.Join(names, ", ")),
		"set them: "+strings.Join(commands, "; "))
}
