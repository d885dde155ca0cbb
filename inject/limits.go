package inject

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aside-cli/aside/sources"
)

// argLimits are what the system allows a new program to be given, in bytes.
type argLimits struct {
	one   int // one string, its closing NUL included; 0: no limit
	total int // all strings, their NULs, and a pointer to each
	ptr   int // what a pointer counts
}

// check returns an error unless the system can start a program with these
// arguments and this environment. It names the largest variables, so that
// nobody has to guess behind "argument list too long".
func (l argLimits) check(path string, argv []string, env *Environment) error {
	total := len(path) + 1
	for _, arg := range argv {
		if l.one > 0 && len(arg)+1 > l.one {
			return sources.Hint(fmt.Errorf("an argument of the command is %d bytes long: the system allows %d", len(arg), l.one-1),
				"hand it over in a file or on standard input")
		}
		total += len(arg) + 1 + l.ptr
	}
	for _, name := range env.Names() {
		size := len(name) + 1 + env.vars[name].Secret.Len() + 1
		if l.one > 0 && size > l.one {
			return tooLarge(fmt.Sprintf("%s is too large for an environment variable: with its name it is %d bytes long, the system allows %d",
				name, size-1, l.one-1), env)
		}
		total += size + l.ptr
	}
	if total > l.total {
		return tooLarge(fmt.Sprintf("the command and its environment take %d bytes: the system allows %d", total, l.total), env)
	}
	return nil
}

func tooLarge(what string, env *Environment) error {
	vars := make([]*Variable, 0, len(env.vars))
	for _, v := range env.vars {
		vars = append(vars, v)
	}
	slices.SortFunc(vars, func(a, b *Variable) int {
		return cmp.Or(b.Secret.Len()-a.Secret.Len(), strings.Compare(a.Name, b.Name))
	})
	var largest []string
	for _, v := range vars[:min(3, len(vars))] {
		largest = append(largest, fmt.Sprintf("%s (%d bytes, %s)", v.Name, v.Secret.Len(), v.Origin.Label()))
	}
	return sources.Hint(fmt.Errorf("%s; the largest are %s", what, strings.Join(largest, ", ")),
		"leave some out with --only or --except, or hand a large value over in a file")
}
