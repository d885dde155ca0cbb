package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

// reserved are aside's own keys: they never reach a command.
var reserved = [...]string{"ASIDE_IDENTITY", "ASIDE_IDENTITY_FILE"}

// projectFlags say which project and stage a command is about.
type projectFlags struct {
	stage, app, dir string
	quiet, verbose  bool
}

func (f *projectFlags) register(flags *pflag.FlagSet) {
	flags.StringVarP(&f.stage, "stage", "s", "", "the stage, as in dev or production (default: stage in aside.yaml, else dev)")
	flags.StringVar(&f.app, "app", "", "the name that secrets are kept under (default: app in aside.yaml, else the folder's name)")
	flags.StringVarP(&f.dir, "dir", "C", "", "work in this folder instead of the current one")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print no warnings, and nothing at a restart")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "print what was read, from where and in what time")
}

// A project is the folder that a command works in, with its stage.
type project struct {
	app    *app
	flags  *projectFlags
	config *config.Config
	name   string // the app's
	stage  string
	store  sources.Store
}

// open finds the project.
func (a *app) open(f *projectFlags) (*project, error) {
	dir := f.dir
	if dir == "" {
		dir = "."
	}
	c, err := config.Load(dir)
	if err != nil {
		return nil, err
	}
	p := &project{app: a, flags: f, config: c, stage: f.stage, name: f.app}
	if p.stage == "" {
		p.stage = c.Stage.Value
	}
	if p.stage == "" {
		p.stage = "dev"
	}
	if err := config.CheckStage(p.stage); err != nil {
		return nil, usageError{err}
	}
	if err := p.nameApp(); err != nil {
		return nil, err
	}
	p.store, err = p.openStore()
	return p, err
}

// nameApp settles the app's name. The local store does not need it, so there a
// folder called "/" (as in a container) or "My App" is no reason to stop.
func (p *project) nameApp() error {
	if p.name != "" {
		if err := config.CheckApp(p.name); err != nil {
			return usageError{err}
		}
		return nil
	}
	name, err := p.config.AppName()
	if err != nil && p.config.StoreFor(p.stage).Value == "local" {
		name, err = plainName(filepath.Base(p.config.Root)), nil
	}
	p.name = name
	return err
}

// plainName makes a valid app name out of any text.
func plainName(s string) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_.", r) || config.CheckApp(string(r)) == nil {
			return r
		}
		return '-'
	}, s), "-_.")
	if config.CheckApp(name) != nil {
		return "app"
	}
	return name
}

// scopes are those of the project's stage, highest first.
func (p *project) scopes() []sources.Scope {
	return []sources.Scope{sources.StageScope(p.stage), sources.FallbackScope()}
}

// layers say which sources a command gets, and what of them.
type layers struct {
	envFiles     []string // instead of the cascade
	clean        bool
	keep         []string
	only, except []string
}

// resolver reads every layer of the project.
func (p *project) resolver(l layers) (*inject.Resolver, error) {
	keep, err := l.filter()
	if err != nil {
		return nil, err
	}
	environ := p.app.environ
	if l.clean {
		environ = l.cleaned(environ)
	}
	stored := sources.Stored(p.store, p.scopes()...)
	if polled, ok := stored.(sources.PolledSource); ok {
		stored = sources.Cached(polled)
	}
	files := sources.EnvFiles(p.config.Root, sources.Cascade(p.stage)...)
	if len(l.envFiles) > 0 {
		later := slices.Clone(l.envFiles)
		slices.Reverse(later) // the later one wins
		files = sources.RequiredEnvFiles(p.flags.dir, later...)
	}
	r := &inject.Resolver{
		Sources: []sources.Source{
			sources.Process(environ, map[string]string{"ASIDE_APP": p.name, "ASIDE_STAGE": p.stage}),
			stored,
			files,
			p.config.ParameterSource(),
		},
		Without: reserved[:],
		Keep:    keep,
	}
	if p.flags.verbose {
		names := []string{"environment", "store " + p.config.StoreFor(p.stage).Value, ".env files", "parameters"}
		r.Trace = func(src sources.Source, reading sources.Reading, err error, took time.Duration) {
			name := names[slices.Index(r.Sources, src)]
			p.app.say("%s: %s in %s", name, outcome(reading, err), took.Round(10*time.Microsecond))
		}
	}
	return r, nil
}

// filter applies --only and --except, which are about stored secrets alone.
func (l layers) filter() (func(sources.Value) bool, error) {
	if len(l.only)+len(l.except) == 0 {
		return nil, nil
	}
	for _, glob := range slices.Concat(l.only, l.except) {
		if _, err := filepath.Match(glob, ""); err != nil {
			return nil, usagef("%q is no glob: *, ? and [a-z] are known", glob)
		}
	}
	matches := func(globs []string, name string) bool {
		return slices.ContainsFunc(globs, func(glob string) bool {
			ok, _ := filepath.Match(glob, name)
			return ok
		})
	}
	return func(v sources.Value) bool {
		if !v.Origin.Layer.Stored() {
			return true
		}
		return (len(l.only) == 0 || matches(l.only, v.Name)) && !matches(l.except, v.Name)
	}, nil
}

// cleaned keeps what --clean keeps of the environment.
func (l layers) cleaned(environ []string) []string {
	keep := append([]string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "TZ", "TMPDIR"}, l.keep...)
	return slices.DeleteFunc(slices.Clone(environ), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return !slices.Contains(keep, name) && !strings.HasPrefix(name, "LC_")
	})
}

// resolve is Resolve with warnings printed.
func (p *project) resolve(ctx context.Context, r *inject.Resolver) (*inject.Environment, error) {
	env, warnings, err := r.Resolve(ctx)
	if !p.flags.quiet {
		for _, w := range warnings {
			p.app.say("warning: %s", w)
		}
	}
	return env, err
}

func outcome(r sources.Reading, err error) string {
	if err != nil {
		return "failed"
	}
	return fmt.Sprintf("%d values", len(r.Values))
}
