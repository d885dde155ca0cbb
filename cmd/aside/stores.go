package main

import (
	"fmt"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/awssm"
	"github.com/aside-cli/aside/sources/local"
)

// openStore returns the store of the project's stage. It reads nothing yet, so
// that what a store costs is paid when it is used.
func (p *project) openStore() (sources.Store, error) {
	name := p.config.StoreFor(p.stage)
	switch name.Value {
	case "local":
		c := local.FromEnv(p.config.Root, p.app.getenv)
		c.Notice = func(line string) { p.app.say("%s", line) }
		return local.New(c), nil
	case "awssm":
		aws := p.config.AWS
		return awssm.New(awssm.Config{App: p.name, AWS: awssm.Settings{
			Region: aws.Region.Value, Profile: aws.Profile.Value, Endpoint: aws.Endpoint.Value,
		}})
	}
	return nil, sources.Hint(name.Errorf("there is no store %q", name.Value), fmt.Sprintf("one of %s, %s", "local", "awssm"))
}
