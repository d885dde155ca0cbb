package inject

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aside-cli/aside/sources"
)

// A Form is how a variable reaches a command.
type Form string

const (
	// AsVariable is NAME=value in the environment.
	AsVariable Form = ""

	// AsFile is NAME_FILE=path, and no NAME: a file of mode 0600 that is there
	// while the command is, in memory where the system has such a file system.
	AsFile Form = "file"

	// AsDescriptor is NAME_FILE=/proc/self/fd/N, and no NAME: a sealed file
	// without a name, on Linux, which the command and what it starts inherit.
	AsDescriptor Form = "fd"
)

// ParseForm returns the form that s names: env, file or fd.
func ParseForm(s string) (Form, error) {
	switch s {
	case "env":
		return AsVariable, nil
	case "file":
		return AsFile, nil
	case "fd":
		return AsDescriptor, nil
	}
	return "", sources.Hint(fmt.Errorf("%.40q is no way to deliver a variable", s), "it is env, file or fd")
}

// A Delivery says how one variable reaches a command.
type Delivery struct {
	Form Form

	// Path is where a file is to lie, an absolute path. "": in a folder of its
	// own, which is private to the user and the run.
	Path string
}

// Deliveries say how variables reach a command, by their names. Those that are
// not in it do as variables.
//
// A file is written before the command starts and anew, by a rename, before a
// signal tells the command that the value changed; a change that is ignored
// leaves it alone. A descriptor cannot change: there a signal becomes a restart.
//
// A NAME_FILE in the environment that this program was started with wins, as
// everything does that is set there: the command gets neither NAME nor a file. One
// in any other layer is an error.
type Deliveries map[string]Delivery

// FileVariable returns the name of the variable that names the file in which the
// variable called name is delivered.
func FileVariable(name string) string { return name + "_FILE" }

// Given reports whether the variable called name is one for a file, and the
// environment that this program was started with names that file already.
func (d Deliveries) Given(name string, env *Environment) bool {
	file, ok := env.vars[FileVariable(name)]
	return ok && d[name].Form != AsVariable && file.Origin.Layer == sources.Env
}

// A parcel is a value on its way to a command that is none of its variables.
type parcel struct {
	name   string
	secret sources.Secret
	Delivery
}

// pack returns what of env does not reach the command as a variable, and what
// does. There each parcel has its NAME_FILE, with a value to be filled in.
func (d Deliveries) pack(env *Environment) (parcels []parcel, rest *Environment, err error) {
	if len(d) == 0 {
		return nil, env, nil
	}
	rest = &Environment{maps.Clone(env.vars)}
	for _, name := range slices.Sorted(maps.Keys(d)) {
		v, ok := env.vars[name]
		if !ok || d[name].Form == AsVariable {
			continue
		}
		delete(rest.vars, name)
		if d.Given(name, env) {
			continue
		}
		file := FileVariable(name)
		if other, ok := env.vars[file]; ok {
			return nil, nil, sources.Hint(fmt.Errorf("%s cannot be delivered in a file: %s is set already (%s)", name, file, other.Origin.Label()),
				"remove "+file+", or deliver "+name+" as a variable")
		}
		for _, p := range parcels {
			if strings.EqualFold(p.name, name) {
				return nil, nil, sources.Hint(fmt.Errorf("%s and %s cannot both be delivered in files: some systems take their names for the same", p.name, name),
					"deliver one of them as a variable")
			}
		}
		parcels = append(parcels, parcel{name, v.Secret, d[name]})
		rest.vars[file] = &Variable{Name: file, Origin: v.Origin, Secret: sources.NewSecret(toBeFilledIn)}
	}
	return parcels, rest, nil
}

// toBeFilledIn is as long as the name of a file may be expected to be, so that the
// limits of the system are checked with room for it.
var toBeFilledIn = strings.Repeat("?", 256)

// fillIn sets a variable of environ that pack has put there.
func fillIn(environ []string, name, value string) {
	for i, v := range environ {
		if strings.HasPrefix(v, name+"=") {
			environ[i] = name + "=" + value
		}
	}
}

// prepare does everything that can fail before a process is touched.
func (s *Supervisor) prepare(env *Environment) (launch, error) {
	parcels, rest, err := s.Deliver.pack(env)
	if err != nil {
		return launch{}, err
	}
	l, err := s.Command.prepare(rest)
	l.parcels = parcels
	return l, err
}

// Check returns the path of the program that [Supervisor.Run] and
// [Supervisor.Exec] would start with env, and the error that they would return
// instead. Nothing is started or written.
func (s *Supervisor) Check(env *Environment) (path string, err error) {
	l, err := s.prepare(env)
	if err == nil {
		err = new(deliverer).check(l.parcels)
	}
	return l.path, err
}
