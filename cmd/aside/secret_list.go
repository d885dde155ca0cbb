package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

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
		Use:        "list",
		SuggestFor: []string{"ls"},
		Short:      "list secrets as NAME=value lines",
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
			groups, err := p.readGroups(cmd.Context(), chosen)
			if err != nil {
				return err
			}
			show = show || !a.onTerminal()
			if all := names(slices.Concat(groups...)); show && len(all) > 0 {
				p.audit(audit.Reveal, describe(chosen), all...)
			}
			if asJSON {
				return listJSON(a.stdout, chosen, groups, show)
			}
			_, err = a.stdout.Write(listing(p, chosen, groups, show))
			return err
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&show, "show", false, "show the values on a terminal too")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON list of objects with name, scope, version and value")
	return cmd
}

// readGroups returns the values of each of the scopes.
func (p *project) readGroups(ctx context.Context, scopes []sources.Scope) ([][]sources.Value, error) {
	groups := make([][]sources.Value, len(scopes))
	if onlyTypes(scopes) {
		for i, scope := range scopes {
			var err error
			if groups[i], err = p.store.Read(ctx, scope); err != nil {
				return nil, err
			}
		}
		return groups, nil
	}
	values, err := p.store.Read(ctx, scopes...)
	for i, scope := range scopes {
		for _, v := range values {
			if v.Origin.Layer == scope.Layer && v.Origin.Shared == scope.Shared {
				groups[i] = append(groups[i], v)
			}
		}
	}
	return groups, err
}

// onlyTypes reports whether the scopes are types of stages, whose values' origins do
// not tell which. Other scopes that are listed together are of layers of their own.
func onlyTypes(scopes []sources.Scope) bool {
	return !slices.ContainsFunc(scopes, func(s sources.Scope) bool { return s.Layer != sources.Type })
}

// listing prints the groups of values, one for each of the scopes.
func listing(p *project, scopes []sources.Scope, groups [][]sources.Value, show bool) []byte {
	var out []byte
	for i, scope := range scopes {
		if len(groups[i]) == 0 {
			continue
		}
		slices.SortStableFunc(groups[i], func(a, b sources.Value) int { return strings.Compare(a.Name, b.Name) })
		if len(out) > 0 {
			out = append(out, '\n')
		}
		out = append(out, "# "+p.heading(scope)+"\n"...)
		for _, v := range groups[i] {
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
func listJSON(w io.Writer, scopes []sources.Scope, groups [][]sources.Value, show bool) error {
	type entry struct {
		Name    string `json:"name"`
		Scope   string `json:"scope"`
		Of      string `json:"of,omitempty"` // the stage or the type
		Shared  bool   `json:"shared,omitempty"`
		Version string `json:"version,omitempty"`
		Value   string `json:"value"`
	}
	entries := []entry{}
	for i, scope := range scopes {
		for _, v := range groups[i] {
			e := entry{v.Name, scope.Layer.String(), scope.Name, scope.Shared, v.Origin.Version, masked}
			if show {
				if !utf8.ValidString(v.Secret.Reveal()) {
					return sources.Hint(fmt.Errorf("JSON cannot hold %s in %s: it is no UTF-8", v.Name, scope), "leave out --json: the .env format can")
				}
				e.Value = v.Secret.Reveal()
			}
			entries = append(entries, e)
		}
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
