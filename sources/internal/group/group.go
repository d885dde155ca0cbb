// Package group is what the stores that implement [sources.GroupStore] share:
// what a group is, and how they refuse to change a part of one.
package group

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aside-cli/aside/sources"
)

// Of returns the scopes without repetitions, and the types that they stand for
// together, sorted: none for a scope alone. The error is for scopes that cannot
// be set together.
func Of(scopes []sources.Scope) (distinct []sources.Scope, types []string, err error) {
	if len(scopes) == 0 {
		return nil, nil, errors.New("no scope is given")
	}
	for _, scope := range scopes {
		if !slices.Contains(distinct, scope) {
			distinct = append(distinct, scope)
		}
	}
	if len(distinct) == 1 {
		return distinct, nil, nil
	}
	for _, scope := range distinct {
		if scope.Layer != sources.Type || scope.Shared != scopes[0].Shared {
			return nil, nil, fmt.Errorf("%s cannot be one of several scopes: types of stages can, all of the app or all shared", scope)
		}
		types = append(types, scope.Name)
	}
	slices.Sort(types)
	return distinct, types, nil
}

// Scopes returns those of a group that scope is one of, or scope alone where
// there are no types.
func Scopes(types []string, scope sources.Scope) []sources.Scope {
	if len(types) == 0 {
		return []sources.Scope{scope}
	}
	var scopes []sources.Scope
	for _, typ := range types {
		scopes = append(scopes, sources.Scope{Layer: sources.Type, Name: typ, Shared: scope.Shared})
	}
	return scopes
}

// CheckSet returns an error if the secret was set for the types of old together,
// and is to be set for others than these.
func CheckSet(name string, old, types []string, shared bool) error {
	if len(old) == 0 || slices.Equal(old, types) {
		return nil
	}
	return refused(name, old, shared)
}

// CheckRemove returns an error if the secret was set for the types of old
// together, and is not to be removed from all of them.
func CheckRemove(name string, old, types []string, shared bool) error {
	for _, typ := range old {
		if !slices.Contains(types, typ) {
			return refused(name, old, shared)
		}
	}
	return nil
}

// refused says that what is done to a part of the group must be done to all.
func refused(name string, types []string, shared bool) error {
	remove := "remove it first: aside secret remove " + name + " --type " + strings.Join(types, ",")
	if shared {
		remove += " --shared"
	}
	return sources.Hint(fmt.Errorf("%s was set for the types %s together", name, strings.Join(types, ", ")), remove)
}

// Tag is the key of the tag that names a group's types, in stores that lie in AWS.
const Tag = "aside:types"

// TagValue returns what [Tag] says of the types.
func TagValue(types []string) string { return strings.Join(types, "+") }

// FromTag returns the types that [Tag] names: none where that is no group, as
// another tool may have written it.
func FromTag(value string) []string {
	types := strings.Split(value, "+")
	if len(types) < 2 {
		return nil
	}
	slices.Sort(types)
	return types
}
