package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/local"
	"github.com/aside-cli/aside/sources/offline"
)

// kept makes a remote source remember what it read, for when it cannot be
// reached. In production that has to be asked for.
func (p *project) kept(src sources.PolledSource, l layers) (sources.PolledSource, error) {
	c := p.config.Cache
	production := p.stageType() == config.Production
	if !l.offline && (c.Off || production && !c.On || l.readOnly) {
		return src, nil
	}
	keys, err := local.FromEnv(p.config.Root, p.app.getenv).Keys()
	if err != nil && !l.offline { // the store can be asked without one
		p.warn(fmt.Errorf("nothing is kept for when the store cannot be reached: %w", err))
		return src, nil
	}
	if err != nil {
		return nil, err
	}
	oc := offline.Config{
		Dir: p.app.cacheDir(), App: p.name, Stage: p.stage, Store: p.config.StoreFor(p.stage).Value,
		Place: p.place(), Scopes: p.scopes(), MaxAge: c.MaxAge.Value, Offline: l.offline,
	}
	if keys != nil {
		oc.Keys = &offline.Keys{Identities: keys.Identities, Recipient: keys.Recipient, Secret: keys.Secret}
	} else if p.flags.verbose {
		p.app.say("without an identity nothing is kept for when the store cannot be reached: aside identity new")
	}
	return offline.New(src, oc), nil
}

// place tells apart stores of the same name in several accounts.
func (p *project) place() string {
	aws := p.config.AWS
	parts := []string{aws.Region.Value, aws.Profile.Value, aws.Endpoint.Value, p.config.SSM.Prefix.Value, p.config.SSM.Case.Value}
	for _, name := range []string{
		"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN", "AWS_ENDPOINT_URL",
		"AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL_S3",
	} {
		parts = append(parts, p.app.getenv(name))
	}
	return strings.Join(append(parts, texts(p.config.StoreFor(p.stage).Exec)...), "\x00")
}

// cacheDir is $XDG_CACHE_HOME/aside, on Windows %LocalAppData%\aside\cache, else
// ~/.cache/aside; "" where none of them is known.
func (a *app) cacheDir() string {
	if dir := a.getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "aside")
	}
	if dir := a.getenv("LocalAppData"); runtime.GOOS == "windows" && dir != "" {
		return filepath.Join(dir, "aside", "cache")
	}
	if home := a.getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".cache", "aside")
	}
	return ""
}

func (a *app) cacheCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "what is kept of remote stores",
		Long: `What remote stores held is kept, encrypted to your identity, for when they cannot
be reached: for 24 hours, and in stages of type production only where aside.yaml
asks for it (cache:).`,
		Example: "  aside cache clear",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(&cobra.Command{
		Use: "clear", Short: "forget what is kept of remote stores", Args: noArgs,
		Example: "  aside cache clear",
		RunE: func(*cobra.Command, []string) error {
			n, err := offline.Clear(a.cacheDir())
			if err != nil {
				return err
			}
			a.say("removed %s", count(n, "file"))
			return nil
		},
	})
	return cmd
}
