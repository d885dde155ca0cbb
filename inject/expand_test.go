package inject

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aside-cli/aside/dotenv"
	"github.com/aside-cli/aside/sources"
)

// A readCase is one line of testdata/cases.jsonl: files, and what they are to give.
type readCase struct {
	ID     string             `json:"id"`
	Note   string             `json:"note"`
	Env    map[string]string  `json:"env"`
	Files  map[string]string  `json:"files"`
	Stage  string             `json:"stage"`
	Expect *map[string]string `json:"expect"` // nil: an error
}

// merge reads the case's files as the cascade of its stage and merges them with
// its environment.
func (c readCase) merge(t testing.TB) (*Environment, []string, error) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range c.Files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reading, err := sources.EnvFiles(dir, sources.Cascade(c.Stage)...).Read(context.Background())
	if err != nil {
		return nil, nil, err
	}
	values := reading.Values
	for name, value := range c.Env {
		values = append(values, sources.Value{
			Name:   name,
			Origin: sources.Origin{Layer: sources.Env, Source: "environment"},
			Secret: sources.NewSecret(value),
		})
	}
	return Merge(values)
}

func (c readCase) check(t *testing.T) {
	t.Helper()
	env, _, err := c.merge(t)
	if c.Expect == nil {
		if err == nil {
			t.Fatalf("%s: no error", c.Note)
		}
		if sources.HintOf(err) == "" {
			t.Errorf("%v: without a hint", err)
		}
		return
	}
	if err != nil {
		t.Fatalf("%s: %v", c.Note, err)
	}
	for name, want := range *c.Expect {
		if got, ok := env.Lookup(name); !ok || got.Reveal() != want {
			t.Errorf("%s: %s is %q (set: %v), want %q", c.Note, name, got.Reveal(), ok, want)
		}
	}
	for _, name := range env.Names() {
		_, expected := (*c.Expect)[name]
		if _, ofEnv := c.Env[name]; !expected && !ofEnv {
			t.Errorf("%s: %s is set", c.Note, name)
		}
	}
}

