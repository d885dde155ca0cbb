package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

// one explains the variable called name, or that of the secret that is declared
// under it. Of one that is not set it says what may have been meant.
func (e *explainer) one(ctx context.Context, name string, asJSON bool) error {
	v, ok := e.env.Variable(name)
	if !ok {
		if v, ok = e.env.Variable(e.meant(name)); !ok {
			return e.unset(ctx, name)
		}
	}
	x := e.explain([]inject.Variable{v})[0]
	if asJSON {
		return writeJSON(e.app.stdout, x)
	}
	rows := [][2]string{
		{"from", e.place(x.From)},
		{"value", fmt.Sprintf("%s, hash %s", count(x.Length, "byte"), x.Hash)},
	}
	if len(x.ExpandedFrom) > 0 {
		rows = append(rows, [2]string{"expanded from", strings.Join(x.ExpandedFrom, ", ")})
	}
	stored := false
	for i, s := range x.Shadows {
		where := e.place(s)
		if s.Same {
			where += ", the same value"
		}
		rows = append(rows, [2]string{"shadows", where})
		stored = stored || v.Shadowed[i].Origin.Layer.Stored()
	}
	rows = append(rows, [2]string{"is", strings.Join(is(x), ", ")})
	if v.Origin.Layer == sources.Env && stored {
		rows = append(rows, [2]string{"note", "the environment beats stored secrets: they count where " + x.Name + " is not set in it"})
	}
	var out strings.Builder
	fmt.Fprintln(&out, printable(x.Name))
	for _, row := range rows {
		fmt.Fprintf(&out, "  %-14s %s\n", row[0], printable(row[1]))
	}
	_, err := e.app.stdout.Write([]byte(out.String()))
	return err
}

// meant is the variable of the declared secret called name, or of the one that
// a command finds by that name in a file.
func (e *explainer) meant(name string) string {
	for _, s := range e.config.Secrets {
		if deliveredName(s) == name {
			return s.Value.Variable(s.Key.Value)
		}
	}
	return e.variable(name)
}

// place names an origin with its layer, unless the source says as much.
func (e *explainer) place(o origin) string {
	where := e.where(o)
	if o.Layer != o.Source {
		where = fmt.Sprintf("%s (%s)", layerOf(o), where)
	}
	if o.Version != "" {
		where += " version " + o.Version
	}
	return where
}

// where is the source of a value and its line, the home folder as ~.
func (e *explainer) where(o origin) string {
	source := o.Source
	if home := e.app.getenv("HOME"); home != "" {
		if rest, ok := strings.CutPrefix(source, home+string(filepath.Separator)); ok {
			source = filepath.Join("~", rest)
		}
	}
	if o.Line > 0 {
		return fmt.Sprintf("%s:%d", source, o.Line)
	}
	return source
}

// layerOf names the layer, and tells what all apps share from the app's own.
func layerOf(o origin) string {
	if o.Shared {
		return "shared " + o.Layer
	}
	return o.Layer
}

// is says what is known of a variable beside its value.
func is(x explanation) []string {
	all := known(x)
	if x.Watched {
		return append(all, "watched")
	}
	return append(all, "not watched: the environment of aside does not change")
}

// known says what aside.yaml knows of a variable.
func known(x explanation) []string {
	var all []string
	switch {
	case x.Required:
		all = append(all, "required")
	case x.Declared:
		all = append(all, "declared")
	}
	if x.PartOf != "" {
		all = append(all, "part of "+x.PartOf)
	}
	if len(x.Links) > 0 {
		all = append(all, "linked to "+strings.Join(x.Links, " and "))
	}
	switch file := inject.FileVariable(x.Name); x.As {
	case "":
	case givenFile:
		all = append(all, "in "+file+" (of the environment)")
	default:
		all = append(all, fmt.Sprintf("in %s (%s)", file, x.As))
	}
	return all
}
