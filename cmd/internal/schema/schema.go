// Package schema checks secrets against types, and flattens JSON objects.
//
// A type is built in ([Builtin]) or a JSON Schema of draft 2020-12 in a file
// ([Load]). An error names the secret, the JSON pointer and the rule that does
// not hold; it never holds the value, nor a piece of it: of the keys of an
// object only those that the schema itself names.
package schema

import (
	"fmt"

	"github.com/aside-cli/aside/sources"
)

// A Type says what the value of a secret must be. It is immutable.
type Type interface {
	// Check returns a [*MismatchError] unless the value of the secret called
	// name is of the type.
	Check(name string, value sources.Secret) error
}

// A MismatchError says that a secret is not of its type. It holds nothing of
// the value.
type MismatchError struct {
	Name    string // of the secret
	Type    string // the built-in type's name, or the schema's file
	Pointer string // the JSON pointer to what is at fault, "" for the whole value
	Rule    string // what the type asks for: "maximum 65535"
	hint    string
}

// Error returns the error as one line.
func (e *MismatchError) Error() string {
	if e.Pointer != "" {
		return fmt.Sprintf("%s does not match %s: %s: %s", e.Name, e.Type, e.Pointer, e.Rule)
	}
	return fmt.Sprintf("%s does not match %s: %s", e.Name, e.Type, e.Rule)
}

// Hint says how to mend it.
func (e *MismatchError) Hint() string { return e.hint }
