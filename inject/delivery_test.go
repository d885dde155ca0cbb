package inject

import (
	"slices"
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

func TestParseForm(t *testing.T) {
	for text, want := range map[string]Form{"env": AsVariable, "file": AsFile, "fd": AsDescriptor} {
		if got, err := ParseForm(text); got != want || err != nil {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "File", "tmpfs"} {
		if _, err := ParseForm(text); err == nil || sources.HintOf(err) != "it is env, file or fd" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestPack(t *testing.T) {
	env := func(layer sources.Layer, pairs ...string) *Environment {
		var vars []Variable
		for _, pair := range pairs {
			name, value, _ := strings.Cut(pair, "=")
			vars = append(vars, Variable{Name: name, Secret: sources.NewSecret(value), Origin: sources.Origin{Layer: layer, Source: ".env"}})
		}
		return (&Environment{}).With(vars...)
	}
	inFile := Deliveries{"KEY": {Form: AsFile}, "NONE": {Form: AsFile}, "PLAIN": {}}
	stored := env(sources.Stage, "KEY=v", "PLAIN=p")

	parcels, rest, err := inFile.pack(stored)
	if err != nil || len(parcels) != 1 || parcels[0].name != "KEY" || parcels[0].secret.Reveal() != "v" {
		t.Fatalf("%v, %v", parcels, err)
	}
	if got := rest.Names(); !slices.Equal(got, []string{"KEY_FILE", "PLAIN"}) {
		t.Errorf("the command gets %v", got)
	}
	if _, ok := stored.Lookup("KEY"); !ok || stored.Len() != 2 {
		t.Error("the environment changed")
	}

	// What is set in the environment wins.
	given := stored.With(Variable{Name: "KEY_FILE", Secret: sources.NewSecret("/run/key")})
	parcels, rest, err = inFile.pack(given)
	if err != nil || len(parcels) != 0 || !inFile.Given("KEY", given) || inFile.Given("KEY", stored) {
		t.Fatalf("%v, %v", parcels, err)
	}
	if got := rest.Environ(); !slices.Equal(got, []string{"KEY_FILE=/run/key", "PLAIN=p"}) {
		t.Errorf("the command gets %v", got)
	}

	for want, c := range map[string]struct {
		d   Deliveries
		env *Environment
	}{
		"KEY cannot be delivered in a file: KEY_FILE is set already (.env)": {
			inFile, env(sources.DotEnv, "KEY=v", "KEY_FILE=x"),
		},
		"KEY and key cannot both be delivered in files: some systems take their names for the same": {
			Deliveries{"KEY": {Form: AsFile}, "key": {Form: AsFile}}, env(sources.Stage, "KEY=1", "key=2"),
		},
	} {
		if _, _, err := c.d.pack(c.env); err == nil || err.Error() != want || sources.HintOf(err) == "" {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestFillIn(t *testing.T) {
	environ := []string{"A_FILE=?", "A_FILE_FILE=?", "B=1"}
	fillIn(environ, "A_FILE", "/x")
	if !slices.Equal(environ, []string{"A_FILE=/x", "A_FILE_FILE=?", "B=1"}) {
		t.Errorf("got %v", environ)
	}
}

func TestReactionString(t *testing.T) {
	for _, text := range []string{"restart", "ignore", "signal:TERM"} {
		if r, err := ParseReaction(text); err != nil || r.String() != text {
			t.Errorf("%s: %s, %v", text, r, err)
		}
	}
}
