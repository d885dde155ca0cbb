package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/aside-cli/aside/sources"
)

// A decoder is a type of value that reads itself from a node that is neither an
// alias nor tagged. The path names the node in errors: "aws.region".
type decoder interface {
	decode(d *document, path string, n *yaml.Node) error
}

// decode reads text into the struct that into points to. Its keys are the
// fields with a yaml tag, which are structs themselves or decoders.
func decode(text []byte, into any) error {
	d, err := newDocument(text)
	if err != nil || d.root == nil {
		return err
	}
	return d.value("", d.root, into)
}

// value reads n into what into points to.
func (d *document) value(path string, n *yaml.Node, into any) error {
	switch {
	case n.Kind == yaml.AliasNode:
		return d.pos(n).wrap(sources.Hint(fmt.Errorf("aliases are not supported: *%s", n.Value), "write the value out"))
	case n.Style&yaml.TaggedStyle != 0:
		return d.pos(n).wrap(sources.Hint(fmt.Errorf("tags are not supported: %s", n.Tag), "write the value without it"))
	}
	if into, ok := into.(decoder); ok {
		return into.decode(d, path, n)
	}
	return d.structure(path, n, reflect.ValueOf(into).Elem())
}

// structure reads a mapping into the fields of v.
func (d *document) structure(path string, n *yaml.Node, v reflect.Value) error {
	var known []string
	fields := map[string]any{}
	for field, value := range v.Fields() {
		if key, ok := field.Tag.Lookup("yaml"); ok {
			known = append(known, key)
			fields[key] = value.Addr().Interface()
		}
	}
	return d.pairs(path, n, func(key Text, n *yaml.Node) error {
		field, ok := fields[key.Value]
		switch near := Nearest(key.Value, known); {
		case ok:
			return d.value(strings.TrimPrefix(path+"."+key.Value, "."), n, field)
		case near != "":
			return key.Errorf("unknown key %q: did you mean %q?", key.Value, near)
		case path == "":
			return key.Errorf("unknown key %q: known are %s", key.Value, strings.Join(known, ", "))
		}
		return key.Errorf("unknown key %q in %s: known are %s", key.Value, path, strings.Join(known, ", "))
	})
}

// pairs calls each for the keys of a mapping, in the order of the file. Nothing
// at all, as is left when every key is commented out, is an empty mapping.
func (d *document) pairs(path string, n *yaml.Node, each func(key Text, value *yaml.Node) error) error {
	switch {
	case n.Tag == "!!null":
		return nil
	case n.Kind != yaml.MappingNode && path == "":
		return d.pos(n).wrap(fmt.Errorf("the file must be a mapping (key: value), not %s", describe(n)))
	case n.Kind != yaml.MappingNode:
		return d.pos(n).wrap(fmt.Errorf("%s must be a mapping (key: value), not %s", path, describe(n)))
	}
	lines := map[string]int{}
	for pair := range slices.Chunk(n.Content, 2) {
		key := Text{pair[0].Value, d.pos(pair[0])}
		switch {
		case pair[0].Kind != yaml.ScalarNode:
			return key.Errorf("a key must be a string")
		case pair[0].Tag == "!!merge":
			return key.Pos.wrap(sources.Hint(fmt.Errorf("merge keys (<<) are not supported"), "write the keys out"))
		case lines[key.Value] != 0:
			return key.Errorf("key %q was already set in line %d", key.Value, lines[key.Value])
		}
		lines[key.Value] = key.Pos.Line
		if err := each(key, pair[1]); err != nil {
			return err
		}
	}
	return nil
}
