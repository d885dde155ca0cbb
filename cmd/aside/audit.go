package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/cmd/internal/audit"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

// audit records what was done, where the project has a local store beside which
// the log lies. What was done is done: a log that cannot be written is a warning.
func (p *project) audit(action, scope string, names ...string) {
	p.record(audit.Record{Action: action, Scope: scope, Names: names})
}

// auditRun records which stored secrets a command was given.
func (p *project) auditRun(command, link string, env *inject.Environment) {
	if names := p.stored(env); len(names) > 0 {
		p.record(audit.Record{Action: audit.Run, Names: names, Link: link, Command: command})
	}
}

// stored names the secrets whose values come from a store, as the store does,
// and the members of those that are flattened.
func (p *project) stored(env *inject.Environment) []string {
	secrets := map[string]string{}
	for _, s := range p.config.Secrets {
		secrets[s.Value.Variable(s.Key.Value)] = s.Key.Value
	}
	var names []string
	for _, name := range env.Names() {
		if v, _ := env.Variable(name); v.Origin.Layer.Stored() {
			names = append(names, cmp.Or(secrets[name], name))
		}
	}
	return names
}

func (p *project) record(r audit.Record) {
	r.Who, r.Stage = audit.Who(), p.stage
	err := audit.In(p.config.Root).Append(r)
	if err != nil && !errors.Is(err, audit.ErrReadOnly) {
		p.warn(err)
	}
}

func (a *app) auditCommand(pf *projectFlags) *cobra.Command {
	var secret, since string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "show who did what with which secret",
		Long: `Show who set, loaded, removed, revealed, exported, copied and rolled back which
secret, who changed the recipients, and which command was given which. The log is
.aside/audit.jsonl, of this machine alone, and kept where there is a folder
.aside; no value is in it.`,
		Example: `  aside audit --since 7d
  aside audit --secret STRIPE_KEY`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			filter := audit.Filter{Secret: secret}
			if since != "" {
				age, err := audit.ParseAge(since)
				if err != nil {
					return usageError{err}
				}
				filter.Since = time.Now().Add(-age)
			}
			p, err := a.open(pf)
			if err != nil {
				return err
			}
			records, damaged, err := audit.In(p.config.Root).Read(filter)
			if err != nil {
				return err
			}
			if damaged > 0 {
				p.warn(fmt.Errorf("%d lines of the log cannot be read", damaged))
			}
			if asJSON {
				return writeJSON(a.stdout, append([]audit.Record{}, records...))
			}
			w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "WHEN\tWHO\tWHAT\tWHERE\tSECRETS")
			for _, r := range records {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", when(r.Time), r.Who, strings.TrimSpace(r.Action+" "+r.Command),
					cmp.Or(r.Scope, sources.StageScope(r.Stage).String()), strings.Join(r.Names, ", "))
			}
			return w.Flush()
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&secret, "secret", "", "only what is about this secret")
	flags.StringVar(&since, "since", "", "only what is not older, as in 24h or 7d")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
