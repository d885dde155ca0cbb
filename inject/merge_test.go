package inject

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aside-cli/aside/sources"
)

func defined(name, value string, origin sources.Origin) sources.Value {
	return sources.Value{Name: name, Secret: sources.NewSecret(value), Origin: origin}
}

// environment returns one with variables from .env.
func environment(t testing.TB, vars map[string]string) *Environment {
	var values []sources.Value
	for name, value := range vars {
		values = append(values, sources.Value{Name: name, Secret: sources.NewSecret(value),
			Origin: sources.Origin{Layer: sources.DotEnv, Source: ".env", Line: 1}})
	}
	env, _, err := Merge(values)
	if err != nil {
		t.Error(err)
	}
	return env
}

// layered are definitions of one name in every layer, highest first.
func layered(name string) []sources.Value {
	var values []sources.Value
	for _, origin := range []sources.Origin{
		{Layer: sources.Env, Source: "environment"},
		{Layer: sources.Override, Source: ".secrets.local.cue", Line: 3},
		{Layer: sources.Stage, Source: "local"},
		{Layer: sources.Stage, Source: "local", Shared: true},
		{Layer: sources.Type, Source: "local"},
		{Layer: sources.Type, Source: "local", Shared: true},
		{Layer: sources.Fallback, Source: "local"},
		{Layer: sources.Fallback, Source: "local", Shared: true},
		{Layer: sources.DotEnv, Source: ".env.dev.local", Line: 1},
		{Layer: sources.DotEnv, Source: ".env.local", Line: 2},
		{Layer: sources.DotEnv, Source: ".env.dev", Line: 3},
		{Layer: sources.DotEnv, Source: ".env", Line: 4},
		{Layer: sources.Parameter, Source: "aside.yaml", Line: 5},
	} {
		values = append(values, defined(name, fmt.Sprint(origin), origin))
	}
	return values
}

// Each definition wins over all below it, whatever order the layers come in,
// and what it shadows is kept in order.
func TestMergeOrder(t *testing.T) {
	all := layered("X")
	for first := range all {
		want := all[first:]
		for turn := range all {
			// Within a layer the order is the sources' own, so layers move whole.
			input := rotateLayers(want, turn)
			env, warnings, err := Merge(input)
			if err != nil || len(warnings) > 0 {
				t.Fatal(warnings, err)
			}
			v, _ := env.Variable("X")
			if v.Origin != want[0].Origin || !v.Secret.Equal(want[0].Secret) {
				t.Errorf("%v wins over %v", v.Origin, want[0].Origin)
			}
			if !slices.EqualFunc(v.Shadowed, want[1:], func(a, b sources.Value) bool { return a.Origin == b.Origin }) {
				t.Errorf("%v shadows %v", v.Origin, v.Shadowed)
			}
		}
	}
}

func rotateLayers(values []sources.Value, n int) []sources.Value {
	var layers [][]sources.Value
	for i, v := range values {
		if i == 0 || v.Origin.Layer != values[i-1].Origin.Layer {
			layers = append(layers, nil)
		}
		layers[len(layers)-1] = append(layers[len(layers)-1], v)
	}
	n %= len(layers)
	return slices.Concat(slices.Concat(layers[n:]...), slices.Concat(layers[:n]...))
}

func TestMergeOfNamesOfTheirOwn(t *testing.T) {
	var values []sources.Value
	for i, v := range layered("") {
		v.Name = fmt.Sprintf("N%d", i)
		values = append(values, v)
	}
	env, _, err := Merge(values)
	if err != nil {
		t.Fatal(err)
	}
	if env.Len() != len(values) {
		t.Errorf("%d variables, want %d", env.Len(), len(values))
	}
	for _, want := range values {
		if v, ok := env.Variable(want.Name); !ok || v.Origin != want.Origin || len(v.Shadowed) > 0 {
			t.Errorf("%s: %v", want.Name, v)
		}
	}
}

// An empty value is a value.
func TestMergeEmptyValueWins(t *testing.T) {
	env, _, err := Merge([]sources.Value{
		defined("X", "lower", sources.Origin{Layer: sources.Stage}),
		defined("X", "", sources.Origin{Layer: sources.Env}),
	})
	if err != nil {
		t.Fatal(err)
	}
	if x, ok := env.Lookup("X"); !ok || x.Reveal() != "" {
		t.Error("an empty variable of the environment does not win")
	}
}

