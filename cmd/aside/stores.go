package main

import (
	"slices"
	"strings"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/awssm"
)

// stores are the names that store: in aside.yaml can have, and what opens each.
// Opening reads nothing: what a store costs is paid when it is used.
func stores() map[string]func(*project) (sources.Store, error) {
	return map[string]func(*project) (sources.Store, error){
		"local": func(p *project) (sources.Store, error) { return p.localStore(), nil },
		"awssm": func(p *project) (sources.Store, error) {
			aws := p.config.AWS
			return awssm.New(awssm.Config{
				App: p.name,
				AWS: awssm.Settings{
					Region: aws.Region.Value, Profile: aws.Profile.Value, Endpoint: aws.Endpoint.Value, Version: version(),
				},
				Warn: p.warnLine,
			})
		},
	}
}

// openStore returns the store of the project's stage.
func (p *project) openStore() (sources.Store, error) {
	name := p.config.StoreFor(p.stage)
	open, ok := stores()[name.Value]
	if !ok {
		return nil, sources.Hint(name.Errorf("there is no store %q", name.Value), storesHint())
	}
	return open(p)
}

func knownStore(name string) bool { return stores()[name] != nil }

func storeNames() []string {
	names := []string{}
	for name := range stores() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func storesHint() string { return "one of " + strings.Join(storeNames(), ", ") }
