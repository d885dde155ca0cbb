package config

import (
	"reflect"
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

func TestErrors(t *testing.T) {
	const known = "app, stage, store, aws, ssm, poll, cache, stages, parameters, secrets, types, links, undeclared"
	for _, tt := range []struct{ text, want, hint string }{
		// keys
		{"stge: dev", `aside.yaml:1:1: unknown key "stge": did you mean "stage"?`, ""},
		{"Stage: dev", `aside.yaml:1:1: unknown key "Stage": did you mean "stage"?`, ""},
		{"app: x\n\nparameter: {}", `aside.yaml:3:1: unknown key "parameter": did you mean "parameters"?`, ""},
		{"colour: red", `aside.yaml:1:1: unknown key "colour": known are ` + known, ""},
		{"'': x", `aside.yaml:1:1: unknown key "": known are ` + known, ""},
		{"1: x", `aside.yaml:1:1: unknown key "1": known are ` + known, ""},
		{strings.Repeat("x", 70) + ": x", `aside.yaml:1:1: unknown key "` + strings.Repeat("x", 70) + `": known are ` + known, ""},
		{"aws:\n  regoin: x", `aside.yaml:2:3: unknown key "regoin": did you mean "region"?`, ""},
		{"aws: {zone: x}", `aside.yaml:1:7: unknown key "zone" in aws: known are region, profile, endpoint, kms-key`, ""},
		{"stages:\n  dev: {kind: x}", `aside.yaml:2:9: unknown key "kind" in stages.dev: known are type, store, poll`, ""},
		{"app: a\nstage: b\napp: c", `aside.yaml:3:1: key "app" was already set in line 1`, ""},
		{"stages:\n  'dev': {}\n  dev: {}", `aside.yaml:3:3: key "dev" was already set in line 2`, ""},
		{"parameters: {A: 1, A: 1}", `aside.yaml:1:20: key "A" was already set in line 1`, ""},
		{"? [a]\n: b", `aside.yaml:1:3: a key must be a string`, ""},
		{"app: &a x\n? *a\n: b", `aside.yaml:2:3: a key must be a string`, ""},

		// types of values
		{"- a", `aside.yaml:1:1: the file must be a mapping (key: value), not a list`, ""},
		{"app", `aside.yaml:1:1: the file must be a mapping (key: value), not a string`, ""},
		{"app: [x]", `aside.yaml:1:6: app must be a string, not a list`, ""},
		{"app:\n  x: y", `aside.yaml:2:3: app must be a string, not a mapping`, ""},
		{"stage: 12", `aside.yaml:1:8: stage must be a string, not a number`, "put it in quotes"},
		{"stage: 1.5", `aside.yaml:1:8: stage must be a string, not a number`, "put it in quotes"},
		{"store: true", `aside.yaml:1:8: store must be a string, not a boolean`, "put it in quotes"},
		{"stage: 2026-01-02", `aside.yaml:1:8: stage must be a string, not a date`, "put it in quotes"},
		{"stage:\n", `aside.yaml:1:7: stage has no value`, `write "" if it is to be empty`},
		{"aws: eu-central-1", `aside.yaml:1:6: aws must be a mapping (key: value), not a string`, ""},
		{"aws: {region: [x]}", `aside.yaml:1:15: aws.region must be a string, not a list`, ""},
		{"stages: [dev]", `aside.yaml:1:9: stages must be a mapping (key: value), not a list`, ""},
		{"stages: {dev: local}", `aside.yaml:1:15: stages.dev must be a mapping (key: value), not a string`, ""},
		{"parameters:\n- A: 1", `aside.yaml:2:1: parameters must be a mapping (key: value), not a list`, ""},
		{"parameters: {A: [1]}", `aside.yaml:1:17: parameters.A must be a string, not a list`, ""},
		{"parameters: {A: {B: 1}}", `aside.yaml:1:17: parameters.A must be a string, not a mapping`, ""},
		{"parameters: {A: null}", `aside.yaml:1:17: parameters.A has no value`, `write "" if it is to be empty`},
		{"parameters:\n  A: ~", `aside.yaml:2:6: parameters.A has no value`, `write "" if it is to be empty`},

		// values
		{"app: my app", `aside.yaml:1:6: "my app" is no name of an app: character 3 may not stand there`, "the name of an app starts with a letter or digit, then come letters, digits, -, _ and ."},
		{"app: _shared", `aside.yaml:1:6: "_shared" is no name of an app: character 1 may not stand there`, "the name of an app starts with a letter or digit, then come letters, digits, -, _ and ."},
		{`app: ""`, `aside.yaml:1:6: the name of an app is empty`, "the name of an app starts with a letter or digit, then come letters, digits, -, _ and ."},
		{"stage: a_b", `aside.yaml:1:8: "a_b" is no name of a stage: character 2 may not stand there`, "the name of a stage starts with a letter or digit, then come letters, digits and -"},
		{`stage: ""`, `aside.yaml:1:8: the name of a stage is empty`, "the name of a stage starts with a letter or digit, then come letters, digits and -"},
		{`store: ""`, `aside.yaml:1:8: the name of the store is empty`, "remove the key to use the local store"},
		{"stages: {dev: {store: ''}}", `aside.yaml:1:23: the name of the store is empty`, "remove the key to use the local store"},
		{"aws: {endpoint: localhost:4566}", "aside.yaml:1:17: the endpoint is no URL", "it starts with https:// or http://, then comes the host"},
		{"aws: {endpoint: 'https://u:p w@'}", "aside.yaml:1:17: the endpoint is no URL", "it starts with https:// or http://, then comes the host"},
		{"stages: {dev: {type: prodction}}", `aside.yaml:1:22: "prodction" is no type of stage: did you mean "production"?`, "a stage is of type production (prod), preview (pr), development (dev) or local"},
		{"stages: {dev: {type: nightly}}", `aside.yaml:1:22: "nightly" is no type of stage`, "a stage is of type production (prod), preview (pr), development (dev) or local"},
		{"stages: {a.b: {}}", `aside.yaml:1:10: "a.b" is no name of a stage: character 2 may not stand there`, "the name of a stage starts with a letter or digit, then come letters, digits and -"},
		{`stages: {"pr-[": {}}`, `aside.yaml:1:10: "pr-[" is no glob of stages`, "in the name of a stage * stands for any characters, ? for one, [a-z] for one of these"},
		{`stages: {'pr-\*': {}}`, `aside.yaml:1:10: "pr-\\*" is no glob of stages`, "in the name of a stage * stands for any characters, ? for one, [a-z] for one of these"},
		{"stages: {pr/*: {}}", `aside.yaml:1:10: "pr/*" is no glob of stages`, "in the name of a stage * stands for any characters, ? for one, [a-z] for one of these"},
		{"parameters: {MY VAR: x}", `aside.yaml:1:14: "MY VAR" is no name of a variable`, "a name starts with a letter or _, then come letters, digits and _, at most 256 in all"},
		{"parameters: {'A=b': x}", `aside.yaml:1:14: "A=b" is no name of a variable`, "a name starts with a letter or _, then come letters, digits and _, at most 256 in all"},
		{"parameters: {1A: x}", `aside.yaml:1:14: "1A" is no name of a variable`, "a name starts with a letter or _, then come letters, digits and _, at most 256 in all"},
		{`parameters: {A: "x\0y"}`, `aside.yaml:1:17: parameters.A holds a NUL: no environment variable can`, ""},

		// YAML that is not for configuration
		{"app: &a x\nstage: *a", "aside.yaml:2:8: aliases are not supported: *a", "write the value out"},
		{"aws: &a [*a]", "aside.yaml:1:6: aws must be a mapping (key: value), not a list", ""},
		{"aws: {region: &a x, <<: {}}", "aside.yaml:1:21: merge keys (<<) are not supported", "write the keys out"},
		{"app: !!str 1", "aside.yaml:1:6: tags are not supported: !!str", "write the value without it"},
		{"aws: !x {}", "aside.yaml:1:6: tags are not supported: !x", "write the value without it"},
		{"app: x\n---\nstage: y", "aside.yaml:2:1: a second document: the file may hold one", ""},
		{"app: x\n---\n", "aside.yaml:2:1: a second document: the file may hold one", ""},

		// positions
		{"\ufeffstge: dev", `aside.yaml:1:1: unknown key "stge": did you mean "stage"?`, ""},
		{"app: x\r\nstge: dev\r\n", `aside.yaml:2:1: unknown key "stge": did you mean "stage"?`, ""},
		{"app: x\rstge: dev\r", `aside.yaml:2:1: unknown key "stge": did you mean "stage"?`, ""},
		{"aws: {region: ä, reg: x}", `aside.yaml:1:19: unknown key "reg" in aws: known are region, profile, endpoint, kms-key`, ""},
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

func TestScalarsAsTheyAreWritten(t *testing.T) {
	for written, want := range map[string]string{
		`1.20`:             "1.20",
		`1_000`:            "1_000",
		`0x1F`:             "0x1F",
		`0777`:             "0777",
		`1e3`:              "1e3",
		`.inf`:             ".inf",
		`true`:             "true",
		`True`:             "True",
		`yes`:              "yes",
		`2026-01-02`:       "2026-01-02",
		`""`:               "",
		`"null"`:           "null",
		`'a''b'`:           "a'b",
		`"a\tb"`:           "a\tb",
		`a $B #c`:          "a $B",
		`a#b`:              "a#b",
		"|\n    a\n    b":  "a\nb",
		">-\n    a\n    b": "a b",
		`&x 12`:            "12",
	} {
		c, err := parse([]byte("parameters:\n  A: " + written))
		if err != nil {
			t.Errorf("%s: %v", written, err)
		} else if got := c.Parameters[0].Value.Value; got != want {
			t.Errorf("%s: got %q, want %q", written, got, want)
		}
	}
}

func TestNothingWritten(t *testing.T) {
	for _, text := range []string{
		"", "\n", "# only a comment\n", "---\n", "null\n", "{}", "\ufeff", "\r\n", "app: x\n...\n",
		"aws:\nstages:\nparameters:\n", "stages: {dev: }", "aws: {endpoint: ''}", "parameters:\n  # A: 1\n",
	} {
		c, err := parse([]byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if len(c.Parameters) > 0 || c.AWS.Endpoint.Value != "" || c.StageType("dev") != Development {
			t.Errorf("%q: %+v", text, c)
		}
	}
}

// Every field that a key can reach is a type that the decoder knows.
func TestEveryFieldDecodes(t *testing.T) {
	var check func(reflect.Type)
	check = func(typ reflect.Type) {
		if reflect.PointerTo(typ).Implements(reflect.TypeFor[decoder]()) {
			if typ.Kind() == reflect.Slice {
				check(typ.Elem().Field(1).Type)
			}
			return
		}
		if typ.Kind() != reflect.Struct {
			t.Errorf("%v is neither a decoder nor a struct", typ)
			return
		}
		for field := range typ.Fields() {
			if _, ok := field.Tag.Lookup("yaml"); ok {
				check(field.Type)
			}
		}
	}
	check(reflect.TypeFor[Config]())
}
