package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/aside-cli/aside/dotenv"
	"github.com/aside-cli/aside/sources"
)

func (a *app) secretCommand(pf *projectFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "secret",
		Short: "keep secrets in the store",
		Long: `Keep secrets in the store: for one stage, or as a fallback for every stage that
sets none of its own.

The store is a folder of encrypted files, .aside/secrets, unless aside.yaml
names another.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return sources.Hint(usagef("unknown command %q", "secret "+args[0]), "see aside secret --help")
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		a.secretSetCommand(pf),
		a.secretGetCommand(pf),
		a.secretListCommand(pf),
		a.secretRemoveCommand(pf),
		a.secretLoadCommand(pf),
	)
	return cmd
}

// scopeFlags choose one scope.
type scopeFlags struct {
	fallback bool
}

func (f *scopeFlags) register(flags *pflag.FlagSet) {
	flags.BoolVar(&f.fallback, "fallback", false, "the value for every stage that sets none of its own")
}

// openScope opens the project and the one scope that the flags choose.
func (a *app) openScope(cmd *cobra.Command, pf *projectFlags, f *scopeFlags) (*project, sources.Scope, error) {
	if f.fallback && cmd.Flags().Changed("stage") && a.getenv("ASIDE_STAGE") != pf.stage {
		return nil, sources.Scope{}, usagef("--stage and --fallback exclude each other")
	}
	p, err := a.open(pf)
	if err != nil {
		return nil, sources.Scope{}, err
	}
	if f.fallback {
		return p, sources.FallbackScope(), nil
	}
	return p, sources.StageScope(p.stage), nil
}

// oneName is for commands that take the name of one secret.
func oneName(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return sources.Hint(usagef("%s takes the name of one secret", cmd.CommandPath()), "see "+cmd.CommandPath()+" --help")
	}
	if err := sources.CheckName(args[0]); err != nil {
		return usageError{err}
	}
	return nil
}

func (a *app) secretGetCommand(pf *projectFlags) *cobra.Command {
	var f scopeFlags
	cmd := &cobra.Command{
		Use:   "get NAME",
		Short: "print one value",
		Long: `Print the value of one secret, to the letter. On a terminal a newline follows;
in a pipe or a file nothing does.`,
		Example: `  aside secret get STRIPE_KEY
  aside secret get TLS_KEY --stage production > key.pem`,
		Args: oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, scope, err := a.openScope(cmd, pf, &f)
			if err != nil {
				return err
			}
			value, err := p.find(cmd.Context(), scope, args[0])
			if err != nil {
				return err
			}
			out := value.Reveal()
			if a.onTerminal() {
				out += "\n"
			}
			_, err = io.WriteString(a.stdout, out)
			return err
		},
	}
	f.register(cmd.Flags())
	return cmd
}

// find returns a secret of the scope. Where it has none but another scope that
// counts for the stage does, the error says so.
func (p *project) find(ctx context.Context, scope sources.Scope, name string) (sources.Secret, error) {
	values, err := p.store.Read(ctx, scope)
	if err != nil {
		return sources.Secret{}, err
	}
	if i := slices.IndexFunc(values, func(v sources.Value) bool { return v.Name == name }); i >= 0 {
		return values[i].Secret, nil
	}
	err = fmt.Errorf("%s in %s: %w", name, scope, sources.ErrNotFound)
	if scope.Layer == sources.Stage {
		if _, e := p.find(ctx, sources.FallbackScope(), name); e == nil {
			return sources.Secret{}, sources.Hint(err, "there is a fallback: aside secret get "+name+" --fallback")
		}
	}
	return sources.Secret{}, sources.Hint(err, "aside secret list shows what is there")
}

func (a *app) onTerminal() bool {
	f, ok := a.stdout.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (a *app) secretListCommand(pf *projectFlags) *cobra.Command {
	var f scopeFlags
	var show bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list secrets as NAME=value lines",
		Long: `List the secrets of the stage and the fallbacks, as NAME=value lines that
aside secret load reads back exactly. On a terminal the values are masked.`,
		Example: `  aside secret list --stage production
  aside secret list --show
  aside secret list > backup.env`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, scope, err := a.openScope(cmd, pf, &f)
			if err != nil {
				return err
			}
			scopes := []sources.Scope{sources.FallbackScope()}
			if !f.fallback {
				scopes = append(scopes, scope) // last, since the later line wins
			}
			values, err := p.store.Read(cmd.Context(), scopes...)
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(listing(p, scopes, values, show || !a.onTerminal()))
			return err
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&show, "show", false, "show the values on a terminal too")
	return cmd
}

// listing prints values grouped by scope.
func listing(p *project, scopes []sources.Scope, values []sources.Value, show bool) []byte {
	var out []byte
	for _, scope := range scopes {
		group := slices.DeleteFunc(slices.Clone(values), func(v sources.Value) bool { return v.Origin.Layer != scope.Layer })
		if len(group) == 0 {
			continue
		}
		slices.SortStableFunc(group, func(a, b sources.Value) int { return strings.Compare(a.Name, b.Name) })
		if len(out) > 0 {
			out = append(out, '\n')
		}
		out = append(out, "# "+p.heading(scope)+"\n"...)
		for _, v := range group {
			if show {
				out = dotenv.Append(out, v.Name, v.Secret.Reveal())
			} else {
				out = append(out, v.Name+"=********\n"...)
			}
		}
	}
	return out
}

// heading names a scope in a listing.
func (p *project) heading(scope sources.Scope) string {
	if scope.Layer == sources.Stage {
		return p.name + "/" + scope.Name
	}
	return scope.String()
}

func (a *app) secretRemoveCommand(pf *projectFlags) *cobra.Command {
	var f scopeFlags
	cmd := &cobra.Command{
		Use:     "remove NAME",
		Aliases: []string{"rm"},
		Short:   "remove a secret",
		Example: "  aside secret remove STRIPE_KEY --stage pr-12",
		Args:    oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, scope, err := a.openScope(cmd, pf, &f)
			if err != nil {
				return err
			}
			if err := p.store.Remove(cmd.Context(), scope, args[0]); err != nil {
				return err
			}
			p.note("removed %s from %s", args[0], scope)
			return nil
		},
	}
	f.register(cmd.Flags())
	return cmd
}

// note confirms what was done.
func (p *project) note(format string, args ...any) {
	if !p.flags.quiet {
		p.app.say(format, args...)
	}
}
