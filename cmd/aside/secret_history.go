package main

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/cmd/internal/audit"
	"github.com/aside-cli/aside/sources"
)

func (a *app) secretHistoryCommand(pf *projectFlags) *cobra.Command {
	var f scopeFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "history NAME",
		Short:   "show when a secret changed, and who changed it",
		Long:    "Show the versions of a secret that the store keeps, newest first, without values.",
		Example: "  aside secret history STRIPE_KEY --stage production",
		Args:    oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, scope, err := a.openScope(cmd, pf, &f)
			if err != nil {
				return err
			}
			h, err := p.historian()
			if err != nil {
				return err
			}
			versions, err := h.History(cmd.Context(), scope, args[0])
			if err != nil {
				return hintMissing(err)
			}
			if asJSON {
				return writeVersions(a.stdout, versions)
			}
			w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "VERSION\tWHEN\tWHO\tWHAT")
			for _, v := range versions {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", cmp.Or(v.ID, "-"), when(v.Time), cmp.Or(v.By, "-"), what(v))
			}
			return w.Flush()
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(time.DateTime)
}

func what(v sources.Version) string {
	s := "set"
	if v.Removed {
		s = "removed"
	}
	if v.Current {
		s += ", current"
	}
	return s
}

// writeVersions prints versions as JSON.
func writeVersions(w io.Writer, versions []sources.Version) error {
	type entry struct {
		Version string    `json:"version"`
		Time    time.Time `json:"time,omitzero"`
		By      string    `json:"by,omitempty"`
		Removed bool      `json:"removed"`
		Current bool      `json:"current"`
	}
	entries := []entry{}
	for _, v := range versions {
		entries = append(entries, entry{v.ID, v.Time, v.By, v.Removed, v.Current})
	}
	return writeJSON(w, entries)
}

func (p *project) historian() (sources.Historian, error) {
	if h, ok := p.store.(sources.Historian); ok {
		return h, nil
	}
	return nil, sources.Hint(fmt.Errorf("the store %s keeps no earlier versions", p.config.StoreFor(p.stage).Value),
		"local, awssm, ssm and sst-v2 do, and sst where its home is aws")
}

func (a *app) secretRollbackCommand(pf *projectFlags) *cobra.Command {
	var f scopeFlags
	var to string
	cmd := &cobra.Command{
		Use:   "rollback NAME",
		Short: "give a secret the value of an earlier version",
		Long: `Give a secret the value of an earlier version again: that before the current
one, or the one that --to names. It becomes a new version.`,
		Example: `  aside secret rollback STRIPE_KEY
  aside secret rollback STRIPE_KEY --to 3 --stage production`,
		Args: oneName,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, scope, err := a.openScope(cmd, pf, &f)
			if err != nil {
				return err
			}
			h, err := p.historian()
			if err != nil {
				return err
			}
			if err := h.Rollback(cmd.Context(), scope, args[0], to); err != nil {
				return hintMissing(err)
			}
			v, err := p.find(cmd.Context(), scope, args[0])
			changed := describe(together(v, scope))
			p.audit(audit.Rollback, changed, args[0])
			p.note("rolled back %s in %s", args[0], changed)
			if err != nil {
				return err
			}
			if err := p.checkDeclared(args[0], v.Secret); err != nil {
				p.note("warning: %s", err)
			}
			return nil
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().StringVar(&to, "to", "", "the version, as aside secret history shows it")
	return cmd
}

// together returns the scopes that a value holds for: the types that it was set
// for at once, which change at once too.
func together(v sources.Value, scope sources.Scope) []sources.Scope {
	if scope.Layer != sources.Type || len(v.Group) == 0 {
		return []sources.Scope{scope}
	}
	var scopes []sources.Scope
	for _, name := range v.Group {
		s := sources.TypeScope(name)
		s.Shared = scope.Shared
		scopes = append(scopes, s)
	}
	return scopes
}
