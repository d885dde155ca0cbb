package export

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// title names v and says where it was set.
func (v Variable) title() string {
	name := v.Name
	if quoted := strconv.QuoteToGraphic(name); name == "" || len(quoted) > len(name)+len(`""`) || strings.ContainsAny(name, " ;") {
		name = quoted
	}
	if v.Place == "" {
		return name
	}
	return name + " (" + v.Place + ")"
}

// size is the length of the line NAME=value with its end, in bytes.
func (v Variable) size() int { return len(v.Name) + len("=") + v.Value.Len() + len("\n") }

func total(vars []Variable) int {
	n := 0
	for _, v := range vars {
		n += v.size()
	}
	return n
}

// largest names the three variables that take most room.
func largest(vars []Variable) string {
	vars = slices.Clone(vars)
	slices.SortStableFunc(vars, func(a, b Variable) int { return cmp.Compare(b.size(), a.size()) })
	var parts []string
	for _, v := range vars[:min(3, len(vars))] {
		parts = append(parts, fmt.Sprintf("%s has %d", v.title(), v.Value.Len()))
	}
	return list(parts, "and")
}

// list joins words as a sentence does: "a, b or c".
func list(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}
