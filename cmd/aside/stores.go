package main

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aside-cli/aside/cmd/internal/audit"
	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/awssm"
	"github.com/aside-cli/aside/sources/execstore"
	"github.com/aside-cli/aside/sources/local"
	"github.com/aside-cli/aside/sources/ssm"
	"github.com/aside-cli/aside/sources/sst"
	"github.com/aside-cli/aside/sources/sstv2"
)

// stores are the names that store: in aside.yaml can have, and what opens each.
// Opening reads nothing: what a store costs is paid when it is used.
func stores() map[string]func(*project, config.Store) (sources.Store, error) {
	return map[string]func(*project, config.Store) (sources.Store, error){
		"local":     (*project).openLocal,
		"awssm":     (*project).openAWSSM,
		"ssm":       (*project).openSSM,
		"sst":       (*project).openSST,
		"sst-local": (*project).openSSTLocal,
		"sst-v2":    (*project).openSSTv2,
		"exec":      (*project).openExec,
	}
}

// openStore returns the store of the project's stage.
func (p *project) openStore() (sources.Store, error) {
	store := p.config.StoreFor(p.stage)
	open, ok := stores()[store.Value]
	if !ok {
		return nil, sources.Hint(store.Errorf("there is no store %q", store.Value), storesHint())
	}
	return open(p, store)
}

func knownStore(name string) bool { return stores()[name] != nil }

func storeNames() []string { return slices.Sorted(maps.Keys(stores())) }

func storesHint() string { return "one of " + strings.Join(storeNames(), ", ") }

func (p *project) openLocal(config.Store) (sources.Store, error) { return p.localStore(), nil }

// localStore is the local store of the project, whichever store its stage uses.
func (p *project) localStore() *local.Store {
	c := local.FromEnv(p.config.Root, p.app.getenv)
	c.Notice = func(line string) { p.app.say("%s", line) }
	c.User = audit.Who()
	return local.New(c)
}

// awsSettings are what aside.yaml says of AWS, for every store that lies there.
func (p *project) awsSettings() awssm.Settings {
	aws := p.config.AWS
	return awssm.Settings{
		Region: aws.Region.Value, Profile: aws.Profile.Value, Endpoint: aws.Endpoint.Value, Version: version(),
	}
}

// descriptions are those of declared secrets, by name.
func (p *project) descriptions() map[string]string {
	all := map[string]string{}
	for _, s := range p.config.Secrets {
		if text := s.Value.Description.Value; text != "" {
			all[s.Key.Value] = text
		}
	}
	return all
}

func (p *project) openAWSSM(config.Store) (sources.Store, error) {
	return awssm.New(awssm.Config{
		App: p.name, AWS: p.awsSettings(), KMSKey: p.config.AWS.KMSKey.Value,
		Descriptions: p.descriptions(), ForceDelete: p.flags.forceDelete, Warn: p.warnLine,
	})
}

func (p *project) openSSM(config.Store) (sources.Store, error) {
	prefix := p.config.SSM.Prefix
	store, err := ssm.New(ssm.Config{
		App: p.name, AWS: p.awsSettings(), KMSKey: p.config.AWS.KMSKey.Value,
		Prefix: prefix.Value, Upper: p.config.SSM.Case.Value == "upper",
		Descriptions: p.descriptions(), Warn: p.warnLine,
	})
	if err != nil {
		return nil, prefix.Errorf("%w", err)
	}
	return store, nil
}

// openSST opens SST's state where sst.config.ts says that it lies.
func (p *project) openSST(store config.Store) (sources.Store, error) {
	if _, home, ok := p.sstConfig(); ok && home == "local" {
		return p.openSSTLocal(store)
	}
	return sst.New(sst.Config{App: p.name, AWS: p.awsSettings(), Warn: p.warnLine})
}

func (p *project) openSSTLocal(config.Store) (sources.Store, error) {
	return sst.NewLocal(sst.LocalConfig{App: p.name, Dir: sst.LocalDir(p.app.getenv), Warn: p.warnLine})
}

func (p *project) openSSTv2(config.Store) (sources.Store, error) {
	return sstv2.New(sstv2.Config{App: p.name, AWS: p.awsSettings(), Warn: p.warnLine})
}

// sstConfig returns what the sst.config.ts in the root says.
func (p *project) sstConfig() (name, home string, ok bool) {
	return sst.FromConfigFile(filepath.Join(p.config.Root, "sst.config.ts"))
}

func (p *project) openExec(store config.Store) (sources.Store, error) {
	environ := slices.DeleteFunc(slices.Clone(p.app.environ), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(reserved[:], name)
	})
	return execstore.New(execstore.Config{
		App: p.name, Stage: p.stage, Command: texts(store.Exec), Scopes: texts(store.Scopes),
		Dir: p.config.Root, Environ: environ, Timeout: store.Timeout.Value, Warn: p.warnLine,
	})
}

// texts returns the strings of a list; nil for none.
func texts(list config.List) []string {
	var all []string
	for _, text := range list {
		all = append(all, text.Value)
	}
	return all
}
