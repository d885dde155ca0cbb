package schema

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

// The marker takes the place of every $ in a value: of a key, of a string, or
// of a number.
const marker = "72619374"

func plant(template string) sources.Secret {
	return sources.NewSecret(strings.ReplaceAll(template, "$", marker))
}

func FuzzCheck(f *testing.F) {
	for _, src := range []string{
		postgres, `{"type": "string", "maxLength": 3}`, `{"items": {"$ref": "#"}, "type": "array"}`, `{"const": 1}`,
		`{"patternProperties": {"^a": {"maximum": 1}}, "additionalProperties": {"type": "null"}, "propertyNames": {"maxLength": 1}}`,
		`{"anyOf": [{"type": "integer"}, {"enum": ["a"]}], "not": {"minimum": 3}, "if": {"type": "array"}, "then": {"contains": {"type": "null"}, "minContains": 2}}`,
		`{"unevaluatedProperties": false, "unevaluatedItems": false, "dependentRequired": {"a": ["b"]}, "dependentSchemas": {"a": false}}`,
		`{"prefixItems": [true, {"$dynamicRef": "#a"}], "uniqueItems": true, "$defs": {"x": {"$dynamicAnchor": "a", "multipleOf": 2}}}`,
		`{"oneOf": [{"required": ["a"]}, {"minProperties": 2}], "allOf": [{"exclusiveMinimum": 5}, {"pattern": "^a"}]}`,
	} {
		for _, value := range []string{
			"$", `"$"`, `{"$": "$", "host": "$", "port": $, "password": "$"}`, `[$, "$", [$], {"$": $}]`, `{"a": $, "b": ["$", "$"]}`,
			`{"host": "a", "port": 1, "replicas": [$, {"port": $}, {"port": "$"}], "old": "$"}`, "$ {", "$e999", "null", "-$.5",
		} {
			f.Add(src, value)
		}
	}
	f.Fuzz(func(t *testing.T, src, value string) {
		typ, err := parse("t.json", []byte(src))
		if err != nil {
			if sources.HintOf(err) == "" || !strings.HasPrefix(err.Error(), "t.json:") {
				t.Errorf("%v (%s)", err, sources.HintOf(err))
			}
			return
		}
		if strings.Contains(src, marker) {
			return // then the schema may say it
		}
		checkMismatch(t, typ, value)
	})
}

func FuzzBuiltin(f *testing.F) {
	for _, value := range []string{"", "$", "-$", "$.5", "https://u:$@h/", "$@example.com", "-----BEGIN $-----\n$\n-----END $-----", `{"$": $}`, "{$", "$=", "a <$@b>"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, typ := range builtins {
			checkMismatch(t, typ, value)
		}
	})
}

// checkMismatch checks that an error of the type is complete, and holds nothing
// of the value.
func checkMismatch(t *testing.T, typ Type, value string) {
	err := typ.Check("NAME", plant(value))
	if err == nil {
		return
	}
	var m *MismatchError
	if !errors.As(err, &m) || m.Name != "NAME" || m.Type == "" || m.Rule == "" || m.Rule == "the schema as a whole" || m.Hint() == "" {
		t.Errorf("%#v", err)
	}
	if said := err.Error() + sources.HintOf(err); strings.Contains(said, marker) {
		t.Errorf("the value is in %q", said)
	}
}

func FuzzFlatten(f *testing.F) {
	for _, value := range []string{
		"$", `{"host": "$", "port": $, "tags": ["$"], "nested": {"a": "$"}}`, `{"a b": "$", "a_b": "$"}`, `{"a": "$\u0000"}`, `{"a": $`, `{"": {"": $}}`,
	} {
		f.Add("Database", value)
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		if sources.CheckName(name) != nil || strings.Contains(value, marker) {
			return
		}
		variables, err := Flatten(name, plant(value))
		if err != nil {
			var v any
			json.Unmarshal([]byte(plant(value).Reveal()), &v)
			if said := err.Error() + sources.HintOf(err); strings.Contains(said, marker) && !isKey(v) {
				t.Errorf("the value is in %q", said)
			}
			if variables != nil || sources.HintOf(err) == "" {
				t.Errorf("%v (%s)", err, sources.HintOf(err))
			}
			return
		}
		for variable, secret := range variables {
			if err := errors.Join(sources.CheckName(variable), sources.CheckValue(variable, secret)); err != nil {
				t.Error(err)
			}
			if variable != strings.ToUpper(variable) || variable == name {
				t.Errorf("%s of %s", variable, name)
			}
		}
	})
}

// isKey reports whether a key in v holds the marker: keys are names, and told.
func isKey(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			if strings.Contains(key, marker) || isKey(member) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, isKey)
	}
	return false
}
