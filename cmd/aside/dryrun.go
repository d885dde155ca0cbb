package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/watch"
)

// dryRun prints what run would do. It starts and writes nothing, and returns the
// error that run would return instead of starting the command.
func (p *project) dryRun(ctx context.Context, s *inject.Supervisor, w watch.Config, f *runFlags, watching bool) error {
	env, err := s.Resolve(ctx)
	if err != nil {
		return err
	}
	program, err := s.Check(env)
	if err != nil {
		return err
	}
	var out strings.Builder
	line := func(label, format string, args ...any) {
		fmt.Fprintf(&out, "%-10s %s\n", label, printable(fmt.Sprintf(format, args...)))
	}
	line("command", "%s", commandLine(s.Command.Args))
	line("program", "%s", program)
	line("folder", "%s", cmp.Or(s.Command.Dir, "."))
	line("stage", "%s (%s) of %s", p.stage, p.stageType(), p.name)
	vars := p.delivered(s, env)
	e := p.explainer(f.layers, env)
	usual, _ := inject.ParseReaction(f.onChange) // checked as s was made
	rows := [][]string{{"NAME", "LAYER", "FROM", "AS", "ON CHANGE"}}
	for i, x := range e.explain(vars) {
		rows = append(rows, []string{x.Name, layerOf(x.From), e.where(x.From), e.as(s, x.Name), onChange(s, usual, vars[i], watching)})
	}
	if len(vars) > 0 {
		width, _, _ := p.app.look()
		out.WriteString("\n" + strings.Join(align(rows, width, 2), "\n") + "\n\n")
	}
	line("variables", "%d, and %d more of the environment that aside was started with", len(vars), env.Len()-len(vars))
	switch {
	case watching:
		for _, file := range w.Files {
			line("watched", "%s", p.watchedFile(file))
		}
		for _, poll := range w.Polls {
			line("polled", "the store %s, every %s", poll.Name, poll.Every)
		}
		signal := strings.TrimPrefix(inject.Reaction{Signal: s.StopSignal}.String(), "signal:")
		line("on change", "%s; a restart is SIG%s, and SIGKILL after %s", f.onChange, signal, f.grace)
	case f.mask:
		line("watched", "nothing: aside stays to mask what the command prints")
	default:
		line("watched", "nothing: aside becomes the command")
	}
	_, err = p.app.stdout.Write([]byte(out.String()))
	return err
}

// commandLine quotes the arguments that would be read as several.
func commandLine(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = arg
		if arg == "" || strings.ContainsFunc(arg, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`"'\$`+"`\x7f", r) }) {
			words[i] = strconv.Quote(arg)
		}
	}
	return strings.Join(words, " ")
}

// delivered are the variables that are told of: those that some layer below the
// process environment sets, and those that are delivered in files.
func (p *project) delivered(s *inject.Supervisor, env *inject.Environment) []inject.Variable {
	below := map[string]bool{}
	for _, v := range defined(env) {
		below[v.Name] = true
	}
	var vars []inject.Variable
	for _, name := range env.Names() {
		if below[name] || s.Deliver[name].Form != inject.AsVariable {
			v, _ := env.Variable(name)
			vars = append(vars, v)
		}
	}
	return vars
}

// as says how a variable is delivered, if not as one.
func (e *explainer) as(s *inject.Supervisor, name string) string {
	d, file := s.Deliver[name], inject.FileVariable(name)
	switch {
	case d.Form == inject.AsVariable:
		return ""
	case s.Deliver.Given(name, e.env):
		return file + " (of the environment)"
	case d.Path != "":
		return fmt.Sprintf("%s (%s %s)", file, d.Form, e.short(d.Path))
	}
	return fmt.Sprintf("%s (%s)", file, d.Form)
}

// onChange says what a change of a variable does, if not what the flags say for all.
func onChange(s *inject.Supervisor, usual inject.Reaction, v inject.Variable, watching bool) string {
	own := s.React(v.Name)
	if own.Signal != 0 && s.Deliver[v.Name].Form == inject.AsDescriptor {
		own = inject.Reaction{}
	}
	if !watching || own == usual || v.Origin.Layer == sources.Env {
		return ""
	}
	return own.String()
}

// watchedFile names a file, and says of one that is not there that it is waited for.
func (p *project) watchedFile(path string) string {
	if _, err := os.Stat(path); err != nil {
		return p.short(path) + " (not there yet)"
	}
	return p.short(path)
}

// short is a path from the root where it lies below it.
func (p *project) short(path string) string {
	if rel, err := filepath.Rel(p.config.Root, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}
