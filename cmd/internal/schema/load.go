package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/aside-cli/aside/sources"
)

// MaxFile limits the size of a schema's file, in bytes.
const MaxFile = 1 << 20

// Load returns the type that the JSON Schema of draft 2020-12 in a file
// describes. A path that is not absolute is taken from root; errors name it as
// it is given.
//
// References reach within the file alone: nothing else is read, and nothing
// fetched. Formats and contents (format, contentEncoding, …) are annotations, as
// they are by default in the draft.
//
// A value is parsed as JSON and counts as a string where that fails. To a schema
// that speaks of strings at its top (type string; or no type, but pattern,
// minLength, maxLength, or const or enum of strings alone) every value is a
// string, to the letter: then 12345678 has eight characters, and is no number.
func Load(root, path string) (Type, error) {
	file := path
	if !filepath.IsAbs(file) {
		file = filepath.Join(root, path)
	}
	src, err := read(file)
	if err != nil {
		return nil, fileError(path, err)
	}
	return parse(path, src)
}

var (
	errIrregular = errors.New("is no regular file")
	errTooLarge  = fmt.Errorf("is larger than %d MiB", MaxFile>>20)
)

func read(path string) ([]byte, error) {
	// Before it is opened: a named pipe would wait for its writer.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errIrregular
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	src, err := io.ReadAll(io.LimitReader(file, MaxFile+1))
	if err == nil && len(src) > MaxFile {
		err = errTooLarge
	}
	return src, err
}

// fileError says what is wrong with the file at path, and what to do.
func fileError(path string, err error) error {
	if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
		err = inner.Err // without the path: it is said in the user's words
	}
	const hint = "schema in aside.yaml names a file of JSON Schema, seen from the folder of aside.yaml"
	switch {
	case err == errIrregular || err == errTooLarge:
		return sources.Hint(fmt.Errorf("%s %w", path, err), hint)
	case errors.Is(err, fs.ErrNotExist):
		return sources.Hint(fmt.Errorf("%s: %w", path, sources.ErrNotFound), hint)
	}
	return sources.Hint(fmt.Errorf("%s cannot be read: %w", path, err), hint)
}

// parse returns the type that src, the content of the file, describes.
func parse(file string, src []byte) (Type, error) {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	d := &document{file: file, nodes: map[string]any{}, anchors: map[string]string{}, targets: map[string]string{}}
	if err := json.Unmarshal(src, &d.root); err != nil {
		at := ""
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			before := src[:min(int(syntax.Offset), len(src))]
			at = fmt.Sprintf(":%d:%d", bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n')-1)
		}
		return nil, sources.Hint(fmt.Errorf("%s%s: not JSON: %w", file, at, err), "a schema is a JSON object, without comments or a comma after the last element")
	}
	if err := d.index(d.root, "", 0); err != nil {
		return nil, err
	}
	if err := d.resolve(); err != nil {
		return nil, err
	}
	whole, err := compile(d.root)
	if err != nil {
		return nil, sources.Hint(fmt.Errorf("%s: no schema that can be used: %w", file, err), draftHint)
	}
	return &schemaType{d, whole, d.literal("")}, nil
}

// compile prepares a schema, whose references all lie in it.
func compile(schema any) (*jsonschema.Resolved, error) {
	src, err := json.Marshal(schema)
	if err != nil {
		return nil, err
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(src, &s); err != nil {
		return nil, err
	}
	return s.Resolve(nil) // without a loader: nothing can be fetched
}

// literal reports whether the schema at pointer takes every value for a string.
func (d *document) literal(pointer string) bool {
	node, _ := d.nodes[pointer].(map[string]any)
	if typ, ok := node["type"]; ok {
		return typ == "string"
	}
	values, listed := node["enum"].([]any)
	if c, ok := node["const"]; ok {
		values, listed = []any{c}, true
	}
	if listed {
		return len(values) > 0 && areNames(values)
	}
	for _, name := range []string{"pattern", "minLength", "maxLength"} {
		if _, ok := node[name]; ok {
			return true
		}
	}
	target, ok := d.targets[pointer+"/$ref"]
	return ok && d.literal(target)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
