package schema

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"

	"github.com/aside-cli/aside/sources"
)

// A document is a JSON Schema as it was decoded, checked and indexed.
type document struct {
	file    string
	root    any
	id      string            // the root's $id
	nodes   map[string]any    // JSON pointer → the schema there
	anchors map[string]string // $anchor → JSON pointer of its schema
	targets map[string]string // JSON pointer of a reference → that of its schema
}

// maxDepth limits how deep a schema may be nested, and a value that is checked
// against one.
const maxDepth = 100

// The kinds of keywords, by what their values are.
const (
	schemaKeyword  = iota // a schema
	schemasKeyword        // a list of schemas
	schemaMap             // an object of schemas
	patternMap            // the same, its keys being regular expressions
	numberKeyword
	positiveKeyword
	countKeyword // a whole number, 0 or more
	booleanKeyword
	patternKeyword
	namesKeyword // a list of strings
	namesMap     // an object of lists of strings
	typeKeyword
	listKeyword
	anyKeyword
	referenceKeyword
)

// keyword returns the kind of a keyword that has a say in validation. The others,
// like title, format and those of earlier drafts, are annotations.
func keyword(name string) (kind int, ok bool) {
	switch name {
	case "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties":
		return schemaKeyword, true
	case "allOf", "anyOf", "oneOf", "prefixItems":
		return schemasKeyword, true
	case "$defs", "definitions", "dependentSchemas", "properties":
		return schemaMap, true
	case "patternProperties":
		return patternMap, true
	case "exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum":
		return numberKeyword, true
	case "multipleOf":
		return positiveKeyword, true
	case "maxContains", "maxItems", "maxLength", "maxProperties", "minContains", "minItems", "minLength", "minProperties":
		return countKeyword, true
	case "uniqueItems":
		return booleanKeyword, true
	case "pattern":
		return patternKeyword, true
	case "required":
		return namesKeyword, true
	case "dependentRequired":
		return namesMap, true
	case "type":
		return typeKeyword, true
	case "enum":
		return listKeyword, true
	case "const":
		return anyKeyword, true
	case "$dynamicRef", "$ref":
		return referenceKeyword, true
	}
	return 0, false
}

// fail returns an error about the keyword or schema at pointer.
func (d *document) fail(pointer, message, hint string) error {
	if pointer == "" {
		pointer = "the schema"
	}
	return sources.Hint(fmt.Errorf("%s: %s: %s", d.file, pointer, message), hint)
}

const (
	draftHint   = "see draft 2020-12 of JSON Schema"
	aPattern    = "a regular expression"
	patternHint = "look-ahead, look-behind and back-references are not supported, as in every RE2"
)

// index checks the schema at pointer and those below it, notes where they are
// and drops what is no keyword.
func (d *document) index(schema any, pointer string, depth int) error {
	d.nodes[pointer] = schema
	object, ok := schema.(map[string]any)
	if _, boolean := schema.(bool); !ok && !boolean {
		hint := draftHint
		if _, list := schema.([]any); list {
			hint = "a list of schemas for the first elements is called prefixItems"
		}
		return d.fail(pointer, "a schema is an object, true or false", hint)
	}
	if depth > maxDepth {
		return d.fail(pointer, fmt.Sprintf("nested deeper than %d", maxDepth), "name parts of it in $defs, and refer to them")
	}
	if err := d.identity(object, pointer); err != nil {
		return err
	}
	for _, name := range sortedKeys(object) {
		kind, ok := keyword(name)
		if !ok {
			delete(object, name)
			continue
		}
		if err := d.keyword(kind, object[name], pointer+"/"+escape(name), depth); err != nil {
			return err
		}
	}
	if object["$defs"] != nil && object["definitions"] != nil {
		return d.fail(pointer, "holds both $defs and definitions", "definitions is the older name: move all to $defs")
	}
	return nil
}

