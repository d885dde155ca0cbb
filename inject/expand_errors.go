package inject

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/aside-cli/aside/dotenv"
	"github.com/aside-cli/aside/sources"
)

var (
	errTooLarge = errors.New("the expanded value is larger than 1 MiB")
	errTooMuch  = errors.New("with this one, the expanded values are larger than 64 MiB together")
)

// cycle returns the error about target, which is being expanded already.
func (e *expander) cycle(target *definition) error {
	const most = 20 // places that one can still read
	first := slices.IndexFunc(e.stack, func(f frame) bool { return f.def == target })
	var places []string
	for i := first; i < len(e.stack); i++ {
		if left := len(e.stack) - i; len(places) == most && left > 1 {
			places = append(places, fmt.Sprintf("… (%d more)", left-1))
			i = len(e.stack) - 1
		}
		def := e.stack[i].def
		places = append(places, fmt.Sprintf("%s (%s)", def.Name, def.Origin))
	}
	return sources.Hint(
		fmt.Errorf("variable cycle: %s -> %s", strings.Join(places, " -> "), target.Name),
		"give one of them a value that needs none of the others")
}

// at says of a place within the value of which name it is.
func (f *frame) at(line, column int) string {
	return fmt.Sprintf("%s:%d:%d: %s: ", f.def.Origin.Source, line, column, f.def.Name)
}

// fail returns err as an error about the value as a whole.
func (f *frame) fail(err error) error {
	return fmt.Errorf("%s%w", f.at(f.def.Origin.Line, f.def.Origin.Column), err)
}

// required returns the error of ${NAME?message} or, with a colon, ${NAME:?message}.
func (f *frame) required(ref dotenv.Ref, colon bool) error {
	message := ref.Name() + " is not set"
	if colon {
		message += " or empty"
	}
	if text := written(ref.Word()); text != "" {
		message += ": " + text
	}
	return sources.Hint(errors.New(f.at(ref.Line(), ref.Column())+message), "set "+ref.Name()+" in any layer")
}

// written returns a message as it stands in the file, on one line: references
// in it are not expanded, because what they stand for may be secret.
func written(word []dotenv.Part) string {
	var b strings.Builder
	for _, part := range word {
		if ref, ok := part.Ref(); ok {
			b.WriteString("${" + ref.Name() + "}")
		} else {
			b.WriteString(part.Text())
		}
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, b.String())
}
