package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/override"
)

// unset says of a name that nothing sets where it would have come from, and what
// it may be a misspelling of.
func (e *explainer) unset(ctx context.Context, name string) error {
	secret, near := name, e.env.Names()
	hint := ""
	for _, s := range e.config.Secrets {
		variable := s.Value.Variable(s.Key.Value)
		near = append(near, s.Key.Value, variable)
		switch name {
		case variable, s.Key.Value:
			secret, hint = s.Key.Value, "it is declared as "+s.Key.Value+", and it"
		case deliveredName(s):
			secret, hint = s.Key.Value, "it names the file of "+s.Key.Value+", which"
		}
	}
	if by, mend := e.leftOut(secret); by != "" {
		if place := e.storedPlace(ctx, secret); place != "" {
			return sources.Hint(fmt.Errorf("%s is not set in stage %s: %s leaves out the stored secret %s", name, e.stage, by, secret),
				"it is in "+place+"; "+mend)
		}
	}
	if hint == "" {
		hint = "it"
		if meant := config.Nearest(name, near); meant != "" {
			hint = "did you mean " + meant + "? it"
		}
	}
	if sources.CheckName(name) != nil {
		name = strconv.Quote(name)
	}
	return sources.Hint(fmt.Errorf("%s is not set in stage %s", name, e.stage), hint+" would come from "+e.everywhere(secret))
}

// leftOut says what keeps the secret from a command if it is stored, and how to
// let it through.
func (e *explainer) leftOut(secret string) (by, mend string) {
	d, declared := e.config.Declaration(secret)
	does := func(l layers) bool {
		selected, err := e.selection(l)
		return err == nil && !selected(secret, d.Variable(secret))
	}
	switch l := e.layers; {
	case does(layers{link: l.link}):
		return "--link " + printable(l.link), "add it to that link in " + config.Name + ", or leave the flag out"
	case does(layers{only: l.only}):
		return "--only", "add it there, or leave the flag out"
	case does(layers{except: l.except}):
		return "--except", "leave the flag out to get it"
	case !declared && e.config.Undeclared.Value == "ignore":
		return "undeclared: ignore", "declare it below secrets: in " + config.Name
	}
	return "", ""
}

// storedPlace is where the secret is stored, "" if it is not, as far as can be told.
func (e *explainer) storedPlace(ctx context.Context, secret string) string {
	l := e.layers
	l.readOnly = true
	values, _ := e.storedValues(ctx, l)
	if v, ok := values[secret]; ok {
		return e.place(newOrigin(v.Origin))
	}
	return ""
}

// everywhere names all that can set a variable, highest first.
func (e *explainer) everywhere(secret string) string {
	from := []string{"the environment"}
	if e.overridable() {
		from = append(from, override.Name)
	}
	store := e.config.StoreFor(e.stage).Value
	from = append(from, "the store "+store)
	if store != "exec" && sources.CheckName(secret) == nil { // exec is read only
		from[len(from)-1] += fmt.Sprintf(" (aside secret set %s --stage %s)", secret, e.stage)
	}
	if files := e.layers.envFiles; len(files) > 0 {
		from = append(from, files...)
	} else {
		from = append(from, sources.Cascade(e.stage)...)
	}
	return strings.Join(from, ", ") + " or parameters: in " + config.Name
}
