package schema

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

func TestLoad(t *testing.T) {
	root := t.TempDir()
	write := func(name, content string) string {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := write("port.json", "\ufeff{\"maximum\": 10}")
	write("large.json", `{"title": "`+strings.Repeat("x", MaxFile)+`"}`)
	for _, name := range []string{"port.json", path} {
		typ, err := Load(root, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := typ.Check("X", sources.NewSecret("17")); err == nil || err.Error() != "X does not match "+name+": maximum 10" {
			t.Errorf("%s: %v", name, err)
		}
	}
	const hint = "schema in aside.yaml names a file of JSON Schema, seen from the folder of aside.yaml"
	for _, test := range []struct{ name, want string }{
		{"none.json", "none.json: not found"},
		{".", ". is no regular file"},
		{"large.json", "large.json is larger than 1 MiB"},
		{"port.json/x", "port.json/x cannot be read: not a directory"},
	} {
		typ, err := Load(root, test.name)
		if err == nil || err.Error() != test.want || sources.HintOf(err) != hint || typ != nil {
			t.Errorf("%s: %v (%s)", test.name, err, sources.HintOf(err))
		}
	}
	if _, err := Load(root, "none.json"); !errors.Is(err, sources.ErrNotFound) {
		t.Errorf("%v does not wrap ErrNotFound", err)
	}
}

func TestParseErrors(t *testing.T) {
	const (
		copyHint = "copy what it refers to into $defs, and refer to #/$defs/NAME"
		defsHint = "a schema in $defs is referred to as #/$defs/NAME"
		aSchema  = "a schema is an object, true or false"
		jsonHint = "a schema is a JSON object, without comments or a comma after the last element"
		loopHint = "let the reference stand below properties or items"
		endless  = "refers to itself without end"
		reDrafts = "https://json-schema.org/draft/2020-12/schema is its name"
	)
	remote := func(document string) string {
		return fmt.Sprintf("refers to another document, %q: nothing is fetched or read", document)
	}
	for _, test := range []struct{ src, want, hint string }{
		{`{"a": 1,}`, "t.json:1:9: not JSON: invalid character '}' looking for beginning of object key string", jsonHint},
		{"{\n  // c\n}", "t.json:2:3: not JSON: invalid character '/' looking for beginning of object key string", jsonHint},
		{"", "t.json:1:0: not JSON: unexpected end of JSON input", jsonHint},
		{`17`, "the schema: " + aSchema, draftHint},
		{`null`, "the schema: " + aSchema, draftHint},
		{`{"properties": {"a": null}}`, "/properties/a: " + aSchema, draftHint},
		{`{"items": [{}]}`, "/items: " + aSchema, "a list of schemas for the first elements is called prefixItems"},
		{strings.Repeat(`{"not":`, 102) + "{}" + strings.Repeat("}", 102), strings.Repeat("/not", 101) + ": nested deeper than 100", "name parts of it in $defs, and refer to them"},

		{`{"$schema": "http://json-schema.org/draft-07/schema#"}`, "/$schema: only draft 2020-12 is supported", reDrafts},
		{`{"$schema": "https://example.com/mine"}`, "/$schema: only draft 2020-12 is supported", reDrafts},
		{`{"$schema": 1}`, "/$schema: only draft 2020-12 is supported", reDrafts},
		{`{"$id": 1}`, "/$id: must be a string", draftHint},
		{`{"$defs": {"a": {"$id": "https://example.com/a"}}}`, "/$defs/a/$id: only the whole schema may have an $id", "remove it, and refer to the place with #/$defs/a"},
		{`{"$anchor": ""}`, "/$anchor: must be a string", draftHint},
		{`{"$anchor": "a", "$defs": {"x": {"$dynamicAnchor": "a"}}}`, "/$defs/x/$dynamicAnchor: another schema has this anchor already", draftHint},
		{`{"$defs": {}, "definitions": {}}`, "the schema: holds both $defs and definitions", "definitions is the older name: move all to $defs"},

		{`{"$ref": "https://example.com/x.json"}`, "/$ref: " + remote("https://example.com/x.json"), copyHint},
		{`{"$dynamicRef": "http://127.0.0.1:1/x#a"}`, "/$dynamicRef: " + remote("http://127.0.0.1:1/x"), copyHint},
		{`{"$ref": "other.json#/$defs/a"}`, "/$ref: " + remote("other.json"), copyHint},
		{`{"$ref": "file:///etc/passwd"}`, "/$ref: " + remote("file:///etc/passwd"), copyHint},
		{`{"$id": "https://example.com/a", "properties": {"x": {"$ref": "https://example.com/b#"}}}`, "/properties/x/$ref: " + remote("https://example.com/b"), copyHint},
		{`{"$ref": "https://json-schema.org/draft/2020-12/schema"}`, "/$ref: " + remote("https://json-schema.org/draft/2020-12/schema"), copyHint},
		{`{"$ref": 1}`, "/$ref: must be a string", draftHint},
		{`{"$ref": "#/$defs/a"}`, `/$ref: refers to nothing: there is no schema at "#/$defs/a"`, defsHint},
		{`{"$ref": "#/properties", "properties": {}}`, `/$ref: refers to nothing: there is no schema at "#/properties"`, defsHint},
		{`{"$ref": "#a"}`, `/$ref: refers to nothing: there is no schema at "#a"`, defsHint},
		{`{"$ref": "#%zz"}`, `/$ref: refers to nothing: there is no schema at "#%zz"`, defsHint},

		{`{"$ref": "#"}`, "the schema: " + endless, loopHint},
		{`{"$dynamicRef": ""}`, "the schema: " + endless, loopHint},
		{`{"allOf": [{"anyOf": [{"$ref": "#"}]}]}`, "the schema: " + endless, loopHint},
		{`{"properties": {"a": {"if": {"$ref": "#/properties/a"}}}}`, "/properties/a: " + endless, loopHint},
		{`{"$defs": {"a": {"not": {"$ref": "#b"}}, "b": {"$anchor": "b", "dependentSchemas": {"x": {"$ref": "#/$defs/a"}}}}}`, "/$defs/a: " + endless, loopHint},

		{`{"maximum": "10"}`, "/maximum: must be a number", draftHint},
		{`{"multipleOf": 0}`, "/multipleOf: must be a number above 0", draftHint},
		{`{"minLength": -1}`, "/minLength: must be a whole number, 0 or more", draftHint},
		{`{"maxItems": 1.5}`, "/maxItems: must be a whole number, 0 or more", draftHint},
		{`{"uniqueItems": 1}`, "/uniqueItems: must be true or false", draftHint},
		{`{"pattern": "(?=x)"}`, "/pattern: must be a regular expression", patternHint},
		{`{"pattern": 1}`, "/pattern: must be a regular expression", patternHint},
		{`{"patternProperties": {"[": {}}}`, "/patternProperties/[: must be a regular expression", patternHint},
		{`{"required": "host"}`, "/required: must be a list of strings", draftHint},
		{`{"required": [1]}`, "/required: must be a list of strings", draftHint},
		{`{"dependentRequired": {"a": "b"}}`, "/dependentRequired: must be an object of lists of strings", draftHint},
		{`{"type": "strnig"}`, "/type: must be one of array, boolean, integer, null, number, object, string, or a list of them", draftHint},
		{`{"type": ["string", {}]}`, "/type: must be one of array, boolean, integer, null, number, object, string, or a list of them", draftHint},
		{`{"type": []}`, "/type: must be one of array, boolean, integer, null, number, object, string, or a list of them", draftHint},
		{`{"enum": "a"}`, "/enum: must be a list", draftHint},
		{`{"allOf": []}`, "/allOf: must be a list of schemas", draftHint},
		{`{"anyOf": {}}`, "/anyOf: must be a list of schemas", draftHint},
		{`{"properties": []}`, "/properties: must be an object of schemas", draftHint},
	} {
		typ, err := parse("t.json", []byte(test.src))
		if err == nil || typ != nil {
			t.Errorf("%.60s: no error", test.src)
			continue
		}
		want := test.want
		if !strings.HasPrefix(want, "t.json") {
			want = "t.json: " + want
		}
		if err.Error() != want || sources.HintOf(err) != test.hint {
			t.Errorf("%.60s:\n got %v (%s)\nwant %s (%s)", test.src, err, sources.HintOf(err), want, test.hint)
		}
	}
}

// What looks like a reference in data is none.
func TestParseData(t *testing.T) {
	for _, src := range []string{
		`{"properties": {"$ref": {"type": "string"}, "$id": {}, "$schema": {}}}`,
		`{"const": {"$ref": "https://example.com"}, "enum": [{"$ref": "#/x"}], "default": {"$ref": "x"}, "examples": [{"$id": 1}]}`,
		`{"required": ["$ref"], "dependentRequired": {"$ref": ["$id"]}, "$comment": "x", "x-mine": {"$ref": "x"}, "$REF": "http://x"}`,
		`{"$vocabulary": {"https://example.com": true}, "dependencies": {"a": ["b"]}, "$recursiveRef": "#"}`,
	} {
		if _, err := parse("t.json", []byte(src)); err != nil {
			t.Errorf("%s: %v", src, err)
		}
	}
}

// Nothing is fetched, whatever a schema names.
func TestLoadFetchesNothing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a request for %s", r.URL)
	}))
	defer server.Close()
	for _, src := range []string{
		`{"$ref": "URL/a"}`, `{"$dynamicRef": "URL/a#b"}`, `{"$schema": "URL/a"}`, `{"$REF": "URL/a"}`,
		`{"$id": "URL/a", "properties": {"x": {"$ref": "URL/b"}}}`, `{"$id": "URL/a", "$ref": "b"}`, `{"$id": "URL/a", "type": "string"}`,
		`{"$vocabulary": {"URL/a": true}, "$recursiveRef": "URL/a"}`, `{"properties": {"x": {"allOf": [{"$ref": "URL/c"}]}}}`,
	} {
		typ, err := parse("t.json", []byte(strings.ReplaceAll(src, "URL", server.URL)))
		if err == nil {
			err = typ.Check("X", sources.NewSecret("x"))
		}
		if refused := strings.Contains(src, `"$ref"`) || strings.Contains(src, `"$dynamicRef"`) || strings.Contains(src, `"$schema"`); refused != (err != nil) {
			t.Errorf("%s: %v", src, err)
		}
	}
}
