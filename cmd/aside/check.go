package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

// A finding is one thing that check has to say about a secret.
type finding struct {
	Code    string `json:"code"`
	Level   string `json:"level"` // error or warning
	Name    string `json:"name"`
	Message string `json:"message"`
}

// codes are the findings that check knows, with what each means.
var codes = [...][2]string{
	{"missing", "a required secret is set nowhere"},
	{"invalid", "a value is not of its declared type"},
	{"empty", "a declared secret is the empty string"},
	{"unlinked", "a secret that no link uses"},
	{"undeclared", "a stored secret that aside.yaml does not declare"},
	{"fallback", "in production: a value that comes from a fallback"},
	{"dotenv", "in production: a value that comes from a .env file"},
	{"shell", "in production: a value that comes from the environment, over a stored one"},
	{"reused", "in production: a value that another stage has too"},
}

func (a *app) checkCommand(pf *projectFlags) *cobra.Command {
	var l layers
	var allow []string
	var asJSON bool
	var help strings.Builder
	for _, c := range codes {
		fmt.Fprintf(&help, "  %-11s %s\n", c[0], c[1])
	}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "check that all declared secrets are there, valid and safe for the stage",
		Long: `Check that all declared secrets are there, valid and safe for the stage. It
prints a line for each finding, with its code, and exits with 1 where one is an
error. Codes:

` + strings.TrimRight(help.String(), "\n"),
		Example: `  aside check --stage production
  aside check --stage production --allow fallback,unlinked`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, code := range allow {
				if !slices.ContainsFunc(codes[:], func(c [2]string) bool { return c[0] == code }) {
					return sources.Hint(usagef("--allow: there is no code %q", code), "see aside check --help")
				}
			}
			p, err := a.open(pf)
			if err != nil {
				return err
			}
			found, err := p.check(cmd.Context(), l, !slices.Contains(allow, "reused"))
			if err != nil {
				return err
			}
			found = slices.DeleteFunc(found, func(f finding) bool { return slices.Contains(allow, f.Code) })
			return a.report(found, asJSON)
		},
	}
	l.register(cmd.Flags())
	cmd.Flags().StringSliceVar(&allow, "allow", nil, "findings that are no concern (CODE,…)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (a *app) report(found []finding, asJSON bool) error {
	slices.SortStableFunc(found, func(x, y finding) int {
		return cmp.Or(strings.Compare(x.Level, y.Level), strings.Compare(x.Code, y.Code), strings.Compare(x.Name, y.Name))
	})
	errors := 0
	for _, f := range found {
		if f.Level == "error" {
			errors++
		}
		if !asJSON {
			fmt.Fprintf(a.stdout, "%s: %s: %s: %s\n", f.Level, f.Code, f.Name, f.Message)
		}
	}
	if asJSON {
		if err := writeJSON(a.stdout, append([]finding{}, found...)); err != nil {
			return err
		}
	}
	if errors > 0 {
		return fmt.Errorf("check found %s", count(errors, "error"))
	}
	return nil
}

// check looks at everything that the stage's commands would get, and for reuse
// at other stages.
func (p *project) check(ctx context.Context, l layers, reuse bool) ([]finding, error) {
	stored, err := p.storedValues(ctx, l)
	if err != nil {
		return nil, err
	}
	var found []finding
	add := func(level, code, name, format string, args ...any) {
		found = append(found, finding{code, level, name, fmt.Sprintf(format, args...)})
	}
	for _, name := range slices.Sorted(maps.Keys(stored)) {
		if err := p.checkDeclared(name, stored[name].Secret); err != nil {
			add("error", "invalid", name, "%s", err)
		}
		if stored[name].Origin.Layer == sources.Parameter {
			continue // of sst-v2, where they are no secrets
		}
		if _, ok := p.config.Declaration(name); !ok && len(p.config.Secrets) > 0 && p.config.Undeclared.Value != "ignore" {
			level := "warning"
			if p.config.Undeclared.Value == "error" {
				level = "error"
			}
			add(level, "undeclared", name, "%s does not declare it", config.Name)
		}
		if len(p.config.Links) > 0 && len(p.linksOf(name)) == 0 {
			add("warning", "unlinked", name, "no link uses it")
		}
	}
	// What is invalid was found above, one by one; here it would end the reading.
	env, err := p.lenient().environment(ctx, l)
	if err != nil {
		return nil, err
	}
	for _, name := range p.missing(env, l) {
		add("error", "missing", name, "set it: %s", p.howToSet(name))
	}
	for _, s := range p.config.Secrets {
		v, ok := env.Variable(s.Value.Variable(s.Key.Value))
		switch {
		case !ok:
		case v.Secret.Len() == 0:
			level := "warning"
			if s.Value.Required {
				level = "error"
			}
			add(level, "empty", s.Key.Value, "it is set to the empty string")
		case !v.Origin.Layer.Stored(): // those were looked at above
			if err := p.checkDeclared(s.Key.Value, v.Secret); err != nil {
				add("error", "invalid", s.Key.Value, "%s (%s)", err, v.Origin)
			}
		}
	}
	if p.stageType() != config.Production {
		return found, nil
	}
	p.checkOrigins(env, stored, add)
	if reuse {
		err = p.checkReuse(ctx, l, stored, add)
	}
	return found, err
}