// identity checks the keywords that say what kind of schema this is and what it
// is called.
func (d *document) identity(schema map[string]any, pointer string) error {
	switch draft := schema["$schema"]; draft {
	case nil, "https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2020-12/schema#":
	default:
		return d.fail(pointer+"/$schema", "only draft 2020-12 is supported", "https://json-schema.org/draft/2020-12/schema is its name")
	}
	for _, name := range []string{"$anchor", "$dynamicAnchor", "$id"} {
		value, ok := schema[name]
		if !ok {
			continue
		}
		text, ok := value.(string)
		switch {
		case !ok || text == "":
			return d.fail(pointer+"/"+name, "must be a string", draftHint)
		case name != "$id":
			if _, taken := d.anchors[text]; taken {
				return d.fail(pointer+"/"+name, "another schema has this anchor already", draftHint)
			}
			d.anchors[text] = pointer
		case pointer != "":
			return d.fail(pointer+"/$id", "only the whole schema may have an $id", "remove it, and refer to the place with #"+pointer)
		default:
			d.id = text
		}
	}
	return nil
}

// keyword checks the value of a keyword at pointer.
func (d *document) keyword(kind int, value any, pointer string, depth int) error {
	must := ""
	switch kind {
	case schemaKeyword:
		return d.index(value, pointer, depth+1)
	case schemasKeyword:
		list, ok := value.([]any)
		must = unless(ok && len(list) > 0, "a list of schemas")
		for i, schema := range list {
			if err := d.index(schema, pointer+"/"+strconv.Itoa(i), depth+1); err != nil {
				return err
			}
		}
	case schemaMap, patternMap:
		object, ok := value.(map[string]any)
		must = unless(ok, "an object of schemas")
		for _, key := range sortedKeys(object) {
			at := pointer + "/" + escape(key)
			if kind == patternMap && !isPattern(key) {
				return d.fail(at, "must be "+aPattern, patternHint)
			}
			if err := d.index(object[key], at, depth+1); err != nil {
				return err
			}
		}
	case numberKeyword:
		_, ok := value.(float64)
		must = unless(ok, "a number")
	case positiveKeyword:
		n, ok := value.(float64)
		must = unless(ok && n > 0, "a number above 0")
	case countKeyword:
		n, ok := value.(float64)
		must = unless(ok && n >= 0 && n == math.Trunc(n) && n <= math.MaxInt32, "a whole number, 0 or more")
	case booleanKeyword:
		_, ok := value.(bool)
		must = unless(ok, "true or false")
	case patternKeyword:
		if !isPattern(value) {
			return d.fail(pointer, "must be "+aPattern, patternHint)
		}
	case namesKeyword:
		must = unless(areNames(value), "a list of strings")
	case namesMap:
		object, ok := value.(map[string]any)
		for _, names := range object {
			ok = ok && areNames(names)
		}
		must = unless(ok, "an object of lists of strings")
	case typeKeyword:
		must = unless(areTypes(value), "one of array, boolean, integer, null, number, object, string, or a list of them")
	case listKeyword:
		_, ok := value.([]any)
		must = unless(ok, "a list")
	case referenceKeyword:
		_, ok := value.(string)
		must = unless(ok, "a string")
	}
	if must != "" {
		return d.fail(pointer, "must be "+must, draftHint)
	}
	return nil
}

func isPattern(value any) bool {
	pattern, ok := value.(string)
	_, err := regexp.Compile(pattern)
	return ok && err == nil
}

func areNames(value any) bool {
	list, ok := value.([]any)
	return ok && !slices.ContainsFunc(list, func(v any) bool { _, ok := v.(string); return !ok })
}

func areTypes(value any) bool {
	types := []any{"array", "boolean", "integer", "null", "number", "object", "string"}
	list, ok := value.([]any)
	if !ok {
		return slices.Contains(types, value)
	}
	return len(list) > 0 && !slices.ContainsFunc(list, func(v any) bool { return !slices.Contains(types, v) })
}
