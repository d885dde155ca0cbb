package docgen

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/aside-cli/aside/cmd/internal/config"
)

// Schema returns the JSON Schema (draft 2020-12) of aside.yaml, made from the
// types of package config, as JSON. The stores are the names that store: may have.
func Schema(stores []string) ([]byte, error) {
	g := &generator{stores: stores, keys: keys(), used: map[string]bool{}}
	s, err := g.structure("", reflect.TypeFor[config.Config]())
	if err != nil {
		return nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(g.keys)) {
		if !g.used[path] {
			return nil, fmt.Errorf("docgen describes %s, which aside.yaml does not have", path)
		}
	}
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = config.Name
	s.Description = "What aside knows of a folder. All of it is optional."
	text, err := json.MarshalIndent(s, "", "  ")
	return append(text, '\n'), err
}

// A generator makes schemas of types. A path names a key: "aws.region", and that
// of every stage "stages.*.type".
type generator struct {
	stores []string
	keys   map[string]jsonschema.Schema
	used   map[string]bool
}

// structure describes a struct by its fields with a yaml tag.
func (g *generator) structure(path string, t reflect.Type) (*jsonschema.Schema, error) {
	s := mapping()
	s.Properties, s.AdditionalProperties = map[string]*jsonschema.Schema{}, &jsonschema.Schema{Not: &jsonschema.Schema{}}
	for field := range t.Fields() {
		key, ok := field.Tag.Lookup("yaml")
		if !ok {
			continue
		}
		property, err := g.key(strings.TrimPrefix(path+"."+key, "."), field.Type)
		if err != nil {
			return nil, err
		}
		s.Properties[key] = property
		s.PropertyOrder = append(s.PropertyOrder, key)
	}
	if len(s.Properties) == 0 {
		return nil, fmt.Errorf("docgen knows no schema for %s, the type of %s", t, path)
	}
	return s, nil
}

// key describes a key by its type and what [keys] adds.
func (g *generator) key(path string, t reflect.Type) (*jsonschema.Schema, error) {
	more, ok := g.keys[path]
	if !ok {
		return nil, fmt.Errorf("docgen has no description of the key %s in aside.yaml", path)
	}
	g.used[path] = true
	s, err := g.value(path, t)
	if err != nil {
		return nil, err
	}
	s.Description = more.Description
	if more.Enum != nil {
		s.Enum = more.Enum
	}
	if more.Pattern != "" {
		s.Pattern = more.Pattern
	}
	if more.PropertyNames != nil {
		s.PropertyNames = more.PropertyNames
	}
	return s, nil
}

// value describes a type.
func (g *generator) value(path string, t reflect.Type) (*jsonschema.Schema, error) {
	switch t {
	case reflect.TypeFor[config.Text]():
		return &jsonschema.Schema{Type: "string"}, nil
	case reflect.TypeFor[config.Scalar]():
		return &jsonschema.Schema{Types: []string{"string", "number", "boolean"}}, nil
	case reflect.TypeFor[config.Flag](), reflect.TypeFor[config.Switch]():
		return &jsonschema.Schema{Type: "boolean"}, nil
	case reflect.TypeFor[config.List]():
		return list(&jsonschema.Schema{Type: "string"}), nil
	case reflect.TypeFor[config.Duration]():
		return duration(""), nil
	case reflect.TypeFor[config.Type]():
		return &jsonschema.Schema{Enum: []any{"production", "prod", "preview", "pr", "development", "dev", "local"}}, nil
	case reflect.TypeFor[config.Store]():
		return g.store(), nil
	case reflect.TypeFor[config.Cache]():
		age := object(map[string]*jsonschema.Schema{"max-age": duration("how old what is kept may be")})
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Enum: []any{"on", "off", "true", "false", true, false}}, age}}, nil
	case reflect.TypeFor[config.ValueType]():
		s, err := g.structure(path, t)
		if err == nil {
			s.Type, s.Types, s.Required = "object", nil, []string{"schema"} // without it a type says nothing
		}
		return s, err
	}
	if element, ok := elementOf(t); ok {
		s := mapping()
		var err error
		s.AdditionalProperties, err = g.value(path+".*", element)
		return s, err
	}
	return g.structure(path, t)
}

// elementOf returns T of a config.Map[T].
func elementOf(t reflect.Type) (reflect.Type, bool) {
	if t.Kind() != reflect.Slice || !strings.HasPrefix(t.Name(), "Map[") {
		return nil, false
	}
	value, ok := t.Elem().FieldByName("Value")
	return value.Type, ok
}

// store describes both forms of a store.
func (g *generator) store() *jsonschema.Schema {
	var names []any
	for _, name := range g.stores {
		if name != "exec" { // which needs its command
			names = append(names, name)
		}
	}
	scopes := list(&jsonschema.Schema{Enum: []any{"stage", "type", "fallback", "shared"}})
	scopes.Description = "the kinds of scope that the command knows"
	command := list(&jsonschema.Schema{Type: "string"})
	command.Types, command.Type = nil, "array"
	command.MinItems = jsonschema.Ptr(1)
	command.Description = "the command that prints the secrets"
	exec := object(map[string]*jsonschema.Schema{
		"exec": command, "scopes": scopes, "timeout": duration("how long the command may take"),
	})
	exec.Required = []string{"exec"}
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Enum: names}, exec}}
}

// mapping is an object. A key with nothing below it counts as an empty one.
func mapping() *jsonschema.Schema { return &jsonschema.Schema{Types: []string{"object", "null"}} }

// object is a mapping that is there, of these keys alone.
func object(properties map[string]*jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", Properties: properties, AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}}}
}

func list(of *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{Types: []string{"array", "null"}, Items: of}
}

// duration is a length of time, as Go writes it.
func duration(description string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: `^\+?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$`, Description: description}
}
