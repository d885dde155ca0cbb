package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/sources"
)

// A difference is one name in two stages.
type difference struct {
	Name string `json:"name"`
	In   string `json:"in"` // a stage, "both" or "differs"
	A    string `json:"a,omitempty"`
	B    string `json:"b,omitempty"` // the layers that the values come from

	both, same bool // a stage may be called like what In says of these
}

func (a *app) diffCommand(pf *projectFlags) *cobra.Command {
	var all, asJSON bool
	cmd := &cobra.Command{
		Use:   "diff STAGE STAGE",
		Short: "show what differs between two stages, without values",
		Long: `Show which stored secrets only one of two stages has, and which have another
value there. Secrets of a stage's type and fallbacks count, as they do for run.
Values are compared in memory and never shown.`,
		Example: `  aside diff staging production
  aside diff dev production --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("%s takes two stages", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			p, q, err := a.openTwo(pf, args[0], args[1])
			if err != nil {
				return err
			}
			one, err := p.storedValues(cmd.Context(), layers{readOnly: true})
			if err != nil {
				return err
			}
			other, err := q.storedValues(cmd.Context(), layers{readOnly: true})
			if err != nil {
				return err
			}
			found := differences(args[0], args[1], one, other)
			if !all {
				found = slices.DeleteFunc(found, func(d difference) bool { return d.same })
			}
			if asJSON {
				return writeJSON(a.stdout, found)
			}
			return a.printDifferences(found, args[0], args[1])
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "list what is the same too")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// storedValues returns the stored secrets that count for the stage, by name.
func (p *project) storedValues(ctx context.Context, l layers) (map[string]sources.Value, error) {
	src, err := p.storeSource(l)
	if err != nil {
		return nil, err
	}
	reading, err := src.Read(ctx)
	if err != nil {
		return nil, err
	}
	winners := map[string]sources.Value{}
	for _, v := range reading.Values {
		if _, ok := winners[v.Name]; !ok {
			winners[v.Name] = v
		}
	}
	return winners, nil
}

// differences compares two stages, sorted by name.
func differences(a, b string, one, other map[string]sources.Value) []difference {
	union := maps.Clone(one)
	maps.Copy(union, other)
	found := []difference{}
	for _, name := range slices.Sorted(maps.Keys(union)) {
		x, inA := one[name]
		y, inB := other[name]
		d := difference{Name: name, In: "differs", both: inA && inB}
		switch {
		case !inB:
			d.In = a
		case !inA:
			d.In = b
		case x.Secret.Equal(y.Secret):
			d.In, d.same = "both", true
		}
		if inA {
			d.A = x.Origin.Layer.String()
		}
		if inB {
			d.B = y.Origin.Layer.String()
		}
		found = append(found, d)
	}
	return found
}

func (a *app) printDifferences(found []difference, one, other string) error {
	if len(found) == 0 {
		a.say("nothing differs between %s and %s", one, other)
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, d := range found {
		switch {
		case d.same:
			fmt.Fprintf(w, "same\t%s\n", d.Name)
		case d.both:
			fmt.Fprintf(w, "different\t%s\t%s: %s, %s: %s\n", d.Name, one, d.A, other, d.B)
		default:
			fmt.Fprintf(w, "only in %s\t%s\t%s\n", d.In, d.Name, d.A+d.B)
		}
	}
	return w.Flush()
}
