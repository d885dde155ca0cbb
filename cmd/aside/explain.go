package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

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
			l.lenient = true // what is missing is asked for here
			p, env, err := a.openResolved(cmd.Context(), pf, l)
			if err != nil {
				return err
			}
			e := p.explainer(l, env)
			switch {
			case len(args) == 1:
				return e.one(cmd.Context(), args[0], asJSON)
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
	layers layers
	env    *inject.Environment
	parts  map[string]string // of flattened secrets
	salt   [16]byte
}

func (p *project) explainer(l layers, env *inject.Environment) *explainer {
	e := &explainer{project: p, layers: l, env: env, parts: p.parts(env)}
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
	PartOf       string   `json:"part_of,omitempty"` // the flattened secret
	Watched      bool     `json:"watched"`
	As           string   `json:"as,omitempty"` // file or fd, if it is no variable; environment: the file that is named there
}

type origin struct {
	Layer   string `json:"layer"`
	Source  string `json:"source"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Version string `json:"version,omitempty"`
	Shared  bool   `json:"shared,omitempty"`
	Same    bool   `json:"same_value,omitempty"` // as the one that wins
}

func newOrigin(o sources.Origin) origin {
	return origin{Layer: o.Label(), Source: o.Source, Line: o.Line, Column: o.Column, Version: o.Version, Shared: o.Shared}
}

func (e *explainer) explain(vars []inject.Variable) []explanation {
	all := []explanation{}
	for _, v := range vars {
		x := explanation{
			Name: v.Name, From: newOrigin(v.Origin), Length: v.Secret.Len(), Hash: e.hash(v.Secret),
			Shadows: []origin{}, ExpandedFrom: v.From, PartOf: e.parts[v.Name], Watched: v.Origin.Layer != sources.Env,
		}
		for _, s := range v.Shadowed {
			shadow := newOrigin(s.Origin)
			shadow.Same = same(s, v.Secret)
			x.Shadows = append(x.Shadows, shadow)
		}
		for _, s := range e.config.Secrets {
			its := s.Value.Variable(s.Key.Value) == v.Name
			if its || s.Key.Value == x.PartOf {
				x.Declared, x.Required = true, bool(s.Value.Required)
				x.Links = e.linksOf(s.Key.Value)
			}
			if its {
				x.As = e.form(v.Name, s.Value.Form())
			}
		}
		if !x.Declared {
			x.Links = e.linksOf(v.Name)
		}
		all = append(all, x)
	}
	return all
}

// form says in which form a command gets a variable, if not as one.
func (e *explainer) form(name string, declared inject.Form) string {
	if (inject.Deliveries{name: {Form: declared}}).Given(name, e.env) {
		return givenFile
	}
	return string(declared)
}

// givenFile is the form of what is delivered in a file that the environment names.
const givenFile = "environment"

// same reports whether a definition has this value, as far as that can be told
// without expanding it.
func same(v sources.Value, value sources.Secret) bool {
	if v.Template == nil {
		return v.Secret.Equal(value)
	}
	text, ok := v.Template.Literal()
	return ok && text == value.Reveal()
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

// count is a number of things.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
