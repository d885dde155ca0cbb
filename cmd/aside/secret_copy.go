package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/cmd/internal/audit"
	"github.com/aside-cli/aside/sources"
)

func (a *app) secretCopyCommand(pf *projectFlags) *cobra.Command {
	var from, to string
	var overwrite, dryRun bool
	cmd := &cobra.Command{
		Use:   "copy --from STAGE --to STAGE [NAME ...]",
		Short: "copy secrets from one stage to another",
		Long: `Copy the secrets that one stage sets itself to another stage, all of them or
those that are named. What the other stage sets already stays as it is, unless
--overwrite is given. The names are printed, never the values.`,
		Example: `  aside secret copy --from staging --to production --dry-run
  aside secret copy --from staging --to production STRIPE_KEY --overwrite`,
		Args: func(cmd *cobra.Command, args []string) error {
			for _, name := range args {
				if err := sources.CheckName(name); err != nil {
					return usageError{err}
				}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch { // not above, where ASIDE_FROM and ASIDE_TO are not known yet
			case from == "" || to == "":
				return sources.Hint(usagef("%s needs --from and --to", cmd.CommandPath()), "see "+cmd.CommandPath()+" --help")
			case from == to:
				return usagef("--from and --to are both %s", from)
			}
			there, here, err := a.openTwo(pf, from, to)
			if err != nil {
				return err
			}
			values, err := there.secretsOf(cmd.Context(), sources.StageScope(from))
			if err != nil {
				return err
			}
			present, err := here.secretsOf(cmd.Context(), sources.StageScope(to))
			if err != nil {
				return err
			}
			c := comparison(values, args)
			if missing := slices.DeleteFunc(slices.Clone(args), func(name string) bool { _, ok := c[name]; return ok }); len(missing) > 0 {
				return hintMissing(fmt.Errorf("%s in stage %s: %w", strings.Join(missing, ", "), from, sources.ErrNotFound))
			}
			old := comparison(present, nil)
			secrets := map[string]sources.Secret{}
			for _, name := range slices.Sorted(maps.Keys(c)) {
				existing, there := old[name]
				switch {
				case there && existing.Equal(c[name]):
					here.note("same       %s", name)
				case there && !overwrite:
					here.note("kept       %s (set in %s already: --overwrite)", name, to)
				case there:
					here.note("overwrite  %s", name)
					secrets[name] = c[name]
				default:
					here.note("copy       %s", name)
					secrets[name] = c[name]
				}
			}
			if dryRun || len(secrets) == 0 {
				here.note("nothing was copied from %s to %s", from, to)
				return nil
			}
			scopes := []sources.Scope{sources.StageScope(to)}
			if err := here.set(cmd.Context(), scopes, secrets); err != nil {
				return err
			}
			here.audit(audit.Copy, describe(scopes), slices.Sorted(maps.Keys(secrets))...)
			here.note("copied %s from %s to %s", count(len(secrets), "secret"), from, to)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&from, "from", "", "the stage to copy from")
	flags.StringVar(&to, "to", "", "the stage to copy to")
	flags.BoolVar(&overwrite, "overwrite", false, "overwrite what the other stage sets already")
	flags.BoolVar(&dryRun, "dry-run", false, "only print what would be copied")
	return cmd
}

// openTwo opens the project in two stages, which may have different stores.
func (a *app) openTwo(pf *projectFlags, one, other string) (*project, *project, error) {
	first, second := *pf, *pf
	first.stage, second.stage = one, other
	p, err := a.open(&first)
	if err != nil {
		return nil, nil, err
	}
	q, err := a.open(&second)
	return p, q, err
}

// comparison returns values by name, those of names if there are any.
func comparison(values []sources.Value, names []string) map[string]sources.Secret {
	secrets := map[string]sources.Secret{}
	for _, v := range values {
		if _, known := secrets[v.Name]; !known && (len(names) == 0 || slices.Contains(names, v.Name)) {
			secrets[v.Name] = v.Secret
		}
	}
	return secrets
}
