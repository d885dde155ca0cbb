package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/cmd/internal/audit"
	"github.com/aside-cli/aside/sources"
)

func (a *app) secretRemoveCommand(pf *projectFlags) *cobra.Command {
	var f scopeFlags
	var force, forceDelete bool
	cmd := &cobra.Command{
		Use:        "remove NAME",
		SuggestFor: []string{"delete", "unset"},
		Aliases:    []string{"rm"},
		Short:      "remove a secret",
		Long: `Remove a secret from one scope. One that is required, or that a link gives to a
service, is removed with --force only.`,
		Example: "  aside secret remove STRIPE_KEY --stage pr-12",
		Args:    oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			name := args[0]
			pf.forceDelete = forceDelete
			p, scopes, err := a.openScopes(cmd, pf, &f)
			if err != nil {
				return err
			}
			if needed := p.neededBy(name); len(needed) > 0 && !force {
				return sources.Hint(fmt.Errorf("%s is needed by %s: nothing was removed", name, strings.Join(needed, ", ")),
					"to remove it all the same: --force")
			}
			if err := p.remove(cmd.Context(), scopes, name); err != nil {
				return hintMissing(err)
			}
			p.audit(audit.Remove, describe(scopes), name)
			p.note("removed %s from %s", name, describe(scopes))
			return nil
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&force, "force", false, "remove it even if it is required or linked")
	cmd.Flags().BoolVar(&forceDelete, "force-delete", false, "in Secrets Manager: delete for good, without the time to recover it")
	return cmd
}

// neededBy names what counts on the secret.
func (p *project) neededBy(name string) []string {
	var needed []string
	if d, _ := p.config.Declaration(name); d.Required {
		needed = append(needed, "every command (it is required)")
	}
	for _, link := range p.linksOf(name) {
		needed = append(needed, "link "+link)
	}
	return needed
}
