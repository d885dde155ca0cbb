package inject

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aside-cli/aside/sources"
)

// Merge puts values in the order of their layers; within a layer the earlier
// one wins. Values of .env files are expanded over the merged whole. On Windows
// names that differ in case only are the same, and are spelled as the highest
// layer does. The warnings are a line for each reference to a name that nothing
// sets, and nothing else. Neither they nor the error hold a value.
func Merge(values []sources.Value) (*Environment, []string, error) {
	return merge(values, caselessNames)
}

func merge(values []sources.Value, caseless bool) (*Environment, []string, error) {
	defs := make(map[string][]sources.Value, len(values))
	for _, v := range values {
		if err := checkVariable(v); err != nil {
			return nil, nil, err
		}
		key := nameKey(v.Name, caseless)
		defs[key] = append(defs[key], v)
	}
	for _, def := range defs {
		slices.SortStableFunc(def, func(a, b sources.Value) int {
			return int(a.Origin.Layer) - int(b.Origin.Layer)
		})
	}
	expanded, warnings, err := expand(defs, caseless)
	if err != nil {
		return nil, nil, err
	}
	env := &Environment{vars: make(map[string]*Variable, len(defs))}
	for key, def := range defs {
		name := def[0].Name
		env.vars[name] = &Variable{
			Name:     name,
			Secret:   expanded[key].secret,
			From:     expanded[key].from,
			Origin:   def[0].Origin,
			Shadowed: def[1:],
		}
	}
	return env, warnings, nil
}

// nameKey is a name as the system compares it.
func nameKey(name string, caseless bool) string {
	if caseless {
		return strings.ToUpper(name)
	}
	return name
}

// checkVariable refuses what no environment can hold.
func checkVariable(v sources.Value) error {
	place := v.Origin.Layer.String()
	if v.Origin.Source != "" && v.Origin.Layer != sources.Env {
		place = v.Origin.String()
	}
	switch {
	case v.Name == "":
		return sources.Hint(fmt.Errorf("%s: a variable without a name", place),
			"give it one, or remove it")
	case strings.ContainsAny(v.Name, "=\x00"):
		name, _, _ := strings.Cut(v.Name, "=")
		return sources.Hint(fmt.Errorf("%s: %.64q… is no name of a variable: it holds a = or a NUL", place, name),
			"rename it")
	case v.Template == nil && strings.IndexByte(v.Secret.Reveal(), 0) >= 0:
		return sources.Hint(fmt.Errorf("%s: %s holds a NUL: no environment variable can", place, v.Name),
			"encode the value, with base64 for example")
	}
	return nil
}
