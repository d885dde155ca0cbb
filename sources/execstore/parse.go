package execstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aside-cli/aside/dotenv"
	"github.com/aside-cli/aside/sources"
)

// parse reads what the command printed for a scope: JSON where it begins with a
// brace, else .env lines, which cannot.
func (s *Store) parse(scope sources.Scope, out []byte) (map[string]sources.Secret, error) {
	where := fmt.Sprintf("the output of %s for the %s", s.name, scope)
	out = bytes.TrimPrefix(out, []byte("\ufeff"))
	if !utf8.Valid(out) {
		return nil, sources.Hint(fmt.Errorf("exec: %s is no text in UTF-8", where), "encode binary values, with base64 for example")
	}
	read := object
	if start := bytes.TrimSpace(out); len(start) == 0 || start[0] != '{' {
		read = lines
	}
	values, warnings, err := read(where, out)
	if err != nil {
		return nil, fmt.Errorf("exec: %w", err)
	}
	for _, warning := range warnings {
		s.warn(warning)
	}
	secrets := make(map[string]sources.Secret, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) { // so that of two errors it is always the same
		if sources.CheckName(name) != nil {
			s.warn(fmt.Sprintf("%.100q in %s is left out: it is no name of an environment variable", name, where))
			continue
		}
		secrets[name] = sources.NewSecret(values[name])
		if err := sources.CheckValue(name, secrets[name]); err != nil {
			return nil, sources.Hint(fmt.Errorf("exec: %s: %w", where, err), sources.HintOf(err))
		}
	}
	return secrets, nil
}

// object reads a JSON object. Of two members with the same name the later one
// counts. Numbers stay as they are written.
func object(where string, out []byte) (values map[string]string, warnings []string, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(out, &members); err != nil {
		wrong := fmt.Errorf("%s is no JSON object", where)
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) { // whose own text quotes a character
			wrong = fmt.Errorf("%s is no valid JSON: error at byte %d", where, syntax.Offset)
		}
		return nil, nil, sources.Hint(wrong, `print one object like {"NAME": "value"}`)
	}
	values = make(map[string]string, len(members))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		switch member := members[name]; member[0] {
		case '"':
			var text string
			if err := json.Unmarshal(member, &text); err != nil {
				return nil, nil, fmt.Errorf("%.100q in %s is no string", name, where)
			}
			values[name] = text
		case '{', '[':
			return nil, nil, sources.Hint(fmt.Errorf("%.100q in %s is an object or a list", name, where),
				"print it as one string, for example with tojson in jq")
		case 'n':
			warnings = append(warnings, fmt.Sprintf("%.100q in %s is left out: it is null", name, where))
		default:
			values[name] = string(member)
		}
	}
	return values, warnings, nil
}

// lines reads .env lines without their references: a $ that is not escaped is
// hidden from the parser behind a byte that the text does not hold.
func lines(where string, out []byte) (values map[string]string, warnings []string, err error) {
	stand := byte(1)
	for bytes.IndexByte(out, stand) >= 0 {
		if stand++; stand == '\t' {
			return nil, nil, sources.Hint(fmt.Errorf("%s is no text", where), "print a JSON object, or NAME=value lines")
		}
	}
	file, err := dotenv.Parse(where, hideDollars(out, stand))
	if err != nil {
		return nil, nil, err
	}
	for _, w := range file.Warnings {
		warnings = append(warnings, w.String())
	}
	values = make(map[string]string, len(file.Entries))
	for _, entry := range file.Entries {
		text, _ := entry.Value.Literal()
		values[entry.Name] = strings.ReplaceAll(text, string(stand), "$")
	}
	return values, warnings, nil
}

// hideDollars replaces each $ but those that a backslash escapes.
func hideDollars(text []byte, stand byte) []byte {
	hidden := bytes.Clone(text)
	escaped := false
	for i, c := range hidden {
		if c == '$' && !escaped {
			hidden[i] = stand
		}
		escaped = c == '\\' && !escaped
	}
	return hidden
}
