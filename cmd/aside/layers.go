package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/override"
)

// layers say which sources a command gets, and what of them.
type layers struct {
	envFiles     []string // instead of the cascade
	clean        bool
	keep         []string
	only, except []string
	link         string
	strict       bool
	lenient      bool // what is required and missing is a warning, unless strict says otherwise
	offline      bool
	sdk          string // whose variables are added: "", sst or sst-v2
	readOnly     bool   // nothing is kept for when a store cannot be reached
}

func (l *layers) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&l.envFiles, "env-file", nil, "read this file instead of the .env files; may be repeated, the later one wins")
	flags.BoolVar(&l.clean, "clean", false, "start from an almost empty environment instead of the current one")
	flags.StringSliceVar(&l.keep, "keep", nil, "with --clean, keep these variables too (NAME,…)")
	flags.StringSliceVar(&l.only, "only", nil, "inject only the secrets, stored or overridden, that match (GLOB,…)")
	flags.StringVar(&l.link, "link", "", "inject only the secrets of this link in aside.yaml")
	flags.BoolVar(&l.strict, "strict", false, "a required secret that is missing is an error in every stage")
	flags.BoolVar(&l.offline, "offline", false, "use what was kept of a remote store, and do not ask it")
	flags.StringSliceVar(&l.except, "except", nil, "inject no secret, stored or overridden, that matches (GLOB,…)")
}

// resolver reads every layer of the project.
func (p *project) resolver(l layers) (*inject.Resolver, error) {
	if err := checkSDK(l.sdk); err != nil {
		return nil, err
	}
	selected, err := p.selection(l)
	if err != nil {
		return nil, err
	}
	environ := p.app.environ
	if l.clean {
		environ = l.cleaned(environ)
	}
	stored, err := p.storeSource(l)
	if err != nil {
		return nil, err
	}
	if polled, ok := stored.(sources.PolledSource); ok {
		stored = sources.Cached(polled)
	}
	files := sources.EnvFiles(p.config.Root, sources.Cascade(p.stage)...)
	if len(l.envFiles) > 0 {
		later := slices.Clone(l.envFiles)
		slices.Reverse(later) // the later one wins
		files = sources.RequiredEnvFiles(p.flags.dir, later...)
	}
	r := &inject.Resolver{Without: reserved[:]}
	var names []string
	add := func(name string, src sources.Source) {
		names = append(names, name)
		r.Sources = append(r.Sources, src)
	}
	own := map[string]string{"ASIDE_APP": p.name, "ASIDE_STAGE": p.stage}
	if dir := p.app.getenv("ASIDE_DIR"); dir != "" && !filepath.IsAbs(dir) && (!l.clean || slices.Contains(l.keep, "ASIDE_DIR")) {
		// The command starts in that folder: for another aside there it must not be relative.
		if own["ASIDE_DIR"], err = filepath.Abs(dir); err != nil {
			return nil, err
		}
	}
	add("environment", sources.Process(environ, own))
	if p.overridable() {
		add(override.Name, override.New(p.config.Root))
	}
	add("store "+p.config.StoreFor(p.stage).Value, stored)
	below := len(r.Sources) // what comes after the environment and before this holds secrets
	r.Adapt = func(all []sources.Reading) ([]sources.Reading, error) {
		declared, err := p.declared(all[0], all[1:below], selected)
		return slices.Concat(all[:1], declared, all[below:]), err
	}
	add(".env files", files)
	add(config.Name, p.config.ParameterSource())
	if p.flags.verbose {
		r.Trace = func(i int, reading sources.Reading, err error, took time.Duration) {
			p.app.say("%s: %s in %s", names[i], outcome(reading, err), took.Round(10*time.Microsecond))
		}
	}
	return r, nil
}

// storeSource reads what counts for the stage from the store, or what was kept of it.
func (p *project) storeSource(l layers) (sources.Source, error) {
	src := sources.Stored(p.store, p.scopes()...)
	if polled, ok := src.(sources.PolledSource); ok {
		return p.kept(polled, l)
	}
	return src, nil
}

// cleaned keeps what --clean keeps of the environment.
func (l layers) cleaned(environ []string) []string {
	keep := append([]string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "TZ", "TMPDIR"}, l.keep...)
	return slices.DeleteFunc(slices.Clone(environ), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return !slices.Contains(keep, name) && !strings.HasPrefix(name, "LC_")
	})
}

// resolve reads and merges everything and checks that nothing required is
// missing. Warnings are printed.
func (p *project) resolve(ctx context.Context, r *inject.Resolver, l layers) (*inject.Environment, error) {
	env, warnings, err := r.Resolve(ctx)
	if err != nil {
		return nil, err
	}
	missing := p.missing(env, l)
	if len(missing) > 0 && p.strict(l) {
		return nil, p.missingError(missing)
	}
	for _, w := range warnings {
		p.warn(errors.New(w))
	}
	if len(missing) > 0 {
		p.warn(p.missingError(missing))
	}
	return env, nil
}

// openResolved opens the project and reads the environment that a command would get.
func (a *app) openResolved(ctx context.Context, f *projectFlags, l layers) (*project, *inject.Environment, error) {
	p, err := a.open(f)
	if err != nil {
		return nil, nil, err
	}
	r, err := p.resolver(l)
	if err != nil {
		return nil, nil, err
	}
	env, err := p.resolve(ctx, r, l)
	return p, env, err
}

func outcome(r sources.Reading, err error) string {
	if err != nil {
		return "failed"
	}
	return fmt.Sprintf("%d values", len(r.Values))
}
