package sources

import (
	"context"
	"slices"
	"strings"
)

// Process returns a Source of the variables in environ (NAME=value, as from
// [os.Environ]). Those in set come with it and stand above: they are ours to say.
// Of a name that environ holds twice the first is taken, as getenv(3) does.
func Process(environ []string, set map[string]string) Source {
	var values []Value
	for name, value := range set {
		values = append(values, Value{Name: name, Secret: NewSecret(value), Origin: Origin{Layer: Env, Source: "aside"}})
	}
	slices.SortFunc(values, func(a, b Value) int { return strings.Compare(a.Name, b.Name) })
	for _, variable := range environ {
		name, value, ok := strings.Cut(variable, "=")
		if !ok || name == "" {
			continue // nobody can look such an entry up
		}
		values = append(values, Value{Name: name, Secret: NewSecret(value), Origin: Origin{Layer: Env, Source: "environment"}})
	}
	return &fixed{values}
}

// fixed is a Source whose values are known.
type fixed struct{ values []Value }

func (f *fixed) Read(context.Context) (Reading, error) { return Reading{Values: f.values}, nil }
