package inject

import (
	"slices"
	"testing"

	"github.com/aside-cli/aside/sources"
)

func TestWith(t *testing.T) {
	env, _, err := Merge([]sources.Value{
		defined("SHELL", "1", sources.Origin{Layer: sources.Env}),
		defined("FILE", "1", sources.Origin{Layer: sources.DotEnv}),
	})
	if err != nil {
		t.Fatal(err)
	}
	stage := sources.Origin{Layer: sources.Stage}
	more := env.With(
		Variable{Name: "SHELL", Secret: sources.NewSecret("2"), Origin: stage},
		Variable{Name: "FILE", Secret: sources.NewSecret("2"), Origin: stage},
		Variable{Name: "NEW", Secret: sources.NewSecret("$2"), Origin: stage},
	)
	if got := more.Environ(); !slices.Equal(got, []string{"FILE=2", "NEW=$2", "SHELL=1"}) {
		t.Errorf("got %q", got)
	}
	if got := env.Environ(); !slices.Equal(got, []string{"FILE=1", "SHELL=1"}) {
		t.Errorf("it changed to %q", got)
	}
	if got := (&Environment{}).With(Variable{Name: "NEW"}).Len(); got != 1 {
		t.Errorf("%d variables", got)
	}
}

// A variable that repeats another is told of only where the other is not.
func TestDiffOfWhatRepeats(t *testing.T) {
	stage := sources.Origin{Layer: sources.Stage, Source: "local"}
	env := func(value string, repeated ...string) *Environment {
		base := &Environment{}
		if value != "" {
			base = base.With(Variable{Name: "A", Secret: sources.NewSecret(value), Origin: stage})
		}
		for _, text := range repeated {
			base = base.With(Variable{Name: "JSON_A", Secret: sources.NewSecret(text), Origin: stage, Repeats: []string{"A"}})
		}
		return base
	}
	for _, c := range []struct {
		name string
		a, b *Environment
		want string
	}{
		{"changed", env("1", "{1}"), env("2", "{2}"), "A changed (stage)"},
		{"added", env(""), env("2", "{2}"), "A added (stage)"},
		{"removed", env("1", "{1}"), env(""), "A removed (stage)"},
		{"repeated now", env("1"), env("1", "{1}"), "JSON_A added (stage)"},
		{"no more repeated", env("1", "{1}"), env("1"), "JSON_A removed (stage)"},
		{"repeated otherwise", env("1", "{1}"), env("1", "[1]"), "JSON_A changed (stage)"},
		{"the same", env("1", "{1}"), env("1", "{1}"), ""},
	} {
		if got := summary(Diff(c.a, c.b)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
