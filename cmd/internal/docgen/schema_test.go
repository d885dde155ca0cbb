package docgen

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v3"

	"github.com/aside-cli/aside/cmd/internal/config"
)

var stores = []string{"awssm", "exec", "local", "ssm", "sst", "sst-local", "sst-v2"}

func resolved(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	text, err := Schema(stores)
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	r, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// accepts asks the schema about YAML.
func accepts(t *testing.T, r *jsonschema.Resolved, text string) error {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	// Through JSON, so that only types of JSON are left.
	asJSON, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(asJSON, &v); err != nil {
		t.Fatal(err)
	}
	return r.Validate(v)
}

// loads asks aside.
func loads(t *testing.T, text string) error {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, config.Name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load(dir)
	return err
}

// TestSchemaAgreesWithConfig holds the schema against what reads the file.
func TestSchemaAgreesWithConfig(t *testing.T) {
	r := resolved(t)
	for text, want := range map[string]bool{
		"{}":                            true,
		"app: my-app\nstage: pr-1":      true,
		"app: 1":                        false,
		"app: -x":                       false,
		"app: a/b":                      false,
		"stage: a_b":                    false,
		"ap: x":                         false,
		"store: local":                  true,
		"store: 1":                      false,
		"store: {exec: [op, inject]}":   true,
		"store: {exec: []}":             false,
		"store: {scopes: [stage]}":      false,
		"store: {exec: [a], scopes: x}": false,
		"store: {exec: [a], scopes: [stage, shared], timeout: 5s}": true,
		"store: {exec: [a], scopes: [world]}":                      false,
		"store: {exec: [a], b: c}":                                 false,
		"aws:":                                                     true,
		"aws: x":                                                   false,
		"aws: {region: eu-central-1, profile: p, kms-key: alias/x}": true,
		"aws: {endpoint: \"\"}":                          true,
		"aws: {endpoint: \"http://localhost:4566\"}":     true,
		"aws: {endpoint: localhost}":                     false,
		"aws: {endpoint: \"HTTP://localhost:4566\"}":     true,
		"aws: {endpoint: \"Https://x?y\"}":               true,
		"aws: {endpoint: \"https:///x\"}":                false,
		"aws: {endpoint: \"https://?x\"}":                false,
		"aws: {zone: x}":                                 false,
		"ssm: {prefix: \"/{app}/{scope}\", case: upper}": true,
		"ssm: {case: lower}":                             false,
		"poll: 30s":                                      true,
		"poll: 1h30m":                                    true,
		"poll: 30":                                       false,
		"poll: soon":                                     false,
		"cache: on":                                      true,
		"cache: off":                                     true,
		"cache: true":                                    true,
		"cache: \"true\"":                                true,
		"cache: 'false'":                                 true,
		"cache: True":                                    true,
		"cache: FALSE":                                   true,
		"cache: On":                                      false,
		"cache: {max-age: 24h}":                          true,
		"cache: {max-age: x}":                            false,
		"cache: maybe":                                   false,
		"stages: {production: {type: prod, store: awssm, poll: 5s}}": true,
		"stages: {\"pr-*\": {type: preview}, \"[a-c]?\":}":           true,
		"stages: {a_b: {type: preview}}":                             false,
		"stages: {a: {type: prd}}":                                   false,
		"stages: {a: x}":                                             false,
		"stages: {a: {app: x}}":                                      false,
		"parameters: {A: x, B: 1, C: true, D: 2026-01-01}":           true,
		"parameters: {A: [x]}":                                       false,
		"parameters: {A: }":                                          false,
		"parameters: {A-B: x}":                                       false,
		"secrets: {A: , B: {required: true, description: x, env: C, type: port, flatten: false, on-change: \"signal:HUP\"}}": true,
		"secrets: {A: {required: 1}}":        false,
		"secrets: {A: {env: A-B}}":           false,
		"secrets: {A: {on-change: reload}}":  false,
		"secrets: {A: {requird: true}}":      false,
		"secrets: [A]":                       false,
		"types: {a: {schema: a.json}}":       true,
		"types: {a: {schema: \"\"}}":         false,
		"types: {a: {}}":                     false,
		"types: {a: }":                       false,
		"types: ":                            true,
		"links: {api: [A, B], web: , x: []}": true,
		"links: {api: A}":                    false,
		"undeclared: warn":                   true,
		"undeclared: maybe":                  false,
	} {
		schema, file := accepts(t, r, text), loads(t, text)
		if (schema == nil) != want || (file == nil) != want {
			t.Errorf("%s: want %v\nthe schema says %v\naside says %v", text, want, schema, file)
		}
	}
}

// TestSchemaAcceptsExamples checks every aside.yaml that the repository shows:
// the README's, that of the shop and those of the scripts.
func TestSchemaAcceptsExamples(t *testing.T) {
	r := resolved(t)
	examples := map[string]string{}
	read := func(path string) string {
		text, err := os.ReadFile(filepath.FromSlash(path))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(read("../../../README.md"), -1) {
		if strings.HasPrefix(block[1], "app:") {
			examples["README.md"] = block[1]
		}
	}
	if examples["README.md"] == "" {
		t.Error("README.md shows no aside.yaml")
	}
	examples["shop"] = read("../../aside/testdata/shop/aside.yaml")
	scripts, err := filepath.Glob("../../aside/testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		if filepath.Base(script) == "bad.txtar" {
			continue // names a store that only the program knows not to be there
		}
		for i, file := range strings.Split(read(filepath.ToSlash(script)), "\n-- ")[1:] {
			name, text, _ := strings.Cut(file, " --\n")
			// What aside itself refuses is there to be refused.
			if filepath.Base(name) == config.Name && loads(t, text) == nil {
				examples[filepath.Base(script)+strconv.Itoa(i)+name] = text
			}
		}
	}
	for name, text := range examples {
		if err := accepts(t, r, text); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	t.Logf("%d examples", len(examples))
}

func TestSchemaFails(t *testing.T) {
	type unknown struct{ N int }
	g := &generator{keys: map[string]jsonschema.Schema{"a": {}}, used: map[string]bool{}}
	for _, tt := range []struct {
		typ  reflect.Type
		want string
	}{
		{reflect.TypeFor[struct {
			A unknown `yaml:"a"`
		}](), "docgen knows no schema for docgen.unknown, the type of a"},
		{reflect.TypeFor[struct {
			B config.Text `yaml:"b"`
		}](), "docgen has no description of the key b in aside.yaml"},
	} {
		if _, err := g.structure("", tt.typ); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}
