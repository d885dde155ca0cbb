package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/cmd/internal/audit"
	"github.com/aside-cli/aside/cmd/internal/export"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

func (a *app) exportCommand(pf *projectFlags) *cobra.Command {
	var l layers
	var format, output string
	var all bool
	cmd := &cobra.Command{
		Use:        "export",
		SuggestFor: []string{"download"},
		Short:      "print the merged environment",
		Long: `Print the merged environment, values in the open: what is set by anything but
the environment that aside was started with, and that too with --all.

Formats: ` + strings.Join(export.Names(), ", ") + `. What a
format cannot hold byte for byte is refused, by name.`,
		Example: `  eval "$(aside export --format shell)"
  aside export --format fish | source
  aside export --format github >> "$GITHUB_ENV"
  aside export --stage production --format k8s --output secret.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := export.Check(format); err != nil {
				return usageError{err}
			}
			p, env, err := a.openResolved(cmd.Context(), pf, l)
			if err != nil {
				return err
			}
			given := p.stored(env)
			if env, err = p.withSDK(env, l); err != nil {
				return err
			}
			vars := defined(env)
			if all {
				vars = everything(env)
			}
			var out bytes.Buffer
			if err := export.Write(&out, format, exported(vars), export.Options{App: p.name, Masks: a.stderr}); err != nil {
				return err
			}
			p.audit(audit.Export, "", given...)
			if output == "" {
				_, err = a.stdout.Write(out.Bytes())
				return err
			}
			output = pf.path(output)
			if err := writePrivate(output, out.Bytes()); err != nil {
				return unwritable(output, err)
			}
			return nil
		},
	}
	l.register(cmd.Flags())
	l.registerSDK(cmd.Flags())
	flags := cmd.Flags()
	flags.StringVar(&format, "format", "env", strings.Join(export.Names(), ", "))
	flags.StringVarP(&output, "output", "o", "", "write to this file, for its owner's eyes only")
	flags.BoolVar(&all, "all", false, "with the environment that aside was started with")
	return cmd
}

// unwritable says why the file of --output could not be written. The system's
// error may name another one beside it, which was to be renamed.
func unwritable(name string, err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return sources.Hint(fmt.Errorf("%s cannot be written: %w", name, err), "check that its folder is there and may be written, and that the disk has room")
}

func exported(vars []inject.Variable) []export.Variable {
	var out []export.Variable
	for _, v := range vars {
		// The environment may carry what a store holds.
		secret := slices.ContainsFunc(secretsOf(v), func(s sources.Value) bool { return s.Secret.Equal(v.Secret) })
		out = append(out, export.Variable{Name: v.Name, Value: v.Secret, Stored: secret, Place: v.Origin.String()})
	}
	return out
}

// everything is the whole environment, but for what belongs to one process or
// to the shell that it was started from.
func everything(env *inject.Environment) []inject.Variable {
	own := []string{"_", "SHLVL", "PWD", "OLDPWD", "UID", "EUID", "PPID", "SHELLOPTS", "BASHOPTS"}
	var vars []inject.Variable
	for _, name := range env.Names() {
		function := strings.HasPrefix(name, "BASH_FUNC_") // export -f
		if v, _ := env.Variable(name); !function && !slices.Contains(own, name) {
			vars = append(vars, v)
		}
	}
	return vars
}