func TestCases(t *testing.T) {
	file, err := os.Open("testdata/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	n := 0
	for ; lines.Scan(); n++ {
		var c readCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		t.Run(c.ID, c.check)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if n < 277 {
		t.Errorf("only %d cases", n)
	}
}

// More of the rules, corner by corner. Where no stage is given it is dev.
func TestMoreCases(t *testing.T) {
	none := (*map[string]string)(nil)
	want := func(pairs ...string) *map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return &m
	}
	for _, c := range []readCase{
		{Note: "an own name extends the definition before", Files: map[string]string{".env": "P=a\nP=$P:b\nP=$P:c"}, Expect: want("P", "a:b:c")},
		{Note: "and those of lower files, file by file",
			Files:  map[string]string{".env": "P=1\nP=${P}2", ".env.dev": "P=${P}3", ".env.local": "P=${P}4", ".env.dev.local": "P=${P}5\nP=${P}6"},
			Expect: want("P", "123456")},
		{Note: "an own name in a word", Files: map[string]string{".env": "P=a\nP=${NOPE:-$P}b"}, Expect: want("P", "ab")},
		{Note: "an own name that shadows a literal with a dollar", Files: map[string]string{".env": "P='$X'\nP=$P$P\nX=x"}, Expect: want("P", "$X$X", "X", "x")},
		{Note: "an own name with operators", Files: map[string]string{".env": "P=\nP=${P:-d}${P-e}${P:+f}${P+g}"}, Expect: want("P", "dg")},
		{Note: "an own name that is required and shadows nothing", Files: map[string]string{".env": "P=${P:?}"}, Expect: none},
		{Note: "the shadowed definition refers to others", Files: map[string]string{".env": "P=$Q\nQ=q", ".env.local": "P=$P+"}, Expect: want("P", "q+", "Q", "q")},
		{Note: "a cycle through a shadowed definition", Files: map[string]string{".env": "P=$Q\nQ=$P", ".env.local": "P=$P+"}, Expect: none},
		{Note: "a shadowed cycle is never looked at", Files: map[string]string{".env": "P=$Q\nQ=$P", ".env.local": "P=1"}, Expect: want("P", "1", "Q", "1")},
		{Note: "of the name itself the environment wins", Env: map[string]string{"P": "env"}, Files: map[string]string{".env": "P=1\nP=$P:2"}, Expect: want("P", "env")},
		{Note: "the environment breaks a cycle", Env: map[string]string{"B": "$A"}, Files: map[string]string{".env": "A=$B\nB=$A"}, Expect: want("A", "$A", "B", "$A")},
		{Note: "even with the empty string", Env: map[string]string{"B": ""}, Files: map[string]string{".env": "A=x$B\nB=$A"}, Expect: want("A", "x", "B", "")},
		{Note: "a set but empty environment is empty", Env: map[string]string{"B": ""}, Files: map[string]string{".env": "A=${B:-d}${B-e}\nB=b"}, Expect: want("A", "d", "B", "")},
		{Note: "three in a cycle", Files: map[string]string{".env": "A=$B\nB=$C\nC=$A"}, Expect: none},
		{Note: "a cycle through a word that is used", Files: map[string]string{".env": "A=${N:-$B}\nB=$A"}, Expect: none},
		{Note: "none through one that is not", Files: map[string]string{".env": "N=n\nA=${N:-$B}\nB=$A"}, Expect: want("A", "n", "B", "n", "N", "n")},
		{Note: "nor through one of :+", Files: map[string]string{".env": "A=${N:+$B}\nB=$A"}, Expect: want("A", "", "B", "")},
		{Note: "an unused :? in a word", Files: map[string]string{".env": "B=b\nA=${B:-${N:?x}}"}, Expect: want("A", "b", "B", "b")},
		{Note: "a used :? in a word", Files: map[string]string{".env": "A=${B:-${N:?x}}"}, Expect: none},
		{Note: "? of an empty value", Files: map[string]string{".env": "B=\nA=x${B?e}"}, Expect: want("A", "x", "B", "")},
		{Note: ":? of an empty value", Files: map[string]string{".env": "B=\nA=x${B:?e}"}, Expect: none},
		{Note: ":= assigns nothing", Files: map[string]string{".env": "A=${N:=1}${N=2}${N}"}, Expect: want("A", "12")},
		{Note: "a message with references", Files: map[string]string{".env": "A=${N:?$X ${Y}}"}, Expect: none},
		{Note: "words with references of all kinds", Files: map[string]string{".env": "B=b\nA=<${B:+[$B${N:-(${B:-x}$$)}]}>"}, Expect: want("A", "<[b(b$$)]>", "B", "b")},
		{Note: "dollars around references", Files: map[string]string{".env": "B='$'\nA=$$$B$5$B\\$B$"}, Expect: want("A", "$$$$5$$B$", "B", "$")},
		{Note: "what envsubst trips over", Files: map[string]string{".env": "_=u\nA=${N:-$_}\nB=${N:-${A}}\nC=a\\_b$_"}, Expect: want("_", "u", "A", "u", "B", "u", "C", "a\\_bu")},
		{Note: "values that look like templates", Env: map[string]string{"E": "${V1}$$ $V2 ${"}, Files: map[string]string{".env": "V1=x\nA=$E-$V1"}, Expect: want("A", "${V1}$$ $V2 ${-x", "V1", "x")},
		{Note: "bytes that are no UTF-8", Files: map[string]string{".env": "B=\xff\nA=\xfe$B\x80"}, Expect: want("A", "\xfe\xff\x80", "B", "\xff")},
		{Note: "more references than one call of envsubst takes", Files: map[string]string{".env": "B=1\nA=" + strings.Repeat("$B.", 500) + strings.Repeat("$$", 500)},
			Expect: want("B", "1", "A", strings.Repeat("1.", 500)+strings.Repeat("$$", 500))},
		{Note: "dollars in every number", Files: map[string]string{".env": "B=1\nA='" + strings.Repeat("$", 16) + "'\nC=$B\"$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$\"$B"},
			Expect: want("B", "1", "A", strings.Repeat("$", 16), "C", "1\""+strings.Repeat("$", 66)+"\"1")},
		{Note: "names that cannot be referred to", Files: map[string]string{".env": "1A=1\nA=$1A\nB-C=2\nD=$B-C"}, Expect: want("1A", "1", "A", "$1A", "B-C", "2", "D", "-C")},
		{Note: "in the stage local two files are one", Stage: "local", Files: map[string]string{".env": "P=a", ".env.local": "P=${P}b"}, Expect: want("P", "ab")},
		{Note: "an error in a lower file is one", Env: map[string]string{"A": "x"}, Files: map[string]string{".env": "A=\"", ".env.local": "A=1"}, Expect: none},
		{Note: "a file of another stage", Files: map[string]string{".env.prod": "A=\"", ".env": "A=1"}, Expect: want("A", "1")},
		{Note: "no file at all", Expect: want()},
	} {
		if c.Stage == "" {
			c.Stage = "dev"
		}
		t.Run(c.Note, c.check)
	}
}

func TestExpansionErrors(t *testing.T) {
	for _, test := range []struct {
		files      map[string]string
		want, hint string
	}{
		{map[string]string{".env": "A=$B", ".env.local": "\n\nB=s3cret$A"},
			"variable cycle: A (.env:1) -> B (.env.local:3) -> A", "give one of them a value that needs none of the others"},
		{map[string]string{".env": "X=1\nP=$Q\nQ=$P", ".env.local": "P=$P+"},
			"variable cycle: P (.env.local:1) -> P (.env:2) -> Q (.env:3) -> P", "give one of them a value that needs none of the others"},
		{map[string]string{".env": "X=s3cret\nA='l1'\nB=\"l1\n  $X${NOPE:?must be \n$X set}\""},
			".env:4:5: B: NOPE is not set or empty: must be  ${X} set", "set NOPE in any layer"},
		{map[string]string{".env": "B=${NOPE?}"}, ".env:1:3: B: NOPE is not set", "set NOPE in any layer"},
		{map[string]string{".env": "B=s3cret${A:-${NOPE:?}}"}, ".env:1:14: B: NOPE is not set or empty", "set NOPE in any layer"},
	} {
		_, _, err := readCase{Files: test.files, Stage: "dev"}.merge(t)
		if err == nil || err.Error() != test.want || sources.HintOf(err) != test.hint {
			t.Errorf("%q:\n got %v (%s)\nwant %s (%s)", test.files, err, sources.HintOf(err), test.want, test.hint)
		}
	}
}

func TestLongCycleIsShortened(t *testing.T) {
	var src strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&src, "N%03d=$N%03d\n", i, (i+1)%1000)
	}
	_, _, err := readCase{Files: map[string]string{".env": src.String()}, Stage: "dev"}.merge(t)
	if err == nil || !strings.HasSuffix(err.Error(), "-> N019 (.env:20) -> … (979 more) -> N999 (.env:1000) -> N000") {
		t.Errorf("got %v", err)
	}
}

