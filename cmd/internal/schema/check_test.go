package schema

import (
	"errors"
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

const postgres = `{
	"$schema": "https://json-schema.org/draft/2020-12/schema",
	"$id": "https://example.com/postgres.json",
	"title": "what RDS keeps",
	"type": "object",
	"required": ["host", "port"],
	"additionalProperties": false,
	"properties": {
		"host": {"type": "string", "pattern": "^[a-z.]+$", "maxLength": 20},
		"port": {"$ref": "#/$defs/port"},
		"password": {"type": "string", "minLength": 8},
		"replicas": {"type": "array", "items": {"$ref": "https://example.com/postgres.json#/$defs/replica"}, "maxItems": 2},
		"a/b~c": {"type": "boolean"},
		"old": false
	},
	"$defs": {
		"port": {"$anchor": "port", "type": "integer", "minimum": 1, "maximum": 65535},
		"replica": {"type": "object", "properties": {"port": {"$ref": "#port"}}, "required": ["port"]}
	}
}`

func TestCheck(t *testing.T) {
	const mend, noJSON = "mend the value, or the rule in types/t.json", "the value is no JSON, so it counts as a string"
	for _, test := range []struct{ schema, value, want, hint string }{
		{postgres, `{"host": "db", "port": 5432, "password": "12345678", "replicas": [{"port": 1}], "a/b~c": true}`, "", ""},
		{postgres, `{"host": "db", "port": 5432.0}`, "", ""},
		{postgres, `{"host": "db"}`, `required "port"`, mend},
		{postgres, `{}`, `required "host"`, mend},
		{postgres, `hunter2`, `type "object"`, noJSON},
		{postgres, `{"host": "hunter2", "port": 1,}`, `type "object"`, noJSON},
		{postgres, `["hunter2"]`, `type "object"`, mend},
		{postgres, `{"host": "hunter2", "port": 1}`, "/host: pattern `^[a-z.]+$`", mend},
		{postgres, `{"host": "hunterhunterhunterhunter", "port": 1}`, "/host: maxLength 20", mend},
		{postgres, `{"host": "db", "port": 70000}`, "/port: maximum 65535", mend},
		{postgres, `{"host": "db", "port": "hunter2"}`, `/port: type "integer"`, mend},
		{postgres, `{"host": "db", "port": 1e400}`, "numbers of at most 1.7e308", mend},
		{postgres, `{"host": "db", "port": 1, "password": "hunter2"}`, "/password: minLength 8", mend},
		{postgres, `{"host": "db", "port": 1, "hunter2": 1}`, "additionalProperties false", mend},
		{postgres, `{"host": "db", "port": 1, "replicas": [{"port": 1}, {"port": 0}]}`, "/replicas/1/port: minimum 1", mend},
		{postgres, `{"host": "db", "port": 1, "replicas": [{"port": 1}, {}]}`, `/replicas/1: required "port"`, mend},
		{postgres, `{"host": "db", "port": 1, "replicas": [1, 2, 3]}`, "/replicas: maxItems 2", mend},
		{postgres, `{"host": "db", "port": 1, "a/b~c": "hunter2"}`, `/a~1b~0c: type "boolean"`, mend},
		{postgres, `{"host": "db", "port": 1, "old": "hunter2"}`, "/old: nothing may be here", mend},
		{postgres, strings.Repeat("[", 101) + strings.Repeat("]", 101), "nested 100 deep at most", mend},

		// Each of the other keywords.
		{`{"type": ["string", "null"]}`, `17`, `type ["string","null"]`, mend},
		{`{"const": {"a": "b"}}`, `{"a": "hunter2"}`, "const", mend},
		{`{"enum": ["a", 1]}`, `hunter2`, "enum", noJSON},
		{`{"multipleOf": 5}`, `17`, "multipleOf 5", mend},
		{`{"exclusiveMinimum": 17}`, `17`, "exclusiveMinimum 17", mend},
		{`{"exclusiveMaximum": 1000000}`, `1000000`, "exclusiveMaximum 1000000", mend},
		{`{"dependentRequired": {"a": ["b"]}}`, `{"a": "hunter2"}`, "dependentRequired", mend},
		{`{"minProperties": 1}`, `{}`, "minProperties 1", mend},
		{`{"maxProperties": 1}`, `{"hunter2": 1, "b": 2}`, "maxProperties 1", mend},
		{`{"propertyNames": {"pattern": "^[a-z]+$"}}`, `{"hunter2": 1}`, "propertyNames", mend},
		{`{"patternProperties": {"^h": {"type": "integer"}}}`, `{"hunter2": "x"}`, "patternProperties", mend},
		{`{"properties": {"a": {}}, "patternProperties": {"^b": {}}, "additionalProperties": {"type": "integer"}}`, `{"a": "", "b": "", "hunter2": ""}`, "additionalProperties", mend},
		{`{"minItems": 1}`, `[]`, "minItems 1", mend},
		{`{"uniqueItems": true}`, `["hunter2", "hunter2"]`, "uniqueItems true", mend},
		{`{"prefixItems": [{"type": "integer"}, {"type": "integer"}], "items": {"type": "string"}}`, `[1, "hunter2"]`, `/1: type "integer"`, mend},
		{`{"prefixItems": [{"type": "integer"}], "items": {"type": "string"}}`, `[1, "a", 17]`, `/2: type "string"`, mend},
		{`{"prefixItems": [{}], "items": false}`, `[1, "hunter2"]`, "/1: nothing may be here", mend},
		{`{"contains": {"type": "integer"}, "minContains": 2}`, `["hunter2", 1]`, "contains", mend},
		{`{"allOf": [{"type": "object"}, {"properties": {"a": {"minimum": 2}}}]}`, `{"a": 1}`, "/a: minimum 2", mend},
		{`{"anyOf": [{"$ref": "#/$defs/i"}, {"type": "boolean"}], "$defs": {"i": {"type": "integer"}}}`, `"hunter2"`, "anyOf", mend},
		{`{"oneOf": [{"minimum": 1}, {"minimum": 2}]}`, `17`, "oneOf", mend},
		{`{"not": {"const": "hunter2"}}`, `"hunter2"`, "not", mend},
		{`{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}`, `{"a": "hunter2"}`, "if", mend},
		{`{"dependentSchemas": {"a": {"required": ["b"]}}}`, `{"a": "hunter2"}`, "dependentSchemas", mend},
		{`{"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": false}`, `{"a": 1, "hunter2": 1}`, "unevaluatedProperties false", mend},
		{`{"allOf": [{"prefixItems": [{}]}], "unevaluatedItems": {"type": "integer"}}`, `[1, "hunter2"]`, "unevaluatedItems", mend},
		{`{"$dynamicRef": "#a", "$defs": {"a": {"$dynamicAnchor": "a", "type": "integer"}}}`, `"hunter2"`, `type "integer"`, mend},
		{`{"definitions": {"a b%": {"type": "integer"}}, "$ref": "#/definitions/a%20b%25"}`, `"hunter2"`, `type "integer"`, mend},
		{`{"items": {"$ref": "#"}, "type": "array"}`, `[[[], [[], "hunter2"]]]`, `/0/1/1: type "array"`, mend},
		{`false`, `hunter2`, "nothing may be here", noJSON},
		{`true`, `hunter2`, "", ""},
		{`{"format": "email", "contentEncoding": "base64", "requried": ["a"], "Maximum": 1}`, `17`, "", ""},

		// What is a string to the letter.
		{`{"type": "string"}`, `17`, "", ""},
		{`{"type": "string", "maxLength": 3}`, `"ab"`, "maxLength 3", mend},
		{`{"minLength": 8}`, `17`, "minLength 8", mend},
		{`{"pattern": "^[0-9]+$"}`, `17`, "", ""},
		{`{"enum": ["17", "true"]}`, `true`, "", ""},
		{`{"const": "null"}`, `null`, "", ""},
		{`{"$ref": "#/$defs/s", "$defs": {"s": {"type": "string"}}}`, `17`, "", ""},
		{`{"type": "integer", "pattern": "x"}`, `17`, "", ""},
		{`{"type": ["string", "integer"], "minLength": 8}`, `17`, "", ""},
		{`{"type": "integer"}`, ` 17 `, "", ""},
		{`{"type": "integer"}`, `"17"`, `type "integer"`, mend},
		{`{"type": "integer"}`, `hunter2`, `type "integer"`, noJSON},
	} {
		typ, err := parse("types/t.json", []byte(test.schema))
		if err != nil {
			t.Errorf("%s: %v", test.schema, err)
			continue
		}
		err = typ.Check("NAME", sources.NewSecret(test.value))
		if test.want == "" {
			if err != nil {
				t.Errorf("%s, %s: %v", test.schema, test.value, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s, %s: no error", test.schema, test.value)
			continue
		}
		if got := strings.TrimPrefix(err.Error(), "NAME does not match types/t.json: "); got != test.want || sources.HintOf(err) != test.hint {
			t.Errorf("%s, %s:\n got %s (%s)\nwant %s (%s)", test.schema, test.value, got, sources.HintOf(err), test.want, test.hint)
		}
		if strings.Contains(err.Error(), "hunter") {
			t.Errorf("%s, %s: the value is in %v", test.schema, test.value, err)
		}
		var m *MismatchError
		if !errors.As(err, &m) || m.Name != "NAME" || m.Type != "types/t.json" || !strings.HasSuffix(err.Error(), m.Rule) {
			t.Errorf("%#v", err)
		}
	}
}

// A validator that follows map order would name one of the two at random.
func TestCheckIsDeterministic(t *testing.T) {
	typ, err := parse("t.json", []byte(`{"properties": {"b": {"type": "null"}, "a": {"type": "null"}, "c": {"type": "null"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if err := typ.Check("X", sources.NewSecret(`{"a": 1, "b": 1, "c": 1}`)); err.Error() != `X does not match t.json: /a: type "null"` {
			t.Fatal(err)
		}
	}
}
