// Package history is what the stores that implement [sources.Historian] share:
// which of a secret's versions a user means.
package history

import (
	"fmt"
	"strings"

	"github.com/aside-cli/aside/sources"
)

const hint = "aside secret history shows which versions there are"

// Choose returns the place in the list, newest first, of the version with the
// ID; for "", of the newest one before the current that holds a value. The
// error wraps [sources.ErrNotFound] where there is none.
func Choose(list []sources.Version, id string) (int, error) {
	for i, v := range list {
		switch {
		case id == "" && !v.Current && !v.Removed:
			return i, nil
		case id == "" || v.ID != id:
		case v.Removed:
			return 0, sources.Hint(fmt.Errorf("version %s is its removal", id), "remove it again, or choose another version")
		default:
			return i, nil
		}
	}
	if id == "" {
		return 0, fmt.Errorf("earlier version %w", sources.ErrNotFound)
	}
	return 0, sources.Hint(fmt.Errorf("version %s %w", id, sources.ErrNotFound), hint)
}

// short is how much of a long ID is shown, in bytes.
const short = 8

// Shorten returns the list with as much of the IDs as [sources.Origin] shows, or
// all of one where another version's has the same beginning.
func Shorten(list []sources.Version) []sources.Version {
	count := map[string]int{}
	for _, v := range list {
		count[v.ID[:min(short, len(v.ID))]]++
	}
	var shortened []sources.Version
	for _, v := range list {
		if beginning := v.ID[:min(short, len(v.ID))]; count[beginning] == 1 {
			v.ID = beginning
		}
		shortened = append(shortened, v)
	}
	return shortened
}

// Complete returns the one ID of the list that begins so; id itself, where it
// is one, is empty, or none begins so.
func Complete(list []sources.Version, id string) (string, error) {
	var found []string
	for _, v := range list {
		if v.ID == id {
			return id, nil
		}
		if strings.HasPrefix(v.ID, id) {
			found = append(found, v.ID)
		}
	}
	switch {
	case id == "" || len(found) == 0:
		return id, nil
	case len(found) > 1:
		return "", sources.Hint(fmt.Errorf("several versions begin with %s", id), hint)
	}
	return found[0], nil
}