func TestUnsetNamesAreWarnedOf(t *testing.T) {
	env, warnings, err := readCase{Stage: "dev", Files: map[string]string{
		".env":       "X=1\nPASSWORD=pa$ssw0rd\nB=${N:-}${N-}${N:+x}${N+x}\nC='$N'\nHIDDEN=$N",
		".env.local": "HIDDEN=\"\n${ssw0rd}\"",
	}}.merge(t)
	if err != nil {
		t.Fatal(err)
	}
	const message = `a reference to a name that is not set is empty: write \$ for a plain $, or use single quotes`
	want := []string{".env.local:2:1: HIDDEN: " + message, ".env:2:12: PASSWORD: " + message}
	if !slices.Equal(warnings, want) {
		t.Errorf("got %q\nwant %q", warnings, want)
	}
	if v, _ := env.Lookup("PASSWORD"); v.Reveal() != "pa" {
		t.Errorf("PASSWORD is %q", v.Reveal())
	}
}

func TestExpandedFrom(t *testing.T) {
	env, _, err := readCase{Stage: "dev", Env: map[string]string{"E": "e"}, Files: map[string]string{
		".env": "A=1\nB=$A\nC=$B$E$A$B$NOPE\nD=${A:-$B}\nF=${B:+$E}\nP=1\nP=$P\nL='$A'",
	}}.merge(t)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"A": "", "B": "A", "C": "A B E", "D": "A", "F": "B E", "P": "P", "L": "", "E": ""} {
		if v, _ := env.Variable(name); strings.Join(v.From, " ") != want {
			t.Errorf("%s is expanded from %v, want %s", name, v.From, want)
		}
	}
}