func TestMergeKeepsWhereAValueWasExpandedFrom(t *testing.T) {
	reading, err := sources.ParseEnv(".env", []byte("URL=https://$HOST:${PORT:-80}/$NONE\nHOST=h"))
	if err != nil {
		t.Fatal(err)
	}
	env, warnings, err := Merge(append(reading.Values, defined("PORT", "90", sources.Origin{Layer: sources.Env})))
	if err != nil {
		t.Fatal(err)
	}
	v, _ := env.Variable("URL")
	if v.Secret.Reveal() != "https://h:90/" || !slices.Equal(v.From, []string{"HOST", "PORT"}) {
		t.Errorf("%q from %q", v.Secret.Reveal(), v.From)
	}
	if len(warnings) != 1 {
		t.Errorf("warnings: %q", warnings)
	}
}

func TestMergeRefusesWhatNoEnvironmentHolds(t *testing.T) {
	for _, c := range []struct {
		value     sources.Value
		err, hint string
	}{
		{defined("", "s3cret", sources.Origin{Layer: sources.Parameter, Source: "aside.yaml", Line: 7}),
			"aside.yaml:7: a variable without a name", "give it one, or remove it"},
		{defined("A=s3cret", "v", sources.Origin{Layer: sources.Stage, Source: "awssm:app/dev/A"}),
			`awssm:app/dev/A: "A"… is no name of a variable: it holds a = or a NUL`, "rename it"},
		{defined("A\x00B", "v", sources.Origin{Layer: sources.Fallback, Source: "local"}),
			`local: "A\x00B"… is no name of a variable: it holds a = or a NUL`, "rename it"},
		{defined("A", "s3cret\x00", sources.Origin{Layer: sources.Override, Source: ".secrets.local.cue", Line: 2}),
			".secrets.local.cue:2: A holds a NUL: no environment variable can", "encode the value, with base64 for example"},
		{defined("A", "s3cret\x00", sources.Origin{Layer: sources.Env, Source: "environment"}),
			"env: A holds a NUL: no environment variable can", "encode the value, with base64 for example"},
	} {
		_, _, err := Merge([]sources.Value{c.value})
		if err == nil || err.Error() != c.err || sources.HintOf(err) != c.hint {
			t.Errorf("got  %v (%s)\nwant %s (%s)", err, sources.HintOf(err), c.err, c.hint)
		}
	}
}

