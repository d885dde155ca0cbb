package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aside-cli/aside/sources"
)

// Flatten takes the JSON object that is the value of the secret called name
// apart: of {"host": "h", "port": 5432} in Database it makes DATABASE_HOST and
// DATABASE_PORT. The secret itself is not among them.
//
// The name and the keys are joined with _, in upper case. In them _ takes the
// place of everything but letters and digits of ASCII, and stands before a
// capital that follows a small letter or a digit: dbInstanceIdentifier becomes
// DB_INSTANCE_IDENTIFIER, dbname DBNAME. An object in an object goes on in the
// same way; an array stays JSON, without blanks; strings are taken to the letter,
// numbers, true and false as they are written; what is null is left out.
//
// An error names keys, as they are to become names, and never another value.
func Flatten(name string, value sources.Secret) (map[string]sources.Secret, error) {
	f := flattening{name, map[string]sources.Secret{}, map[string]string{}}
	if err := f.object(variable(name), "", []byte(value.Reveal())); err != nil {
		return nil, err
	}
	return f.variables, nil
}

type flattening struct {
	name      string // the secret's
	variables map[string]sources.Secret
	pointers  map[string]string // variable → where it comes from
}

// object takes apart the object src, which is at pointer and has become prefix.
func (f *flattening) object(prefix, pointer string, src []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(src, &members); err != nil || members == nil { // not err: it holds what is there instead
		return sources.Hint(fmt.Errorf("%s cannot be flattened: it is no JSON object", f.name),
			`set it to an object, {"host": "…", "port": 5432}, or remove flatten`)
	}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if err := f.member(prefix+"_"+variable(key), pointer+"/"+escape(key), members[key]); err != nil {
			return err
		}
	}
	return nil
}

func (f *flattening) member(variable, pointer string, src []byte) error {
	// First of all: it limits how deep objects may be nested.
	if err := sources.CheckName(variable); err != nil {
		return sources.Hint(fmt.Errorf("%s cannot be flattened: %w", f.name, err), "shorten the keys, or remove flatten")
	}
	text := string(src)
	switch src[0] {
	case '{':
		return f.object(variable, pointer, src)
	case 'n':
		return nil
	case '[':
		var compact bytes.Buffer
		json.Compact(&compact, src)
		text = compact.String()
	case '"':
		json.Unmarshal(src, &text)
	}
	if other, ok := f.pointers[variable]; ok {
		return sources.Hint(fmt.Errorf("%s cannot be flattened: %.99q and %.99q both become %s", f.name, other, pointer, variable),
			"rename one of the two keys")
	}
	secret := sources.NewSecret(text)
	if err := sources.CheckValue(variable, secret); err != nil {
		return fmt.Errorf("%s cannot be flattened: %w", f.name, err)
	}
	f.pointers[variable], f.variables[variable] = pointer, secret
	return nil
}

// variable writes a name or a key in the way of environment variables.
func variable(key string) string {
	var b strings.Builder
	var before rune
	for _, r := range key {
		small, digit, capital := 'a' <= r && r <= 'z', '0' <= r && r <= '9', 'A' <= r && r <= 'Z'
		if capital && ('a' <= before && before <= 'z' || '0' <= before && before <= '9') {
			b.WriteByte('_')
		}
		before = r
		switch {
		case small:
			r += 'A' - 'a'
		case !digit && !capital:
			r = '_'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// escape writes a key as a part of a JSON pointer.
func escape(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }
