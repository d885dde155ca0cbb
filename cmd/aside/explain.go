package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

func (a *app) explainCommand(pf *projectFlags) *cobra.Command {
	var l layers
	cmd := &cobra.Command{
		Use:   "explain [NAME]",
		Short: "show where each variable comes from, and what it shadows",
		Long: `Show which layer each variable comes from, and which definitions it shadows.

Without a name it lists what is set by anything but the environment that aside
was started with. Values are never shown.

The environment beats stored secrets: a variable that the shell or CI sets is
what the command gets, even where it is set to the empty string.`,
		Example: `  aside explain
  aside explain DATABASE_URL --stage production`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("%s takes one name at most", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
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
			if len(args) == 1 {
				return a.explainOne(p, env, args[0])
			}
			return a.explainAll(env)
		},
	}
	l.register(cmd.Flags())
	return cmd
}

// defined are the names that some layer below the process environment sets.
func defined(env *inject.Environment) []inject.Variable {
	var vars []inject.Variable
	for _, name := range env.Names() {
		v, _ := env.Variable(name)
		below := v.Origin.Layer != sources.Env
		for _, s := range v.Shadowed {
			below = below || s.Origin.Layer != sources.Env
		}
		if below {
			vars = append(vars, v)
		}
	}
	return vars
}

func (a *app) explainAll(env *inject.Environment) error {
	vars := defined(env)
	if len(vars) == 0 {
		a.say("nothing is set here but the environment itself")
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tLAYER\tFROM\tSHADOWS")
	for _, v := range vars {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", v.Name, v.Origin.Label(), v.Origin, shadows(v))
	}
	return w.Flush()
}

func shadows(v inject.Variable) string {
	var places []string
	for _, s := range v.Shadowed {
		places = append(places, place(s.Origin))
	}
	if len(places) == 0 {
		return "-"
	}
	return strings.Join(places, ", ")
}

// place names an origin with its layer, unless the source says as much.
func place(o sources.Origin) string {
	if o.Layer == sources.DotEnv {
		return o.String()
	}
	return fmt.Sprintf("%s (%s)", o.Layer, o)
}

func (a *app) explainOne(p *project, env *inject.Environment, name string) error {
	v, ok := env.Variable(name)
	if !ok {
		return sources.Hint(fmt.Errorf("%s is not set in stage %s", name, p.stage),
			"set it: aside secret set "+name)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\n", v.Name)
	fmt.Fprintf(w, "  from\t%s\n", place(v.Origin))
	fmt.Fprintf(w, "  length\t%d bytes\n", v.Secret.Len())
	if len(v.From) > 0 {
		fmt.Fprintf(w, "  expanded from\t%s\n", strings.Join(v.From, ", "))
	}
	for _, s := range v.Shadowed {
		fmt.Fprintf(w, "  shadows\t%s\n", place(s.Origin))
	}
	return w.Flush()
}
