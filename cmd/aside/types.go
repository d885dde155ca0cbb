package main

import (
	"bytes"
	"context"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/cmd/internal/typegen"
	"github.com/aside-cli/aside/sources"
)

// typesFlags are the flags of types.
type typesFlags struct {
	typegen.Options
	lang, sdk, output string
	declared          bool
}

func (a *app) typesCommand(pf *projectFlags) *cobra.Command {
	var f typesFlags
	cmd := &cobra.Command{
		Use:   "types",
		Short: "print the types of the environment, for an editor to complete",
		Long: `Print the types of the environment: of what aside.yaml declares, of its
parameters, and of the secrets that are stored for the stage. Values are never
in it.

  ts           process.env, and Resource of SST's SDK where the project uses it
  go           a struct, and a function that reads the environment into it
  python       a TypedDict, and a function that reads the environment into it
  json-schema  a JSON Schema (draft 2020-12) of the environment

What is required in aside.yaml is not optional.`,
		Example: `  aside types --lang ts --output env.d.ts
  aside types --lang go --package env --output internal/env/env.go
  aside types --lang json-schema --declared`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(typegen.Languages(), f.lang) {
				return sources.Hint(usagef("there is no language %q", f.lang), "one of "+strings.Join(typegen.Languages(), ", "))
			}
			if err := checkSDK(f.sdk); err != nil {
				return err
			}
			if err := typegen.CheckPackage(f.Package); err != nil {
				return usageError{err}
			}
			return a.types(cmd.Context(), pf, &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.lang, "lang", "ts", "the language: "+strings.Join(typegen.Languages(), ", "))
	flags.StringVar(&f.output, "output", "", "write this file instead of standard output")
	flags.StringVar(&f.Package, "package", "env", "go: the name of the package")
	flags.StringVar(&f.sdk, "sdk", "", "ts: sst adds Resource of SST's SDK (the default beside an sst.config.ts)")
	flags.BoolVar(&f.declared, "declared", false, "only what aside.yaml says: no store is read")
	return cmd
}

func (a *app) types(ctx context.Context, pf *projectFlags, f *typesFlags) error {
	p, err := a.open(pf)
	if err != nil {
		return err
	}
	vars, err := p.declaredVariables()
	if err != nil {
		return err
	}
	if !f.declared {
		stored, err := p.storedVariables(ctx)
		if err != nil {
			return err
		}
		vars = append(vars, stored...)
	}
	f.SST = f.sdk == "sst" || f.sdk == "" && p.usesSST()
	text, err := typegen.Generate(f.lang, vars, f.Options)
	if err != nil {
		return err
	}
	if f.output == "" {
		_, err = a.stdout.Write(text)
		return err
	}
	f.output = pf.path(f.output)
	if special(f.output) {
		if err := writeInto(f.output, text); err != nil {
			return unwritable(f.output, err)
		}
		return nil
	}
	// A file that stays as it is wakes nobody who watches it.
	if old, err := os.ReadFile(f.output); err == nil && bytes.Equal(old, text) {
		p.note("%s is up to date", f.output)
		return nil
	}
	if err := os.WriteFile(f.output, text, 0o644); err != nil {
		return unwritable(f.output, err)
	}
	p.note("wrote %s", f.output)
	return nil
}

// usesSST reports whether the project is one of SST v3 or v4.
func (p *project) usesSST() bool {
	store := p.config.StoreFor(p.stage).Value
	_, _, ok := p.sstConfig()
	return ok || store == "sst" || store == "sst-local"
}

// declaredVariables are those that aside.yaml names: its secrets and its parameters.
func (p *project) declaredVariables() ([]typegen.Variable, error) {
	var vars []typegen.Variable
	always := map[string]bool{}
	for _, e := range p.config.Parameters {
		always[e.Key.Value] = true
	}
	for _, s := range p.config.Secrets {
		name, d := s.Value.Variable(s.Key.Value), s.Value
		typ, err := p.builtinType(d.Type)
		if err != nil {
			return nil, err
		}
		delivered, required := deliveredName(s), bool(d.Required) || always[name]
		if delivered != name {
			typ = ""             // of the path
			delete(always, name) // the command gets the path alone
		}
		vars = append(vars, typegen.Variable{
			Name: delivered, Secret: s.Key.Value, Type: typ, Description: d.Description.Value, Required: required,
		})
	}
	for _, name := range slices.Sorted(maps.Keys(always)) {
		vars = append(vars, typegen.Variable{Name: name, Required: true})
	}
	return vars, nil
}

// builtinType returns the name of a built-in type, "" for one that is the
// project's own, and an error for one that is none.
func (p *project) builtinType(typ config.Text) (string, error) {
	if typ.Value == "" {
		return "", nil
	}
	if _, err := p.valueType(typ); err != nil {
		return "", err
	}
	for _, own := range p.config.Types {
		if own.Key.Value == typ.Value {
			return "", nil
		}
	}
	return typ.Value, nil
}

// storedVariables are those that the store adds to what is declared: secrets
// that are not, and the members of those that are flattened.
func (p *project) storedVariables(ctx context.Context) ([]typegen.Variable, error) {
	values, err := p.storedValues(ctx, layers{readOnly: true})
	if err != nil {
		return nil, sources.Hint(err, "to do without the store: aside types --declared")
	}
	var vars []typegen.Variable
	for _, stored := range slices.Sorted(maps.Keys(values)) {
		d, known := p.config.Declaration(stored)
		if !known && p.config.Undeclared.Value != "ignore" {
			vars = append(vars, typegen.Variable{Name: stored, Secret: stored})
		}
		if !d.Flatten {
			continue
		}
		v := values[stored]
		v.Name = d.Variable(stored)
		parts, err := flattened(v)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			vars = append(vars, typegen.Variable{Name: part.Name})
		}
	}
	return vars, nil
}
