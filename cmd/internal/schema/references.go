package schema

import (
	"fmt"
	"net/url"
	"strings"
)

// resolve turns every reference into one by JSON pointer within the document, and
// refuses those that point elsewhere, at nothing, or in a circle.
func (d *document) resolve() error {
	for _, pointer := range sortedKeys(d.nodes) {
		node, _ := d.nodes[pointer].(map[string]any)
		for _, name := range []string{"$dynamicRef", "$ref"} {
			ref, ok := node[name].(string)
			if !ok {
				continue
			}
			target, err := d.target(ref, pointer+"/"+name)
			if err != nil {
				return err
			}
			// A dynamic reference is a plain one in a document without inner $ids.
			d.targets[pointer+"/"+name] = target
			node[name] = "#" + (&url.URL{Fragment: target}).EscapedFragment()
		}
	}
	done := map[string]bool{}
	for _, pointer := range sortedKeys(d.nodes) {
		if err := d.circle(pointer, map[string]bool{}, done); err != nil {
			return err
		}
	}
	return nil
}

// target returns the JSON pointer of the schema that ref, which is at pointer,
// refers to.
func (d *document) target(ref, pointer string) (string, error) {
	document, fragment, _ := strings.Cut(ref, "#")
	if document != "" && document != strings.TrimSuffix(d.id, "#") {
		return "", d.fail(pointer, fmt.Sprintf("refers to another document, %q: nothing is fetched or read", document),
			"copy what it refers to into $defs, and refer to #/$defs/NAME")
	}
	target, err := url.PathUnescape(fragment)
	_, ok := d.nodes[target]
	if target != "" && target[0] != '/' {
		target, ok = d.anchors[target]
	}
	if err != nil || !ok {
		return "", d.fail(pointer, fmt.Sprintf("refers to nothing: there is no schema at %q", "#"+fragment), "a schema in $defs is referred to as #/$defs/NAME")
	}
	return target, nil
}

// circle returns an error if the schema at pointer applies itself to a value
// before it steps into it: that would never end.
func (d *document) circle(pointer string, above, done map[string]bool) error {
	if above[pointer] {
		return d.fail(pointer, "refers to itself without end", "let the reference stand below properties or items")
	}
	if done[pointer] {
		return nil
	}
	above[pointer] = true
	for _, next := range d.same(pointer) {
		if err := d.circle(next, above, done); err != nil {
			return err
		}
	}
	delete(above, pointer)
	done[pointer] = true
	return nil
}

// same returns the pointers of the schemas that the one at pointer applies to
// the very value that it is applied to itself.
func (d *document) same(pointer string) []string {
	node, _ := d.nodes[pointer].(map[string]any)
	var next []string
	for _, name := range sortedKeys(node) {
		at := pointer + "/" + name
		switch name {
		case "$dynamicRef", "$ref":
			next = append(next, d.targets[at])
		case "else", "if", "not", "then":
			next = append(next, at)
		case "allOf", "anyOf", "oneOf":
			for i := range node[name].([]any) {
				next = append(next, fmt.Sprint(at, "/", i))
			}
		case "dependentSchemas":
			for _, key := range sortedKeys(node[name].(map[string]any)) {
				next = append(next, at+"/"+escape(key))
			}
		}
	}
	return next
}
