package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/sources"
)

// reserved are aside's own keys: they never reach a command.
var reserved = [...]string{"ASIDE_IDENTITY", "ASIDE_IDENTITY_FILE"}

// projectFlags say which project and stage a command is about.
type projectFlags struct {
	stage, app, dir string
	quiet, verbose  bool

	forceDelete bool // of secret remove
}

func (f *projectFlags) register(flags *pflag.FlagSet) {
	flags.StringVarP(&f.stage, "stage", "s", "", "the stage, as in dev or production (default: stage in aside.yaml, else dev)")
	flags.StringVar(&f.app, "app", "", "the name that secrets are kept under (default: app in aside.yaml, else the folder's name)")
	flags.StringVarP(&f.dir, "dir", "C", "", "work in this folder instead of the current one")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print no warnings, no confirmations and nothing at a restart")
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
	types  *typeCache
	given  *given
	warned *onceEach
}

// path is that of a file which the user names: from the folder of --dir.
func (f *projectFlags) path(name string) string {
	if f.dir == "" || name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.dir, name)
}

// variable is the name of the variable that the secret called name becomes.
func (p *project) variable(name string) string {
	d, _ := p.config.Declaration(name)
	return d.Variable(name)
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
	p := &project{app: a, flags: f, config: c, stage: f.stage, name: f.app,
		types: new(typeCache), given: new(given), warned: new(onceEach)}
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
	if p.config.App.Value == "" {
		if name, _, ok := p.sstConfig(); ok && config.CheckApp(name) == nil {
			p.name = name
			return nil
		}
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

// scopes are those that count for the project's stage, highest first.
func (p *project) scopes() []sources.Scope {
	var scopes []sources.Scope
	for _, scope := range []sources.Scope{
		sources.StageScope(p.stage), sources.TypeScope(string(p.stageType())), sources.FallbackScope(),
	} {
		shared := scope
		shared.Shared = true
		scopes = append(scopes, scope, shared)
	}
	return scopes
}

func (p *project) stageType() config.Type { return p.config.StageType(p.stage) }

// overridable reports whether the stage is one for .secrets.local.cue.
func (p *project) overridable() bool {
	t := p.stageType()
	return t == config.Local || t == config.Development
}

// strict reports whether a secret that is missing is an error: where other
// people are served, or where it is asked for.
func (p *project) strict(l layers) bool {
	t := p.stageType()
	return l.strict || !l.lenient && (t == config.Production || t == config.Preview)
}

// warn prints a warning once, however often it is found.
func (p *project) warn(err error) {
	if p.flags.quiet || !p.warned.first(err.Error()) {
		return
	}
	p.app.complain(sources.Hint(fmt.Errorf("warning: %w", err), sources.HintOf(err)))
}

// onceEach tells whether it sees a line for the first time. It is safe for
// concurrent use, since stores warn from goroutines of their own.
type onceEach struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (o *onceEach) first(line string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen[line] {
		return false
	}
	if o.seen == nil {
		o.seen = map[string]bool{}
	}
	o.seen[line] = true
	return true
}

func (p *project) warnLine(line string) { p.warn(errors.New(line)) }
