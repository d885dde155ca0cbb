package main

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/sources"
)

// scopeFlags choose what a secret holds for.
type scopeFlags struct {
	fallback bool
	types    []string
	shared   bool
}

func (f *scopeFlags) register(flags *pflag.FlagSet) {
	flags.BoolVar(&f.fallback, "fallback", false, "for every stage that sets none of its own")
	flags.StringSliceVar(&f.types, "type", nil, "for stages of this type: production (prod), preview (pr), development (dev), local")
	flags.BoolVar(&f.shared, "shared", false, "for every app")
}

// openScopes opens the project and the scopes that the flags choose: one, or
// one for each of several types.
func (a *app) openScopes(cmd *cobra.Command, pf *projectFlags, f *scopeFlags) (*project, []sources.Scope, error) {
	// A stage that comes from ASIDE_STAGE is where the user is, not what is meant.
	stageGiven := cmd.Flags().Changed("stage") && a.getenv("ASIDE_STAGE") != pf.stage
	switch {
	case cmd.Flags().Changed("type") && len(f.types) == 0: // as from a variable that is empty
		return nil, nil, usagef("--type names no type")
	case f.fallback && stageGiven:
		return nil, nil, usagef("--stage and --fallback exclude each other")
	case len(f.types) > 0 && stageGiven:
		return nil, nil, usagef("--stage and --type exclude each other")
	case f.fallback && len(f.types) > 0:
		return nil, nil, usagef("--fallback and --type exclude each other")
	}
	var scopes []sources.Scope
	for _, name := range f.types {
		t, err := config.ParseType(name)
		if err != nil {
			return nil, nil, usageError{err}
		}
		if scope := sources.TypeScope(string(t)); !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	p, err := a.open(pf)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case f.fallback:
		scopes = []sources.Scope{sources.FallbackScope()}
	case len(scopes) == 0:
		scopes = []sources.Scope{sources.StageScope(p.stage)}
	}
	for i := range scopes {
		scopes[i].Shared = f.shared
	}
	return p, scopes, nil
}

// openScope is openScopes for commands that are about one scope.
func (a *app) openScope(cmd *cobra.Command, pf *projectFlags, f *scopeFlags) (*project, sources.Scope, error) {
	if len(f.types) > 1 {
		return nil, sources.Scope{}, usagef("%s takes one type", cmd.CommandPath())
	}
	p, scopes, err := a.openScopes(cmd, pf, f)
	if err != nil {
		return nil, sources.Scope{}, err
	}
	return p, scopes[0], nil
}

// set stores secrets in one scope, or in several that belong together.
func (p *project) set(ctx context.Context, scopes []sources.Scope, secrets map[string]sources.Secret) error {
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		if err := p.checkDeclared(name, secrets[name]); err != nil {
			return err
		}
	}
	if group, ok := p.store.(sources.GroupStore); ok && len(scopes) > 1 {
		return group.SetGroup(ctx, scopes, secrets)
	}
	for _, scope := range scopes {
		if err := p.store.Set(ctx, scope, secrets); err != nil {
			return err
		}
	}
	return nil
}

// checkDeclared returns an error if a value is not what aside.yaml says of the secret.
func (p *project) checkDeclared(name string, value sources.Secret) error {
	if err := p.checkType(name, value); err != nil {
		return err
	}
	if d, _ := p.config.Declaration(name); bool(d.Flatten) {
		_, err := flattened(sources.Value{Name: d.Variable(name), Secret: value})
		return err
	}
	return nil
}

// remove deletes a secret from one scope, or from several that belong together.
func (p *project) remove(ctx context.Context, scopes []sources.Scope, name string) error {
	if group, ok := p.store.(sources.GroupStore); ok && len(scopes) > 1 {
		return group.RemoveGroup(ctx, scopes, name)
	}
	for _, scope := range scopes {
		if err := p.store.Remove(ctx, scope, name); err != nil {
			return err
		}
	}
	return nil
}

// describe names scopes for people.
func describe(scopes []sources.Scope) string {
	var all []string
	for _, s := range scopes {
		all = append(all, s.String())
	}
	return strings.Join(all, ", ")
}

// heading names a scope in a listing.
func (p *project) heading(scope sources.Scope) string {
	if scope.Layer == sources.Stage && !scope.Shared {
		return p.name + "/" + scope.Name
	}
	return scope.String()
}
