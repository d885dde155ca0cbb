package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

// A selection tells whether a command gets a secret.
type selection func(stored, variable string) bool

// selection says which stored secrets a command gets: those of its link, as
// --only and --except narrow them. Both the stored name and that of the
// variable count.
func (p *project) selection(l layers) (selection, error) {
	for _, glob := range slices.Concat(l.only, l.except) {
		if _, err := filepath.Match(glob, ""); err != nil {
			return nil, usagef("%q is no glob: *, ? and [a-z] are known", glob)
		}
	}
	matches := func(globs []string, names ...string) bool {
		return slices.ContainsFunc(globs, func(glob string) bool {
			return slices.ContainsFunc(names, func(name string) bool {
				ok, _ := filepath.Match(glob, name)
				return ok
			})
		})
	}
	link, err := p.link(l.link)
	if err != nil {
		return nil, err
	}
	return func(stored, variable string) bool {
		return (l.link == "" || slices.Contains(link, stored)) &&
			(len(l.only) == 0 || matches(l.only, stored, variable)) &&
			!matches(l.except, stored, variable)
	}, nil
}

// link returns the names that the link called name gives; none for no link.
func (p *project) link(name string) ([]string, error) {
	if name == "" {
		return nil, nil
	}
	list, ok := p.config.Link(name)
	if !ok {
		var known []string
		for _, l := range p.config.Links {
			known = append(known, l.Key.Value)
		}
		hint := "links: in " + config.Name + " names none"
		if len(known) > 0 {
			hint = "one of " + strings.Join(known, ", ")
		}
		return nil, sources.Hint(usagef("there is no link %q", name), hint)
	}
	return texts(list), nil
}

// missing returns the required secrets that no layer sets, of those that the
// command is to get.
func (p *project) missing(env *inject.Environment, l layers) []string {
	var names []string
	selected, err := p.selection(l)
	if err != nil {
		return nil // the resolver was refused for it
	}
	for _, s := range p.config.Secrets {
		variable := s.Value.Variable(s.Key.Value)
		if !bool(s.Value.Required) || !selected(s.Key.Value, variable) {
			continue
		}
		_, set := env.Lookup(variable)
		if _, inFile := env.Lookup(deliveredName(s)); !set && !inFile {
			names = append(names, s.Key.Value)
		}
	}
	return names
}