// define returns the definitions that the text of one file makes.
func define(t testing.TB, src string) map[string][]sources.Value {
	t.Helper()
	file, err := dotenv.Parse(".env", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return definitions(file)
}

func definitions(file *dotenv.File) map[string][]sources.Value {
	defs := map[string][]sources.Value{}
	for _, e := range slices.Backward(file.Entries) {
		defs[e.Name] = append(defs[e.Name], sources.Value{
			Name:     e.Name,
			Origin:   sources.Origin{Layer: sources.DotEnv, Source: e.File, Line: e.Line, Column: e.Column},
			Template: &e.Value,
		})
	}
	return defs
}

func TestExpansionIsLimited(t *testing.T) {
	var doubling strings.Builder
	for i := range 64 {
		fmt.Fprintf(&doubling, "N%02d=$N%02d${N%02d}\n", i, i+1, i+1)
	}
	doubling.WriteString("N64=s3cret\n")
	big := "BIG='" + strings.Repeat("x", maxExpanded) + "'\n"
	var many strings.Builder
	many.WriteString(big)
	for i := range 65 {
		fmt.Fprintf(&many, "N%02d=$BIG\n", i)
	}
	for _, test := range []struct{ name, src, want string }{
		{"doubling", doubling.String(), ".env:47:1: N46: the expanded value is larger than 1 MiB"},
		{"literal behind a reference", big + "A=${NOPE}" + strings.Repeat("x", maxExpanded+1), ".env:2:1: A: the expanded value is larger than 1 MiB"},
		{"many", many.String(), ".env:66:1: N64: with this one, the expanded values are larger than 64 MiB together"},
	} {
		_, _, err := expand(define(t, test.src), false)
		if err == nil || err.Error() != test.want || sources.HintOf(err) == "" {
			t.Errorf("%s: got %v (%s)\nwant %s", test.name, err, sources.HintOf(err), test.want)
		}
	}
	all, _, err := expand(define(t, big+"A=$BIG"), false)
	if err != nil || all["A"].secret.Len() != maxExpanded {
		t.Errorf("a value of exactly 1 MiB: %v", err)
	}
}

// chain returns n names, each of which refers to the next.
func chain(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "N%d=$N%d\n", i, i+1)
	}
	fmt.Fprintf(&b, "N%d=end\n", n)
	return b.String()
}

// single returns one value with n references.
func single(n int) string { return "B=b\nA=" + strings.Repeat("$B.", n) + "\n" }

// Every expansion ends, and what comes out holds nothing that was to be expanded.
func FuzzExpand(f *testing.F) {
	f.Add("A=$B\nB=${C:-$A}\nC=x\nA=$A$A", "B", "x")
	f.Add("A=$B$B\nB=$C$C\nC=$D$D\nD=${A:-${D:+x}}", "C", "$A")
	f.Add("A=${X:-$_}$$${B:?no}\n_=`$A`", "_", "")
	f.Add("A=\"$B\\n\\$B\"\nB='$A'", "Z", "")
	f.Add("A=$B\nB=$A", "", "")
	f.Fuzz(func(t *testing.T, src, name, value string) {
		file, err := dotenv.Parse(".env", []byte(src))
		if err != nil {
			return
		}
		defs := definitions(file)
		defs[name] = append([]sources.Value{{Name: name, Secret: sources.NewSecret(value)}}, defs[name]...)
		all, _, err := expand(defs, false)
		if err != nil {
			if sources.HintOf(err) == "" {
				t.Errorf("%v: without a hint", err)
			}
			return
		}
		if got := all[name].secret.Reveal(); got != value {
			t.Errorf("a literal %q became %q", value, got)
		}
		for name, def := range defs {
			if def[0].Template == nil {
				continue
			}
			if text, ok := def[0].Template.Literal(); ok && all[name].secret.Reveal() != text {
				t.Errorf("a literal %q became %q", text, all[name].secret.Reveal())
			}
		}
	})
}

func BenchmarkExpand(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		for name, src := range map[string]string{"chain": chain(n), "single": single(n)} {
			defs := define(b, src)
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					if _, _, err := expand(defs, false); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/reference")
			})
		}
	}
}
