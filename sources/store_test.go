package sources

import (
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	for _, name := range []string{"A", "_", "a1", "DATABASE_URL", "_9", strings.Repeat("N", MaxName)} {
		if err := CheckName(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []struct{ name, err, hint string }{
		{"", "a secret's name is empty", nameHint},
		{"1A", `"1A" is no valid name: character 1 may not stand there`, nameHint},
		{"A-B", `"A-B" is no valid name: character 2 may not stand there`, nameHint},
		{"A B", `"A B" is no valid name: character 2 may not stand there`, nameHint},
		{"A.B", `"A.B" is no valid name: character 2 may not stand there`, nameHint},
		{"A\x00", `"A\x00" is no valid name: character 2 may not stand there`, nameHint},
		{"A\n", `"A\n" is no valid name: character 2 may not stand there`, nameHint},
		{"ÄB", `"ÄB" is no valid name: character 1 may not stand there`, nameHint},
		{"AB\xff", `"AB\xff" is no valid name: character 3 may not stand there`, nameHint},
		{"A=hush", `the name "A"… holds a =`, "give the value as an argument of its own: aside secret set NAME VALUE"},
		{"=hush", `the name ""… holds a =`, "give the value as an argument of its own: aside secret set NAME VALUE"},
		{strings.Repeat("N", MaxName+1), "the name " + strings.Repeat("N", 32) + "… has 257 characters: at most 256 are allowed", nameHint},
		{"A=" + strings.Repeat("hush", 100), `the name "A"… holds a =`, "give the value as an argument of its own: aside secret set NAME VALUE"},
	} {
		err := CheckName(c.name)
		if err == nil || err.Error() != c.err || HintOf(err) != c.hint {
			t.Errorf("%.40q\ngot  %v (%s)\nwant %s (%s)", c.name, err, HintOf(err), c.err, c.hint)
		}
	}
}

func TestCheckValue(t *testing.T) {
	for _, value := range []string{"", "x", "two\nlines", "=", strings.Repeat("x", MaxValue)} {
		if err := CheckValue("A", NewSecret(value)); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct{ value, err, hint string }{
		{strings.Repeat("x", MaxValue+1), "A is 65537 bytes long: a secret holds at most 65536", "keep the file elsewhere and store where it is"},
		{"hush\x00", "A holds a NUL at byte 5: no environment variable can", "encode it first, with base64 for example"},
	} {
		err := CheckValue("A", NewSecret(c.value))
		if err == nil || err.Error() != c.err || HintOf(err) != c.hint {
			t.Errorf("got  %v (%s)\nwant %s (%s)", err, HintOf(err), c.err, c.hint)
		}
	}
}

func TestScope(t *testing.T) {
	for _, c := range []struct {
		scope           Scope
		people, segment string
	}{
		{StageScope("dev"), "stage dev", "dev"},
		{TypeScope("preview"), "type preview", "_type.preview"},
		{FallbackScope(), "fallback", "_fallback"},
		{Scope{Layer: Fallback, Shared: true}, "shared fallback", "_fallback"},
		{Scope{Layer: Stage, Name: "dev", Shared: true}, "shared stage dev", "dev"},
	} {
		if c.scope.String() != c.people || c.scope.Segment() != c.segment {
			t.Errorf("got %s, %s, want %s, %s", c.scope, c.scope.Segment(), c.people, c.segment)
		}
	}
}
