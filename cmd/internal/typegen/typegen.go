// Package typegen writes the types of an environment in several languages. It
// knows names and types, and no values.
package typegen

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/aside-cli/aside/sources"
)

// A Variable is what is known of one variable of the environment.
type Variable struct {
	Name        string
	Secret      string // what the store calls it; "" for one that no store keeps
	Type        string // a built-in type; all that is none counts as string
	Description string
	Required    bool // it is always set
}

// Options are what some of the languages ask for.
type Options struct {
	Package string // of Go
	SST     bool   // TypeScript: the secrets as SST's SDK has them, too
}

// A language writes variables that are sorted by name, each name once.
type language struct {
	name  string
	write func(*strings.Builder, []Variable, Options) error
}

var languages = [...]language{
	{"ts", writeTypeScript},
	{"go", writeGo},
	{"python", writePython},
	{"json-schema", writeJSONSchema},
}

// Languages returns the names that [Generate] knows.
func Languages() []string {
	var names []string
	for _, l := range languages {
		names = append(names, l.name)
	}
	return names
}

// Generate returns the types of the variables in a language. The same
// variables, in any order, give the same text. Of several with one name the
// first counts.
func Generate(lang string, vars []Variable, o Options) ([]byte, error) {
	vars = slices.Clone(vars)
	slices.SortStableFunc(vars, func(a, b Variable) int { return strings.Compare(a.Name, b.Name) })
	vars = slices.CompactFunc(vars, func(a, b Variable) bool { return a.Name == b.Name })
	for _, v := range vars {
		if err := sources.CheckName(v.Name); err != nil {
			return nil, err
		}
	}
	for _, l := range languages {
		if l.name == lang {
			var out strings.Builder
			err := l.write(&out, vars, o)
			return []byte(out.String()), err
		}
	}
	return nil, sources.Hint(fmt.Errorf("there is no language %q", lang), "one of "+strings.Join(Languages(), ", "))
}

const header = "Made by aside types. Do not edit."

// comment makes a description fit for a comment in any of the languages: one
// line without characters that are not seen, such as those that turn the
// direction of writing, and without what ends a comment or is an order to tsc or
// to the tools of Go.
func comment(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.NewReplacer("*/", "* /", "@ts-", "@ ts-", "+build", "+ build", "//go:", "// go:").Replace(text)
	return strings.Join(strings.Fields(text), " ")
}
