package schema

import (
	"encoding/json"
	"fmt"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/aside-cli/aside/sources"
)

// schemaType is a [Type] from a file.
type schemaType struct {
	*document
	whole   *jsonschema.Resolved
	strings bool // every value is a string
}

// Check implements [Type].
func (t *schemaType) Check(name string, value sources.Secret) error {
	mismatch := &MismatchError{Name: name, Type: t.file, hint: "mend the value, or the rule in " + t.file}
	var v any = value.Reveal()
	if !t.strings {
		var parsed any
		switch src := []byte(value.Reveal()); {
		case json.Unmarshal(src, &parsed) == nil:
			v = parsed
		case json.Valid(src):
			mismatch.Rule = "numbers of at most 1.7e308"
			return mismatch
		default:
			mismatch.hint = "the value is no JSON, so it counts as a string"
		}
	}
	if depth(v) > maxDepth {
		mismatch.Rule = fmt.Sprintf("nested %d deep at most", maxDepth)
		return mismatch
	}
	// The error tells the value, and no more about the place than its schema.
	if t.whole.Validate(v) == nil {
		return nil
	}
	e := explanation{t.document, map[string]*jsonschema.Resolved{}}
	if at, rule, found := e.find("", v, ""); found {
		mismatch.Pointer, mismatch.Rule = at, rule
	} else {
		mismatch.Rule = "the schema as a whole"
	}
	return mismatch
}

// depth returns how deep v is nested.
func depth(v any) int {
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, member := range v {
			deepest = max(deepest, depth(member))
		}
	case []any:
		for _, element := range v {
			deepest = max(deepest, depth(element))
		}
	default:
		return 0
	}
	return deepest + 1
}
