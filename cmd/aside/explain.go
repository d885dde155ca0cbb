package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

func (a *app) explainCommand(pf *projectFlags) *cobra.Command {
	var l layers
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain [NAME]",
		Short: "show where each variable comes from, and what it shadows",
		Long: `Show which layer each variable comes from, and which definitions it shadows.

Without a name it lists what is set by anything but the environment that aside
was started with. Values are never shown: of each there is its length and a
short hash, by which values can be compared within one output. The hashes are
salted anew each time.

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
			e := p.explainer()
			switch {
			case len(args) == 1:
				return e.one(env, args[0], asJSON)
			case asJSON:
				return writeJSON(a.stdout, e.explain(defined(env)))
			}
			return e.table(defined(env))
		},
	}
	l.register(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
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

// An explainer tells about variables without telling their values.
type explainer struct {
	*project
	salt [16]byte
}

func (p *project) explainer() *explainer {
	e := &explainer{project: p}
	rand.Read(e.salt[:]) // never fails
	return e
}

// An explanation is all that may be said of a variable.
type explanation struct {
	Name         string   `json:"name"`
	From         origin   `json:"from"`
	Length       int      `json:"length"` // bytes
	Hash         string   `json:"hash"`   // salted anew in each output
	Shadows      []origin `json:"shadows"`
	ExpandedFrom []string `json:"expanded_from,omitempty"`
	Declared     bool     `json:"declared"`
	Required     bool     `json:"required"`
	Links        []string `json:"links,omitempty"`
	Watched      bool     `json:"watched"`
}

type origin struct {
	Layer   string `json:"layer"`
	Source  string `json:"source"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Version string `json:"version,omitempty"`
	Shared  bool   `json:"shared,omitempty"`
	where   string
}

func newOrigin(o sources.Origin) origin {
	return origin{o.Label(), o.Source, o.Line, o.Column, o.Version, o.Shared, place(o)}
}

func (e *explainer) explain(vars []inject.Variable) []explanation {
	all := []explanation{}
	for _, v := range vars {
		x := explanation{
			Name: v.Name, From: newOrigin(v.Origin), Length: v.Secret.Len(), Hash: e.hash(v.Secret),
			Shadows: []origin{}, ExpandedFrom: v.From, Watched: v.Origin.Layer != sources.Env,
		}
		for _, s := range v.Shadowed {
			x.Shadows = append(x.Shadows, newOrigin(s.Origin))
		}
		for _, s := range e.config.Secrets {
			if s.Value.Variable(s.Key.Value) == v.Name {
				x.Declared, x.Required = true, bool(s.Value.Required)
				x.Links = e.linksOf(s.Key.Value)
			}
		}
		if !x.Declared {
			x.Links = e.linksOf(v.Name)
		}
		all = append(all, x)
	}
	return all
}

// hash tells values apart, and nothing else about them.
func (e *explainer) hash(value sources.Secret) string {
	mac := hmac.New(sha256.New, e.salt[:])
	mac.Write([]byte(value.Reveal()))
	return hex.EncodeToString(mac.Sum(nil)[:4])
}

// linksOf names the links that give the secret to a service.
func (p *project) linksOf(name string) []string {
	var links []string
	for _, l := range p.config.Links {
		for _, text := range l.Value {
			if text.Value == name {
				links = append(links, l.Key.Value)
			}
		}
	}
	return slices.Compact(links)
}

// place names an origin with its layer, unless the source says as much.
func place(o sources.Origin) string {
	s := o.String()
	if o.Layer != sources.DotEnv {
		s = fmt.Sprintf("%s (%s)", o.Layer, s)
	}
	if o.Version != "" {
		s += " version " + o.Version
	}
	return s
}

// one explains one name, and says of one that is not set what may have been meant.
func (e *explainer) one(env *inject.Environment, name string, asJSON bool) error {
	v, ok := env.Variable(name)
	if !ok {
		return e.unset(env, name)
	}
	x := e.explain([]inject.Variable{v})[0]
	if asJSON {
		return writeJSON(e.app.stdout, x)
	}
	rows := [][2]string{
		{"from", x.From.where},
		{"value", fmt.Sprintf("%s, hash %s", count(x.Length, "byte"), x.Hash)},
	}
	if len(x.ExpandedFrom) > 0 {
		rows = append(rows, [2]string{"expanded from", strings.Join(x.ExpandedFrom, ", ")})
	}
	for i, s := range x.Shadows {
		same := ""
		if v.Shadowed[i].Template == nil && v.Shadowed[i].Secret.Equal(v.Secret) {
			same = ", the same value"
		}
		rows = append(rows, [2]string{"shadows", s.where + same})
	}
	rows = append(rows, [2]string{"is", strings.Join(e.is(x), ", ")})
	fmt.Fprintln(e.app.stdout, x.Name)
	for _, row := range rows {
		fmt.Fprintf(e.app.stdout, "  %-14s %s\n", row[0], row[1])
	}
	return nil
}

// is says what is known of a variable beside its value.
func (e *explainer) is(x explanation) []string {
	var all []string
	switch {
	case x.Required:
		all = append(all, "required")
	case x.Declared:
		all = append(all, "declared")
	}
	for _, l := range x.Links {
		all = append(all, "linked to "+l)
	}
	if x.Watched {
		return append(all, "watched")
	}
	return append(all, "not watched: the environment of aside does not change")
}

func (e *explainer) unset(env *inject.Environment, name string) error {
	err := fmt.Errorf("%s is not set in stage %s", name, e.stage)
	if near := config.Nearest(name, env.Names()); near != "" {
		return sources.Hint(err, "did you mean "+near+"?")
	}
	for _, s := range e.config.Secrets {
		if s.Value.Variable(s.Key.Value) == name || s.Key.Value == name {
			return sources.Hint(err, fmt.Sprintf("it is declared as %s: aside secret set %s --stage %s", s.Key.Value, s.Key.Value, e.stage))
		}
	}
	return sources.Hint(err, "it would come from the environment, a store (aside secret set "+name+") or a .env file")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
