package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

func (f *runFlags) registerDelivery(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.as, "as", nil, "deliver a variable in a file, named by NAME_FILE: NAME=file, NAME=fd (Linux) or NAME=env (…,…)")
}

// deliveries say how variables reach a command: as aside.yaml says, and as --as
// does, which wins. A path in aside.yaml counts wherever a file is delivered.
func (p *project) deliveries(as []string) (inject.Deliveries, error) {
	all := inject.Deliveries{}
	paths := map[string]string{}
	for _, s := range p.config.Secrets {
		name := s.Value.Variable(s.Key.Value)
		if path := s.Value.Path.Value; path != "" {
			if !filepath.IsAbs(path) {
				path = filepath.Join(p.config.Root, path)
			}
			paths[name] = filepath.Clean(path)
		}
		if form := s.Value.Form(); form != inject.AsVariable {
			all[name] = inject.Delivery{Form: form}
		}
	}
	for _, text := range as {
		name, word, ok := strings.Cut(text, "=")
		if !ok || sources.CheckName(name) != nil {
			return nil, sources.Hint(usagef("--as does not take %q", text), "it takes NAME=env, NAME=file or NAME=fd")
		}
		form, err := inject.ParseForm(word)
		if err != nil {
			return nil, usageError{err}
		}
		all[p.variable(name)] = inject.Delivery{Form: form}
	}
	for name, d := range all {
		if d.Form == inject.AsFile {
			all[name] = inject.Delivery{Form: d.Form, Path: paths[name]}
		}
	}
	return all, nil
}

// noteUnset tells of names after --as that nothing sets: they may be misspelt.
func (p *project) noteUnset(as []string, env *inject.Environment) {
	for _, text := range as {
		name, _, _ := strings.Cut(text, "=")
		name = p.variable(name)
		_, set := env.Lookup(name)
		if _, given := env.Lookup(inject.FileVariable(name)); !set && !given {
			p.note("warning: --as %s: nothing sets %s", text, name)
		}
	}
}

// deliveredName is the name of the variable that a command finds a declared
// secret by.
func deliveredName(s config.Entry[config.Declaration]) string {
	name := s.Value.Variable(s.Key.Value)
	if s.Value.Form() != inject.AsVariable {
		return inject.FileVariable(name)
	}
	return name
}
