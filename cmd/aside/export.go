package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/cmd/internal/audit"
	"github.com/aside-cli/aside/dotenv"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

// A format writes variables in one of the forms that export knows.
type format struct {
	name  string
	write func(io.Writer, []inject.Variable) error
}

var formats = [...]format{
	{"env", exportEnv},
	{"json", exportJSON},
	{"shell", exportShell},
}

func (a *app) exportCommand(pf *projectFlags) *cobra.Command {
	var l layers
	var name string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "print the merged environment",
		Long: `Print the merged environment: what is set by anything but the environment
that aside was started with, values in the open.

Formats: env (a .env file that reads back exactly), json, shell (for eval).`,
		Example: `  eval "$(aside export --format shell)"
  aside export --stage production --format json | jq -r .DATABASE_URL`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var names []string
			for _, f := range formats {
				if f.name != name {
					names = append(names, f.name)
					continue
				}
				p, err := a.open(pf)
				if err != nil {
					return err
				}
				r, err := p.resolver(l)
				if err != nil {
					return err
				}
				env, err := p.resolve(cmd.Context(), r, l)
				if err != nil {
					return err
				}
				p.audit(audit.Export, "", stored(env)...)
				return f.write(a.stdout, defined(env))
			}
			return sources.Hint(usagef("there is no format %q", name), "one of "+strings.Join(names, ", "))
		},
	}
	l.register(cmd.Flags())
	cmd.Flags().StringVar(&name, "format", "env", "env, json or shell")
	return cmd
}

func exportEnv(w io.Writer, vars []inject.Variable) error {
	var out []byte
	for _, v := range vars {
		out = dotenv.Append(out, v.Name, v.Secret.Reveal())
	}
	_, err := w.Write(out)
	return err
}

func exportJSON(w io.Writer, vars []inject.Variable) error {
	object := make(map[string]string, len(vars))
	for _, v := range vars {
		object[v.Name] = v.Secret.Reveal()
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(object)
}

// exportShell quotes for every POSIX shell: within single quotes nothing but a
// single quote means anything.
func exportShell(w io.Writer, vars []inject.Variable) error {
	var out strings.Builder
	for _, v := range vars {
		if err := sources.CheckName(v.Name); err != nil {
			return sources.Hint(fmt.Errorf("%s (%s) cannot be a variable of a shell", v.Name, v.Origin), "rename it, or use another format")
		}
		fmt.Fprintf(&out, "export %s='%s'\n", v.Name, strings.ReplaceAll(v.Secret.Reveal(), "'", `'\''`))
	}
	_, err := io.WriteString(w, out.String())
	return err
}
