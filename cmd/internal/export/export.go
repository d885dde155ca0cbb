// Package export writes an environment in the forms that other programs read:
// shells, container tools, CI systems. What a form cannot hold byte for byte is
// refused, by name.
package export

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/sources"
)

// A Variable is one variable to write.
type Variable struct {
	Name   string
	Value  sources.Secret
	Stored bool   // it comes from a store: CI systems are told to mask it
	Place  string // where it was set, for errors: ".env:3". May be empty
}

// Options are what some formats need besides the variables.
type Options struct {
	App string // k8s: the Secret is named after it

	// Masks gets the lines that make GitHub mask stored values in its logs, in
	// the format github. They have to reach the log of the step, on stdout or
	// stderr. Nil leaves them out.
	Masks io.Writer
}

// A format is one form that other programs read.
type format struct {
	name          string
	names, values []rule
	limit         int // of all lines NAME=value and their ends together, in bytes; 0: none
	write         func(vars []Variable, o Options) ([]byte, error)
}

var formats = [...]format{
	{name: "env", names: []rule{dotted}, write: lines(envLine)},
	{name: "json", names: []rule{text}, values: []rule{text}, write: writeJSON},
	{name: "yaml", names: []rule{text, yamlKey}, values: []rule{text}, write: writeYAML},
	{name: "shell", names: []rule{identifier, bashOwn, zshOwn}, values: []rule{zshNumber}, write: lines(shellLine)},
	{name: "fish", names: []rule{identifier, fishOwn}, values: []rule{fishPath}, write: lines(fishLine)},
	{name: "powershell", names: []rule{identifier}, values: []rule{text, powershellEmpty}, write: lines(powershellLine)},
	{name: "docker", names: []rule{dotted}, values: []rule{text, oneLine, dockerEnd, dockerQuotes, dockerLength}, write: lines(plainLine)},
	{name: "github", names: []rule{dotted, githubOwn}, values: []rule{text, githubEnd}, write: writeGitHub},
	{name: "gitlab", names: []rule{identifier, short(255)}, values: []rule{text, oneLine, gitlabEnds, gitlabReference}, limit: 5<<10 - 1, write: lines(plainLine)},
	{name: "k8s", names: []rule{dotted, kubernetesKey, short(253)}, limit: 1 << 20, write: writeKubernetes},
	{name: "systemd", names: []rule{identifier}, values: []rule{text, systemdControl, systemdCharacter}, write: lines(systemdLine)},
	{name: "tfvars", names: []rule{terraformName}, values: []rule{text, composed}, write: lines(terraformLine)},
}

// Names returns the names of all formats.
func Names() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Check returns an error unless there is a format of that name.
func Check(name string) error {
	_, err := find(name)
	return err
}

func find(name string) (format, error) {
	for _, f := range formats {
		if f.name == name {
			return f, nil
		}
	}
	err := fmt.Errorf("there is no format %q", name)
	if near := config.Nearest(name, Names()); near != "" {
		err = fmt.Errorf("%w: did you mean %q?", err, near)
	}
	return format{}, sources.Hint(err, "the formats are "+list(Names(), "and"))
}

// Write writes vars, whose names differ, to w in the named format, in their
// order (json: sorted). Where a variable does not fit the format, nothing is
// written, and the error names every one that does not, but never a value.
func Write(w io.Writer, name string, vars []Variable, o Options) error {
	f, err := find(name)
	if err != nil {
		return err
	}
	if err := f.check(vars); err != nil {
		return err
	}
	out, err := f.write(vars, o)
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

// lines returns what writes a format of one assignment after the other.
func lines(line func(dst []byte, name, value string) []byte) func([]Variable, Options) ([]byte, error) {
	return func(vars []Variable, _ Options) ([]byte, error) {
		var out []byte
		for _, v := range vars {
			out = line(out, v.Name, v.Value.Reveal())
		}
		return out, nil
	}
}

// check returns an error that names everything that f cannot hold.
func (f format) check(vars []Variable) error {
	var refused []string
	var badName, badValue bool
	for _, v := range vars {
		reason, name := f.refuses(v)
		if reason == "" {
			continue
		}
		refused = append(refused, v.title()+" "+reason)
		badName, badValue = badName || name, badValue || !name
	}
	if len(refused) > 0 {
		var ways []string
		if badName {
			ways = append(ways, "choose another name")
		}
		if badValue {
			ways = append(ways, "encode the value (base64)")
		}
		if others := holding(vars); len(others) > 0 {
			ways = append(ways, "use --format "+list(others, "or"))
		}
		return sources.Hint(fmt.Errorf("not everything fits the format %s: %s", f.name, strings.Join(refused, "; ")), list(ways, "or"))
	}
	if n := total(vars); f.limit > 0 && n > f.limit {
		return sources.Hint(fmt.Errorf("%d bytes are too much for the format %s, which holds %d: %s", n, f.name, f.limit, largest(vars)),
			"keep large values in files, or use another format")
	}
	return nil
}

// refuses says why f cannot hold v, or "", and whether that is for its name.
func (f format) refuses(v Variable) (reason string, name bool) {
	value := v.Value.Reveal()
	if reason := noNUL(v.Name, value); reason != "" {
		return reason, false
	}
	for _, refuses := range f.names {
		if reason := refuses(v.Name, v.Name); reason != "" {
			return reason, true
		}
	}
	for _, refuses := range f.values {
		if reason := refuses(v.Name, value); reason != "" {
			return reason, false
		}
	}
	return "", false
}

// holding returns the formats that can hold all of vars.
func holding(vars []Variable) []string {
	var names []string
	for _, f := range formats {
		refused := func(v Variable) bool { reason, _ := f.refuses(v); return reason != "" }
		if !slices.ContainsFunc(vars, refused) && (f.limit == 0 || total(vars) <= f.limit) {
			names = append(names, f.name)
		}
	}
	return names
}
