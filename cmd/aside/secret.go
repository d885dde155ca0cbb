package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/aside-cli/aside/cmd/internal/audit"
	"github.com/aside-cli/aside/sources"
)

func (a *app) secretCommand(pf *projectFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "secret",
		Short: "keep secrets in the store",
		Long: `Keep secrets in the store: for one stage, for a type of stages, or as a fallback
for every stage that sets none of its own.

The store is a folder of encrypted files, .aside/secrets, unless aside.yaml
names another.`,
		Example: `  aside secret set STRIPE_KEY --stage production
  aside secret list`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			hint := "see aside secret --help"
			if c := meant(cmd, args[0]); c != "" {
				hint = "did you mean " + c + "?"
			} else if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
				hint = "did you mean aside secret " + similar[0] + "?"
			}
			return sources.Hint(usagef("unknown command %q", "secret "+args[0]), hint)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(
		a.secretSetCommand(pf),
		a.secretGetCommand(pf),
		a.secretListCommand(pf),
		a.secretRemoveCommand(pf),
		a.secretLoadCommand(pf),
		a.secretCopyCommand(pf),
		a.secretHistoryCommand(pf),
		a.secretRollbackCommand(pf),
	)
	return cmd
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
		Use:        "get NAME",
		SuggestFor: []string{"read", "show"},
		Short:      "print one value",
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
			v, err := p.find(cmd.Context(), scope, args[0])
			if err != nil {
				return err
			}
			p.audit(audit.Reveal, describe([]sources.Scope{scope}), args[0])
			out := v.Secret.Reveal()
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

// find returns a secret of the scope. Where a stage has none but the fallbacks
// do, the error says so.
func (p *project) find(ctx context.Context, scope sources.Scope, name string) (sources.Value, error) {
	values, err := p.secretsOf(ctx, scope)
	if err != nil {
		return sources.Value{}, err
	}
	if i := slices.IndexFunc(values, func(v sources.Value) bool { return v.Name == name }); i >= 0 {
		return values[i], nil
	}
	err = fmt.Errorf("%s in %s: %w", name, scope, sources.ErrNotFound)
	if scope.Layer == sources.Stage {
		fallback := sources.Scope{Layer: sources.Fallback, Shared: scope.Shared}
		if _, e := p.find(ctx, fallback, name); e == nil {
			hint := "there is a fallback: aside secret get " + name + " --fallback"
			if scope.Shared {
				hint += " --shared"
			}
			return sources.Value{}, sources.Hint(err, hint)
		}
	}
	return sources.Value{}, hintMissing(err)
}

// secretsOf reads one scope, without the parameters that sst-v2 has beside secrets.
func (p *project) secretsOf(ctx context.Context, scope sources.Scope) ([]sources.Value, error) {
	values, err := p.store.Read(ctx, scope)
	return slices.DeleteFunc(values, func(v sources.Value) bool { return v.Origin.Layer != scope.Layer }), err
}

// hintMissing says what to do about a secret that is not there.
func hintMissing(err error) error {
	if !errors.Is(err, sources.ErrNotFound) || sources.HintOf(err) != "" {
		return err
	}
	return sources.Hint(err, "aside secret list shows what is there")
}

func (a *app) onTerminal() bool {
	f, ok := a.stdout.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// note confirms what was done.
func (p *project) note(format string, args ...any) {
	if !p.flags.quiet {
		p.app.say(format, args...)
	}
}