// lenient is the project without the types of its secrets.
func (p *project) lenient() *project {
	c := *p.config
	c.Secrets = slices.Clone(c.Secrets)
	for i := range c.Secrets {
		c.Secrets[i].Value.Type = config.Text{}
		c.Secrets[i].Value.Flatten = false
	}
	c.Undeclared = config.Text{}
	q := *p
	q.config = &c
	return &q
}

// environment is what a command would get, whether or not something is missing.
func (p *project) environment(ctx context.Context, l layers) (*inject.Environment, error) {
	r, err := p.resolver(l)
	if err != nil {
		return nil, err
	}
	env, _, err := r.Resolve(ctx)
	return env, err
}

// checkOrigins finds secrets that production gets from where it should not:
// those that are declared, and those that some scope stores.
func (p *project) checkOrigins(env *inject.Environment, stored map[string]sources.Value, add func(level, code, name, format string, args ...any)) {
	names := map[string]bool{}
	for _, s := range p.config.Secrets {
		names[s.Key.Value] = true
	}
	for name := range stored {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		d, _ := p.config.Declaration(name)
		v, ok := env.Variable(d.Variable(name))
		if !ok {
			continue
		}
		switch v.Origin.Layer {
		case sources.Fallback:
			add("error", "fallback", name, "it has no value of its own in %s", p.stage)
		case sources.DotEnv:
			add("error", "dotenv", name, "it comes from %s", v.Origin)
		case sources.Env:
			if _, ok := stored[name]; ok {
				add("error", "shell", name, "the environment sets it, over the stored value")
			}
		}
	}
}

// checkReuse finds values that another stage, of those that otherStages knows, has too.
func (p *project) checkReuse(ctx context.Context, l layers, stored map[string]sources.Value, add func(level, code, name, format string, args ...any)) error {
	for _, stage := range p.otherStages() {
		flags := *p.flags
		flags.stage = stage
		other, err := p.app.open(&flags)
		if err != nil {
			return err
		}
		values, err := other.storedValues(ctx, layers{offline: l.offline, readOnly: true})
		if err != nil {
			// Whoever checks one stage may well not be allowed to read another.
			return sources.Hint(fmt.Errorf("compare with stage %s: %w", stage, err),
				strings.TrimPrefix(sources.HintOf(err)+"; or leave the other stages out with --allow reused", "; or "))
		}
		for _, v := range values {
			own, ok := stored[v.Name]
			if ok && apart(own, v) && own.Secret.Len() > 0 && own.Secret.Equal(v.Secret) {
				add("error", "reused", v.Name, "stage %s has the same value", stage)
			}
		}
	}
	return nil
}

// apart reports whether two values, of stages of different types, were set each for
// its own: neither is a fallback, and they were not set for both types at once.
func apart(v, other sources.Value) bool {
	for _, layer := range []sources.Layer{v.Origin.Layer, other.Origin.Layer} {
		if layer != sources.Stage && layer != sources.Type {
			return false
		}
	}
	return len(v.Group) == 0 || !slices.Equal(v.Group, other.Group)
}

// otherStages are the stages that are known by name and are not production.
func (p *project) otherStages() []string {
	stages := []string{"dev"}
	if s := p.config.Stage.Value; s != "" {
		stages = append(stages, s)
	}
	for _, s := range p.config.Stages {
		if config.CheckStage(s.Key.Value) == nil {
			stages = append(stages, s.Key.Value)
		}
	}
	slices.Sort(stages)
	return slices.DeleteFunc(slices.Compact(stages), func(stage string) bool {
		return stage == p.stage || p.config.StageType(stage) == config.Production
	})
}
