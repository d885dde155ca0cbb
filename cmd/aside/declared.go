package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/cmd/internal/schema"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/override"
)

// declared makes of what overrides and the store hold, in that order, what
// aside.yaml says of it: it leaves out the secrets that the command is not to get,
// checks the others against their types, and gives them the names of their
// variables. Those that are left are noted in given. What environment sets hides
// the rest, so that is not checked.
func (p *project) declared(environment sources.Reading, secrets []sources.Reading, selected selection) ([]sources.Reading, error) {
	d := declaring{p, selected, map[string]bool{}, map[string]bool{}}
	for _, v := range environment.Values {
		d.hidden[v.Name] = true
	}
	given := map[string]string{}
	var all []sources.Reading
	for _, r := range secrets {
		out, variables, err := d.reading(r)
		if err != nil {
			return nil, err
		}
		maps.Copy(given, variables)
		all = append(all, out)
	}
	p.given.note(given)
	return all, nil
}

// A declaring is one walk over all secrets, from the highest layer down.
type declaring struct {
	*project
	selected selection
	hidden   map[string]bool // variables that the environment sets
	seen     map[string]bool // those that had a value already
}

// reading returns what is left of r, and the names of the variables of its secrets.
func (d declaring) reading(r sources.Reading) (sources.Reading, map[string]string, error) {
	variables := map[string]string{}
	out := sources.Reading{Warnings: slices.Clone(r.Warnings)}
	var undeclared []string
	for _, v := range r.Values {
		secret := v.Origin.Layer != sources.Parameter // as of sst-v2
		declaration, known := d.config.Declaration(v.Name)
		variable := declaration.Variable(v.Name)
		if secret && !d.selected(v.Name, variable) {
			continue
		}
		if secret && !known {
			undeclared = append(undeclared, v.Name)
			if d.config.Undeclared.Value == "ignore" {
				continue
			}
		}
		if secret {
			variables[v.Name] = variable
		}
		values, err := d.value(v, declaration)
		if err != nil {
			return out, nil, fmt.Errorf("%s: %w", v.Origin, err)
		}
		out.Values = append(out.Values, values...)
	}
	where := location{"the store", "stored secrets", "stored", ", with aside secret remove"}
	if len(out.Values) > 0 && out.Values[0].Origin.Layer == sources.Override {
		where = location{override.Name, "secrets in " + override.Name, "in " + override.Name, ""}
	}
	out.Warnings = append(out.Warnings, where.twice(variables)...)
	warnings, err := d.judge(undeclared, where)
	out.Warnings = append(out.Warnings, warnings...)
	return out, variables, err
}

// value returns what becomes of v: the variable, and its parts where it is
// flattened and wins, since the parts of two objects are no whole. What another
// value shadows does no harm, whatever it is.
func (d declaring) value(v sources.Value, declaration config.Declaration) ([]sources.Value, error) {
	stored := v.Name
	v.Name = declaration.Variable(stored)
	wins := !d.seen[v.Name]
	d.seen[v.Name] = true
	counts := wins && !d.hidden[v.Name]
	if counts {
		if err := d.checkType(stored, v.Secret); err != nil {
			return nil, err
		}
	}
	if !wins || !bool(declaration.Flatten) {
		return []sources.Value{v}, nil
	}
	parts, err := flattened(v)
	if err != nil && counts {
		return nil, err
	}
	return append([]sources.Value{v}, parts...), nil
}

// A location is where secrets lie, in words for messages.
type location struct{ name, secrets, lie, remove string }

// twice says which secrets lie beside one that is called like their variable: it
// gets one value of the two.
func (w location) twice(variables map[string]string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if other := variables[name]; other != name && variables[other] == other {
			all = append(all, fmt.Sprintf("%s and %s are both %s, and both become the variable %[2]s: remove one%[4]s", name, other, w.lie, w.remove))
		}
	}
	return all
}

// given are the secrets that the layers gave when they were last read: the names
// of their variables by those that they are kept under.
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

// judge says of undeclared secrets what aside.yaml wants to have said.
func (p *project) judge(undeclared []string, where location) ([]string, error) {
	if len(undeclared) == 0 {
		return nil, nil
	}
	slices.Sort(undeclared)
	what := fmt.Sprintf("%s are not declared in %s: %s", where.secrets, config.Name, strings.Join(slices.Compact(undeclared), ", "))
	switch p.config.Undeclared.Value {
	case "error":
		return nil, sources.Hint(errors.New(what), "declare them below secrets:, or remove them from "+where.name)
	case "warn":
		return []string{what}, nil
	}
	return nil, nil
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

// howToSet says how a secret comes into the store.
func (p *project) howToSet(name string) string {
	if p.config.StoreFor(p.stage).Value == "exec" {
		return "in what the command of store: in " + config.Name + " reads"
	}
	return fmt.Sprintf("aside secret set %s --stage %s", name, p.stage)
}

// missingError names all that is missing at once, with the command that sets each.
func (p *project) missingError(names []string) error {
	var set []string
	for _, name := range names {
		set = append(set, p.howToSet(name))
	}
	return sources.Hint(fmt.Errorf("the following secrets were not found: %s", strings.Join(names, ", ")),
		"set them: "+strings.Join(slices.Compact(set), "; "))
}
