package inject

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"

	"github.com/aside-cli/aside/sources"
)

// A Reaction is what a change of one variable calls for: a restart (the zero
// Reaction), a signal, or nothing.
type Reaction struct {
	Ignore bool
	Signal syscall.Signal // 0: none
}

// String returns what [ParseReaction] takes.
func (r Reaction) String() string {
	switch {
	case r.Ignore:
		return "ignore"
	case r.Signal != 0:
		return "signal:" + strings.TrimPrefix(signalName(r.Signal), "SIG")
	}
	return "restart"
}

// reactions are changes by what they call for.
type reactions struct {
	restart []Change
	signal  map[syscall.Signal][]Change
}

// signalled are all changes that call for a signal.
func (r reactions) signalled() []Change {
	return slices.Concat(slices.Collect(maps.Values(r.signal))...)
}

// sort asks React what each change on the way to env calls for. Without a command
// that is alive to get a signal, that is a restart too; so it is where a signal
// would not make the command see anything new.
func (s *Supervisor) sort(changes []Change, env *Environment, alive bool) reactions {
	r := reactions{signal: map[syscall.Signal][]Change{}}
	for _, c := range changes {
		var do Reaction
		if s.React != nil {
			do = s.React(c.Name)
		}
		switch {
		case do.Ignore || s.Deliver.Given(c.Name, env):
		case do.Signal != 0 && alive && s.Deliver[c.Name].Form != AsDescriptor:
			r.signal[do.Signal] = append(r.signal[do.Signal], c)
		default:
			r.restart = append(r.restart, c)
		}
	}
	return r
}

// ParseReaction returns the reaction that s names: restart, signal:NAME or ignore.
func ParseReaction(s string) (Reaction, error) {
	if name, ok := strings.CutPrefix(s, "signal:"); ok {
		sig, err := ParseSignal(name)
		return Reaction{Signal: sig}, err
	}
	switch s {
	case "restart":
		return Reaction{}, nil
	case "ignore":
		return Reaction{Ignore: true}, nil
	}
	return Reaction{}, sources.Hint(fmt.Errorf("%q is no reaction to a change", s), "it is restart, signal:NAME (as in signal:HUP) or ignore")
}
