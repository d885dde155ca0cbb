package inject

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aside-cli/aside/sources"
)

// A Change is one name that differs between two environments.
type Change struct {
	Name   string
	Kind   ChangeKind
	Origin sources.Origin // of the new value; of the old one where it was removed
}

// ChangeKind says what became of a name.
type ChangeKind string

const (
	Added   ChangeKind = "added"
	Changed ChangeKind = "changed"
	Removed ChangeKind = "removed"
)

// String returns "NAME changed (layer)".
func (c Change) String() string {
	return fmt.Sprintf("%s %s (%s)", c.Name, c.Kind, c.Origin.Label())
}

// Diff returns what a command that has the environment a would see change if
// it had b, sorted by name. A value that only moved to another layer is none;
// nor is a variable that repeats another one, if that one is told of.
func Diff(a, b *Environment) []Change {
	var changes []Change
	differs := func(name string) bool {
		old, before := a.vars[name]
		now, after := b.vars[name]
		return before != after || before && !old.Secret.Equal(now.Secret)
	}
	repeats := func(v *Variable) bool { return slices.ContainsFunc(v.Repeats, differs) }
	for name, now := range b.vars {
		if repeats(now) {
			continue
		}
		if old, ok := a.vars[name]; !ok {
			changes = append(changes, Change{name, Added, now.Origin})
		} else if !old.Secret.Equal(now.Secret) {
			changes = append(changes, Change{name, Changed, now.Origin})
		}
	}
	for name, old := range a.vars {
		if _, ok := b.vars[name]; !ok && !repeats(old) {
			changes = append(changes, Change{name, Removed, old.Origin})
		}
	}
	slices.SortFunc(changes, func(x, y Change) int { return strings.Compare(x.Name, y.Name) })
	return changes
}

// summary is a line of at most a handful of changes.
func summary(changes []Change) string {
	const most = 5
	var parts []string
	for i, c := range changes {
		if i == most {
			parts = append(parts, fmt.Sprintf("%d more", len(changes)-most))
			break
		}
		parts = append(parts, c.String())
	}
	return strings.Join(parts, ", ")
}