func TestEnvironIsWellFormed(t *testing.T) {
	env := environment(t, map[string]string{"B": "=", "A_": "two\nlines", "A": "", "a": "ü"})
	want := []string{"A=", "A_=two\nlines", "B==", "a=ü"}
	if got := env.Environ(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := env.Names(); !slices.Equal(got, []string{"A", "A_", "B", "a"}) {
		t.Errorf("names %q", got)
	}
	if (&Environment{}).Len() != 0 || len((&Environment{}).Environ()) != 0 {
		t.Error("an empty environment is not empty")
	}
	if _, ok := env.Variable("C"); ok {
		t.Error("C is not set")
	}
}

// Nothing that an Environment gives out, or that it was made of, changes it.
func TestEnvironmentIsImmutable(t *testing.T) {
	reading, err := sources.ParseEnv(".env", []byte("A=$B\nA=$B$A\nB=b"))
	if err != nil {
		t.Fatal(err)
	}
	env, _, err := Merge(reading.Values)
	if err != nil {
		t.Fatal(err)
	}
	reading.Values[0] = defined("A", "other", sources.Origin{})
	env.Environ()[0] = "A=other"
	env.Names()[0] = "other"
	v, _ := env.Variable("A")
	v.Secret, v.From[0], v.Shadowed[0].Name = sources.NewSecret("other"), "other", "other"

	v, _ = env.Variable("A")
	if got := env.Environ(); !slices.Equal(got, []string{"A=bb", "B=b"}) {
		t.Errorf("got %q", got)
	}
	if v.From[0] == "other" || v.Shadowed[0].Name != "A" {
		t.Errorf("%+v", v)
	}
}

func TestDiff(t *testing.T) {
	at := func(layer sources.Layer, source string) sources.Origin {
		return sources.Origin{Layer: layer, Source: source, Line: 1}
	}
	merge := func(values ...sources.Value) *Environment {
		env, _, err := Merge(values)
		if err != nil {
			t.Fatal(err)
		}
		return env
	}
	local, stage, file := at(sources.DotEnv, ".env.local"), at(sources.Stage, "local"), at(sources.DotEnv, ".env")
	before := merge(defined("DATABASE_URL", "a", file), defined("STRIPE_KEY", "k", stage),
		defined("MOVED", "same", file), defined("SAME", "", file))
	after := merge(defined("DATABASE_URL", "b", local), defined("MOVED", "same", stage), defined("SAME", "", file))

	for _, c := range []struct {
		name string
		a, b *Environment
		want string
	}{
		{"changed and removed", before, after, "DATABASE_URL changed (.env.local), STRIPE_KEY removed (stage)"},
		{"and back", after, before, "DATABASE_URL changed (.env), STRIPE_KEY added (stage)"},
		{"none", before, before, ""},
		{"hidden", before, merge(defined("DATABASE_URL", "a", file), defined("DATABASE_URL", "z", at(sources.Parameter, "aside.yaml")),
			defined("STRIPE_KEY", "k", stage), defined("MOVED", "same", file), defined("SAME", "", file)), ""},
		{"empty is not unset", merge(defined("A", "", file)), merge(), "A removed (.env)"},
		{"many", merge(), merge(defined("A", "", file), defined("B", "", file), defined("C", "", file), defined("D", "", file),
			defined("E", "", file), defined("F", "", stage), defined("G", "", stage)),
			"A added (.env), B added (.env), C added (.env), D added (.env), E added (.env), 2 more"},
	} {
		if got := summary(Diff(c.a, c.b)); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

// Windows takes Path and PATH for the same variable.
func TestMergeCaseless(t *testing.T) {
	reading, err := sources.ParseEnv(".env", []byte("path=$Path;low\nTOOLS=${pAtH}/tools\nhome=a\nHome=b"))
	if err != nil {
		t.Fatal(err)
	}
	values := append(reading.Values,
		defined("PATH", "param", sources.Origin{Layer: sources.Parameter, Source: "aside.yaml"}),
		defined("Temp", "t", sources.Origin{Layer: sources.Env}),
		defined("TEMP", "hidden", sources.Origin{Layer: sources.Stage}))

	for _, c := range []struct {
		caseless bool
		want     []string
	}{
		{true, []string{"Home=b", "TOOLS=param;low/tools", "Temp=t", "path=param;low"}},
		{false, []string{"Home=b", "PATH=param", "TEMP=hidden", "TOOLS=/tools", "Temp=t", "home=a", "path=;low"}},
	} {
		env, _, err := merge(values, c.caseless)
		if err != nil {
			t.Fatal(err)
		}
		if got := env.Environ(); !slices.Equal(got, c.want) {
			t.Errorf("caseless %t:\ngot  %q\nwant %q", c.caseless, got, c.want)
		}
		v, ok := find(env.vars, "TeMp", c.caseless)
		if ok != c.caseless || ok && (v.Name != "Temp" || v.Shadowed[0].Name != "TEMP") {
			t.Errorf("caseless %t: TeMp is %+v", c.caseless, v)
		}
		path := Variable{Name: "PATH", Secret: sources.NewSecret("p"), Origin: sources.Origin{Layer: sources.Stage}}
		more := env.with([]Variable{path, {Name: "TEMP", Origin: sources.Origin{Layer: sources.Stage}}}, c.caseless)
		if _, two := more.vars["path"]; two == c.caseless || more.vars["PATH"].Secret.Reveal() != "p" {
			t.Errorf("caseless %t: %q", c.caseless, more.Environ())
		}
		if more.vars["Temp"].Secret.Reveal() != "t" || more.Len() != env.Len() {
			t.Errorf("caseless %t: %q", c.caseless, more.Environ())
		}
	}
}
