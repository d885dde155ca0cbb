package main

import (
	"encoding/json"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/cmd/internal/audit"
	"github.com/aside-cli/aside/dotenv"
	"github.com/aside-cli/aside/sources"
)

const masked = "********"

func (a *app) secretListCommand(pf *projectFlags) *cobra.Command {
	var f scopeFlags
	var show, asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list secrets as NAME=value lines",
		Long: `List the secrets that count for the stage, or those of one scope, as NAME=value
lines that aside secret load reads back exactly. On a terminal the values are
masked.`,
		Example: `  aside secret list --stage production
  aside secret list --fallback --show
  aside secret list > backup.env`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, chosen, err := a.openScopes(cmd, pf, &f)
			if err != nil {
				return err
			}
			if !f.fallback && !f.shared && len(f.types) == 0 {
				chosen = p.scopes()
				slices.Reverse(chosen) // lowest first, since the later line wins
			}
			values, err := p.store.Read(cmd.Context(), chosen...)
			if err != nil {
				return err
			}
			show = show || !a.onTerminal()
			if show && len(values) > 0 {
				p.audit(audit.Reveal, describe(chosen), names(values)...)
			}
			if asJSON {
				return listJSON(a.stdout, values, show)
			}
			_, err = a.stdout.Write(listing(p, chosen, values, show))
			return err
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&show, "show", false, "show the values on a terminal too")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON list of objects with name, scope, version and value")
	return cmd
}

// of reports whether a stored value lies in the scope. A project reads one type
// of stages and one stage at most, so the layer tells.
func of(scope sources.Scope) func(sources.Value) bool {
	return func(v sources.Value) bool {
		return v.Origin.Layer == scope.Layer && v.Origin.Shared == scope.Shared
	}
}

// listing prints values grouped by scope.
func listing(p *project, scopes []sources.Scope, values []sources.Value, show bool) []byte {
	var out []byte
	for _, scope := range scopes {
		var group []sources.Value
		for _, v := range values {
			if of(scope)(v) {
				group = append(group, v)
			}
		}
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
				out = append(out, v.Name+"="+masked+"\n"...)
			}
		}
	}
	return out
}

// listJSON prints values in the order of the scopes.
func listJSON(w io.Writer, values []sources.Value, show bool) error {
	type entry struct {
		Name    string `json:"name"`
		Scope   string `json:"scope"`
		Shared  bool   `json:"shared,omitempty"`
		Version string `json:"version,omitempty"`
		Value   string `json:"value"`
	}
	entries := []entry{}
	for _, v := range values {
		e := entry{v.Name, v.Origin.Layer.String(), v.Origin.Shared, v.Origin.Version, masked}
		if show {
			e.Value = v.Secret.Reveal()
		}
		entries = append(entries, e)
	}
	return writeJSON(w, entries)
}

// writeJSON prints JSON for people and programs alike.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// names returns the names of values, sorted, each once.
func names(values []sources.Value) []string {
	var all []string
	for _, v := range values {
		all = append(all, v.Name)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
