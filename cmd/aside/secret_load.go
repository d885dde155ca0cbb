package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/cmd/internal/audit"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

func (a *app) secretLoadCommand(pf *projectFlags) *cobra.Command {
	var f scopeFlags
	cmd := &cobra.Command{
		Use:        "load FILE",
		SuggestFor: []string{"import", "upload"},
		Short:      "set many secrets from a .env file",
		Long: `Set every variable of a .env file as a secret, all or none. "-" reads standard
input. References ($NAME) are expanded with the variables of the file itself.`,
		Example: `  aside secret load .env.production --stage production
  aside secret list --stage dev | aside secret load - --stage pr-12`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("%s takes the name of one file", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			p, scopes, err := a.openScopes(cmd, pf, &f)
			if err != nil {
				return err
			}
			secrets, err := a.readSecrets(cmd, p, args[0])
			if err != nil {
				return err
			}
			if len(secrets) == 0 {
				p.note("nothing to set: %s holds no variable", args[0])
				return nil
			}
			if err := p.set(cmd.Context(), scopes, secrets); err != nil {
				return err
			}
			p.audit(audit.Load, describe(scopes), slices.Sorted(maps.Keys(secrets))...)
			p.note("set %s in %s: %s", count(len(secrets), "secret"), describe(scopes), strings.Join(slices.Sorted(maps.Keys(secrets)), ", "))
			return nil
		},
	}
	f.register(cmd.Flags())
	return cmd
}

// readSecrets reads the .env file called name, and checks what it holds.
func (a *app) readSecrets(cmd *cobra.Command, p *project, name string) (map[string]sources.Secret, error) {
	var reading sources.Reading
	var err error
	if name == "-" {
		reading, err = readStdin(a.stdin)
	} else {
		reading, err = sources.RequiredEnvFiles(p.flags.dir, name).Read(cmd.Context())
	}
	if err != nil {
		return nil, err
	}
	env, unset, err := inject.Merge(reading.Values)
	if err != nil {
		return nil, err
	}
	for _, w := range reading.Warnings {
		p.note("warning: %s", w)
	}
	if len(unset) > 0 {
		// It would be stored as the empty string, once and for all.
		return nil, sources.Hint(fmt.Errorf("%s", unset[0]), "set it in the file: the rest of the environment does not count here; nothing was set")
	}
	secrets := make(map[string]sources.Secret, env.Len())
	for _, name := range env.Names() {
		v, _ := env.Variable(name)
		if err := sources.CheckName(name); err != nil {
			return nil, sources.Hint(fmt.Errorf("%s: %w", v.Origin, err), sources.HintOf(err))
		}
		if err := sources.CheckValue(name, v.Secret); err != nil {
			return nil, sources.Hint(fmt.Errorf("%s: %w", v.Origin, err), sources.HintOf(err))
		}
		secrets[name] = v.Secret
	}
	return secrets, nil
}

func readStdin(r io.Reader) (sources.Reading, error) {
	text, err := io.ReadAll(io.LimitReader(r, sources.MaxEnvFile+1))
	if err != nil {
		return sources.Reading{}, fmt.Errorf("read standard input: %w", err)
	}
	if len(text) > sources.MaxEnvFile {
		return sources.Reading{}, fmt.Errorf("standard input is larger than %d MiB", sources.MaxEnvFile>>20)
	}
	return sources.ParseEnv("standard input", text)
}
