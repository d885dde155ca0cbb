package override

import (
	"strings"
	"testing"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	cue "cuelang.org/go/cue/parser"

	"github.com/aside-cli/aside/sources"
)

// FuzzParse holds the package against CUE's own parser: what is read here reads
// the same there.
func FuzzParse(f *testing.F) {
	for _, test := range good {
		f.Add(test.src)
	}
	for _, test := range bad {
		f.Add(test.src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		values, err := parse([]byte(src))
		if err != nil {
			if !strings.HasPrefix(err.Error(), Name+":") || sources.HintOf(err) == "" || values != nil {
				t.Errorf("%v (%s)", err, sources.HintOf(err))
			}
			return
		}
		file, err := cue.ParseFile(Name, strings.ReplaceAll(src, "\r\n", "\n"))
		if err != nil {
			t.Fatalf("CUE refuses it: %v", err)
		}
		if len(file.Decls) != len(values) {
			t.Fatalf("%d values, CUE has %d", len(values), len(file.Decls))
		}
		for i, decl := range file.Decls {
			field := decl.(*ast.Field)
			name, _, err := ast.LabelName(field.Label)
			if err != nil || name != values[i].Name {
				t.Errorf("name %q, CUE has %q, %v", values[i].Name, name, err)
			}
			text, err := literal.Unquote(field.Value.(*ast.BasicLit).Value)
			if err != nil || text != values[i].Secret.Reveal() {
				t.Errorf("value %q, CUE has %q, %v", values[i].Secret.Reveal(), text, err)
			}
			at := field.Label.Pos().Position()
			column := at.Column
			if at.Line == 1 && strings.HasPrefix(src, "\ufeff") {
				column -= len("\ufeff")
			}
			if o := values[i].Origin; o.Line != at.Line || o.Column != column {
				t.Errorf("%s at %d:%d, CUE has it at %d:%d", name, o.Line, o.Column, at.Line, column)
			}
		}
	})
}

// FuzzValue spoils a file around a value, which is no name: no error may hold it.
func FuzzValue(f *testing.F) {
	for _, test := range bad {
		if before, after, ok := strings.Cut(test.src, "hunter2"); ok {
			f.Add(before, after)
		}
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		const value = "s3cr3t\u00df"
		_, err := parse([]byte(before + value + after))
		if err == nil {
			return
		}
		if said := err.Error() + sources.HintOf(err); strings.Contains(said, "s3cr3t") {
			t.Errorf("the value is in %q", said)
		}
	})
}
