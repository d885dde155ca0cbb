package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/google/jsonschema-go/jsonschema"
)

// An explanation finds out where a value breaks a schema, and which rule. The
// library that validates tells no more of the place than the schema's side, and
// tells the value.
type explanation struct {
	*document
	compiled map[string]*jsonschema.Resolved // keywords alone, by their JSON pointers
}

// rules are the keywords that say something of a value, in the order in which
// they are looked at.
var rules = []string{
	"$ref", "$dynamicRef", "type", "const", "enum",
	"multipleOf", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum",
	"minLength", "maxLength", "pattern",
	"required", "dependentRequired", "minProperties", "maxProperties", "propertyNames",
	"properties", "patternProperties", "additionalProperties",
	"minItems", "maxItems", "uniqueItems", "prefixItems", "items", "contains",
	"allOf", "anyOf", "oneOf", "not", "if", "dependentSchemas",
	"unevaluatedItems", "unevaluatedProperties",
}

// find looks for the first rule of the schema at pointer that v, which is at
// the JSON pointer at, breaks. It steps into what the schema names, and asks for
// each of the other keywords whether v is valid to that one alone.
func (e *explanation) find(pointer string, v any, at string) (where, rule string, found bool) {
	node, ok := e.nodes[pointer].(map[string]any)
	if !ok {
		return at, "nothing may be here", e.nodes[pointer] == false
	}
	object, _ := v.(map[string]any)
	array, _ := v.([]any)
	for _, name := range rules {
		value, ok := node[name]
		if !ok {
			continue
		}
		there := pointer + "/" + name
		switch name {
		case "$dynamicRef", "$ref":
			where, rule, found = e.find(e.targets[there], v, at)
		case "allOf":
			for i := 0; i < len(value.([]any)) && !found; i++ {
				where, rule, found = e.find(there+"/"+strconv.Itoa(i), v, at)
			}
		case "properties":
			for _, key := range sortedKeys(value.(map[string]any)) {
				if member, ok := object[key]; ok && !found {
					where, rule, found = e.find(there+"/"+escape(key), member, at+"/"+escape(key))
				}
			}
		case "prefixItems":
			for i := 0; i < min(len(array), len(value.([]any))) && !found; i++ {
				where, rule, found = e.find(there+"/"+strconv.Itoa(i), array[i], at+"/"+strconv.Itoa(i))
			}
		case "items":
			first, _ := node["prefixItems"].([]any)
			for i := len(first); i < len(array) && !found; i++ {
				where, rule, found = e.find(there, array[i], at+"/"+strconv.Itoa(i))
			}
		default:
			where, rule, found = at, describe(name, value, object), e.breaks(node, name, there, v)
		}
		if found {
			return where, rule, true
		}
	}
	return "", "", false
}

// describe writes a keyword as a rule, with its value where that is short and
// no other secret's.
func describe(name string, value any, object map[string]any) string {
	switch name {
	case "additionalProperties", "unevaluatedItems", "unevaluatedProperties":
		if value != false {
			return name
		}
	case "required":
		missing := slices.IndexFunc(value.([]any), func(key any) bool { _, ok := object[key.(string)]; return !ok })
		value = value.([]any)[max(missing, 0)]
	case "const", "enum", "anyOf", "contains", "dependentRequired", "dependentSchemas",
		"if", "not", "oneOf", "patternProperties", "propertyNames":
		return name
	case "pattern":
		return fmt.Sprintf("pattern %#q", value)
	}
	text, _ := json.Marshal(value)
	return name + " " + string(text)
}

// breaks reports whether v is invalid to a keyword of node, which is at pointer,
// alone, or with those that it has no meaning without.
func (e *explanation) breaks(node map[string]any, name, pointer string, v any) bool {
	schema, ok := e.compiled[pointer]
	if !ok {
		alone := map[string]any{name: node[name]}
		switch name {
		case "additionalProperties":
			for _, name := range []string{"properties", "patternProperties"} {
				allowed := map[string]any{}
				named, _ := node[name].(map[string]any)
				for key := range named {
					allowed[key] = true
				}
				alone[name] = allowed
			}
		case "contains":
			take(alone, node, "minContains", "maxContains")
		case "if":
			take(alone, node, "then", "else")
		case "unevaluatedItems", "unevaluatedProperties":
			alone = node
		}
		schema, _ = compile(e.within(alone))
		e.compiled[pointer] = schema
	}
	return schema != nil && schema.Validate(v) != nil
}

// take copies the members called names.
func take(to, from map[string]any, names ...string) {
	for _, name := range names {
		if value, ok := from[name]; ok {
			to[name] = value
		}
	}
}

// within returns a schema that is valid where part is, which refers to schemas
// of the document.
func (e *explanation) within(part map[string]any) map[string]any {
	const id = "aside://schema/"
	whole := maps.Clone(e.root.(map[string]any))
	parts, _ := whole["allOf"].([]any)
	whole["allOf"] = append(slices.Clone(parts), part)
	whole["$id"] = id
	return map[string]any{
		"$ref":  id + "#/allOf/" + strconv.Itoa(len(parts)),
		"$defs": map[string]any{"whole": whole},
	}
}
