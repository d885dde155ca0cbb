package inject

import (
	"fmt"
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

// reactions are changes by what they call for.
type reactions struct {
	restart []Change
	signal  map[syscall.Signal][]Change
}

// sort asks React what each change calls for. Without a command that is alive to
// get a signal, that is a restart too.
func (s *Supervisor) sort(changes []Change, alive bool) reactions {
	r := reactions{signal: map[syscall.Signal][]Change{}}
	for _, c := range changes {
		var do Reaction
		if s.React != nil {
			do = s.React(c.Name)
		}
		switch {
		case do.Ignore:
		case do.Signal != 0 && alive:
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
