package config

import (
	"strings"
	"testing"
	"time"

	"github.com/aside-cli/aside/sources"
)

func TestSyntaxErrors(t *testing.T) {
	const (
		brackets = "close the bracket that is opened here"
		indent   = "check the indentation"
		quote    = "close the quote that is opened here"
		start    = "indent with spaces, not tabs; a value that starts with @, ` or % goes in quotes"
	)
	for _, tt := range []struct{ text, want, hint string }{
		{"app: a: b\n", "aside.yaml:1: not valid YAML: mapping values are not allowed in this context", `check the indentation; a value with ": " in it goes in quotes`},
		{"# c\n\napp: x\nstage: y\n  store: z\n", "aside.yaml:5: not valid YAML: mapping values are not allowed in this context", `check the indentation; a value with ": " in it goes in quotes`},
		{"parameters:\n  A: 1\n  B: 2\n C: 3\n", "aside.yaml:4: not valid YAML: did not find expected key", indent},
		{"app: x\n- y\n", "aside.yaml:2: not valid YAML: did not find expected key", indent},
		{"app: x\nstage y\nstore: z\n", "aside.yaml:2: not valid YAML: could not find expected ':'", "a line is written as key: value"},
		{"app: x\nstages:\n  a: {type: dev\n  b: {type: dev}\nstore: y\n", "aside.yaml:3: not valid YAML: did not find expected ',' or '}'", brackets},
		{"aws: {\n  region: x\n  }\nstages: [a,\n", "aside.yaml:4: not valid YAML: did not find expected node content", ""},
		{"app: x\nstage: \"dev\nstore: y\n", "aside.yaml:2: not valid YAML: found unexpected end of stream", quote},
		{"app: 'x", "aside.yaml:1: not valid YAML: found unexpected end of stream", quote},
		{"app: x\nstage: @dev\n", "aside.yaml:2: not valid YAML: found character that cannot start any token", start},
		{"aws:\n\tregion: x\n", "aside.yaml:2: not valid YAML: found character that cannot start any token", start},
		{"app: x\n\tregion: x\n", "aside.yaml:2: not valid YAML: found a tab character that violates indentation", "indent with spaces, not tabs"},
		{"app: x\nparameters: {P: \"C:\\q\"}\n", "aside.yaml:2: not valid YAML: found unknown escape character", `put the value in single quotes, in which \ is no escape`},
		{"app: x\n\nstage: *s\n", "aside.yaml:3: not valid YAML: unknown anchor 's' referenced", ""},
		{"app: x\nstage: a\x01b\n", "aside.yaml:2: not valid YAML: control characters are not allowed", ""},
		{"app: x\n---\nstage: [\n", "aside.yaml:3: not valid YAML: did not find expected node content", ""},
		{"app: x\nstage: a\xffb\n", "aside.yaml:2: not valid UTF-8", "save the file as UTF-8"},
		{"\xff\xfea\x00", "aside.yaml:1: not valid UTF-8", "save the file as UTF-8"},
	} {
		_, err := parse([]byte(tt.text))
		if err == nil || err.Error() != tt.want {
			t.Errorf("%q:\ngot  %v\nwant %s", tt.text, err, tt.want)
		}
		if got := sources.HintOf(err); err != nil && got != tt.hint {
			t.Errorf("%q:\ngot hint  %s\nwant hint %s", tt.text, got, tt.hint)
		}
	}
}

// The search for the line does not parse a large file thousands of times.
func TestSyntaxErrorInALargeFile(t *testing.T) {
	lines := strings.Repeat("  NAME: some value\n", 20_000)
	for first, want := range map[string]string{
		"parameters: {\n": "aside.yaml:1: not valid YAML: did not find expected ',' or '}'",
		"app: \"\n":       "aside.yaml:20001: not valid YAML: found unexpected end of stream",
	} {
		start := time.Now()
		_, err := parse([]byte(first + lines))
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", first, err, want)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%q: took %v", first, took)
		} else {
			t.Logf("%q: %v", first, took)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		everything, "", "\ufeffapp: x\r\n", "app: &a [*a]", "aws: {<<: *x}", "stages: {'pr-[a-z]*': {type: pr}}",
		"parameters:\n  A: |\n    x\n  B: 'y", "# c\n\n- a\n# b\n  # d\n", "? a\n: b", "--- !!map\n...\n---", "app: \u2028x\nstage: \u0085",
		"a: # b\n  # c\n- d # e\n\n# f", "[a, # b\n]", "{a: b, # c\n d}", "%YAML 1.1\n---\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parse(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), Name+":") {
				t.Fatalf("no place: %v", err)
			}
			return
		}
		for _, p := range c.Parameters {
			if p.Key.Pos.Line < 1 || p.Key.Pos.Column < 1 || p.Value.Pos.Line < 1 || p.Value.Pos.Column < 1 {
				t.Fatalf("no place: %+v", p)
			}
		}
		for _, stage := range []string{"dev", "pr-1", "production"} {
			if _, err := ParseType(string(c.StageType(stage))); err != nil {
				t.Fatal(err)
			}
			if c.StoreFor(stage).Value == "" {
				t.Fatalf("no store for %s", stage)
			}
		}
	})
}
