package export

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

const kilobytes64 = 64 << 10

// corpus holds values that broke a format somewhere, and who refuses them.
var corpus = []struct{ name, value, refused string }{
	{"EMPTY", "", "powershell"},
	{"PLAIN", "postgres://u:p@h:5432/db?a=b&c=d", ""},
	{"EQUALS", "==a=b=", ""},
	{"HASH", "#a #b # c", ""},
	{"LEADING", "  x", "gitlab"},
	{"TRAILING", "x \t", "gitlab"},
	{"BLANK", " ", "gitlab"},
	{"TAB", "a\tb", ""},
	{"NBSP", "\u00a0x\u2003\u3000", ""},
	{"TWO_LINES", "a\nb", "docker gitlab"},
	{"TRAILING_LINES", "a\n\n\n", "docker gitlab"},
	{"LEADING_LINES", "\n\n a\n", "docker gitlab"},
	{"ONLY_LINES", "\n\n", "docker gitlab"},
	{"PEM", "-----BEGIN KEY-----\nabc+/==\n-----END KEY-----\n", "docker gitlab"},
	{"CR", "a\rb", "systemd"},
	{"CR_END", "a\r", "docker github gitlab systemd"},
	{"CRLF", "a\r\nb\r\nc", "docker gitlab systemd"},
	{"CRLF_END", "a\r\n", "docker gitlab systemd"},
	{"HEREDOC", "a\nX<<EOF\nb\nEOF\nGITHUB_TOKEN=x\n", "docker gitlab"},
	{"SINGLE", "'", ""},
	{"SINGLES", "it''s '''", ""},
	{"DOUBLE", `"`, ""},
	{"QUOTED", `"quoted"`, "docker"},
	{"QUOTED_SINGLE", "'quoted'", "docker"},
	{"QUOTES", "'\"`’‘‚‛“”„", ""},
	{"BACKTICKS", "`id` ```", ""},
	{"BACKSLASHES", `C:\new\table\\ \' \" \$ \`, "gitlab"},
	{"BACKSLASH_LINE", "a\\\nb", "docker gitlab"},
	{"DOLLARS", "$ $$ $HOME ${HOME} $(id) $5 $((1+1)) $env:PATH", "gitlab"},
	{"CRYPT", "$2b$10$abcdefghijklmnopqrstuv", "gitlab"},
	{"HCL", "${x} $${x} $$${x} %{if} %%{if} %%%{if} \\${ $ {", "gitlab"},
	{"PERCENT", "100% %d %%A%%", "gitlab"},
	{"PERCENT_ALONE", "100% %d %A B%", ""},
	{"BANG", "!x !! ^x^y", ""},
	{"GLOBS", "~ ~/x * ? [a] {a,b} ; & | < > ( )", ""},
	{"JSON", `{"a": ["b", null], "c": "d\ne"}`, ""},
	{"YAML_1", "no", ""},
	{"YAML_2", "null", ""},
	{"YAML_3", "1e3", ""},
	{"YAML_4", "- a: b", ""},
	{"YAML_5", "---\n...\n", "docker gitlab"},
	{"COMMAND", "::add-mask::x", ""},
	{"CONTROL", "\x01\x02\x07\x08\x0b\x0c\x1b[31m\x1f\x7f", "systemd"},
	{"C1", "\u0080\u0085\u009f", ""},
	{"UNICODE", "é ß 日本語 Ελλάδα кириллица עברית 🚀 ❤️ 𝄞", ""},
	{"COMPOSED", "e\u0301 \u212b", "tfvars"},
	{"SEPARATORS", "a\u2028b\u2029c\u200bd", ""},
	{"BOM", "\ufeffx\ufeff", ""},
	{"NONCHARACTER", "\ufffe\uffff\U0001ffff\ufdd0", "systemd"},
	{"PRIVATE", "\ue000\uf600\uf8ff\U0010fffd", ""},
	{"BYTES", "\xff\xfe\x80abc", "json yaml powershell docker github gitlab systemd tfvars"},
	{"SURROGATE", "\xed\xa0\x80", "json yaml powershell docker github gitlab systemd tfvars"},
	{"LONG", strings.Repeat("x", kilobytes64), "docker"},
	{"LONG_QUOTES", strings.Repeat(`'"\$`, kilobytes64/4), "docker gitlab"},
	{"LONG_LINES", strings.Repeat("\n", kilobytes64), "docker gitlab"},
	{"LONG_UNICODE", strings.Repeat("日", 21000), ""},
}

func variable(name, value string) Variable {
	return Variable{Name: name, Value: sources.NewSecret(value), Place: ".env:3"}
}

// write returns what Write writes, and fails the test where an error comes with output.
func write(t testing.TB, format string, vars []Variable) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := Write(&out, format, vars, Options{App: "My App"})
	if err != nil && out.Len() > 0 {
		t.Errorf("%s wrote %d bytes before the error %v", format, out.Len(), err)
	}
	return out.String(), err
}

// accepted returns the corpus without what the format refuses.
func accepted(format string) []Variable {
	var vars []Variable
	for _, c := range corpus {
		if !slices.Contains(strings.Fields(c.refused), format) && (format != "gitlab" || len(c.value) < 1000) {
			vars = append(vars, variable(c.name, c.value))
		}
	}
	return vars
}

func TestCorpus(t *testing.T) {
	for _, format := range Names() {
		t.Run(format, func(t *testing.T) {
			vars := accepted(format)
			out, err := write(t, format, vars)
			if err != nil {
				t.Fatal(err)
			}
			same(t, out, format, vars)

			for _, c := range corpus {
				if !slices.Contains(strings.Fields(c.refused), format) {
					continue
				}
				_, err := write(t, format, []Variable{variable(c.name, c.value)})
				if err == nil || !strings.Contains(err.Error(), c.name+" (.env:3) ") || sources.HintOf(err) == "" {
					t.Errorf("%s is not refused by name: %v", c.name, err)
				}
			}
		})
	}
}

// same wants the reader of the format to find vars in out, and nothing else.
func same(t testing.TB, out, format string, vars []Variable) {
	t.Helper()
	got, err := readers[format](out)
	if err != nil {
		t.Fatalf("%s cannot be read: %v", format, err)
	}
	equal(t, got, vars)
}

func equal(t testing.TB, got map[string]string, vars []Variable) {
	t.Helper()
	for _, v := range vars {
		value, ok := got[v.Name]
		if want := v.Value.Reveal(); !ok || value != want {
			t.Errorf("%s reads back as %.80q (%v), want %.80q", v.Name, value, ok, want)
		}
		delete(got, v.Name)
	}
	if len(got) > 0 {
		t.Errorf("more was read: %q", slices.Sorted(maps.Keys(got)))
	}
}

func TestNoVariables(t *testing.T) {
	for _, format := range Names() {
		out, err := write(t, format, nil)
		if err != nil {
			t.Fatal(err)
		}
		same(t, out, format, nil)
	}
}

func TestWritten(t *testing.T) {
	vars := []Variable{variable("A", "x y"), variable("B", "it's ${C}\n")}
	for format, want := range map[string]string{
		"env":        "A='x y'\nB=\"it's \\${C}\\n\"\n",
		"json":       "{\n  \"A\": \"x y\",\n  \"B\": \"it's ${C}\\n\"\n}\n",
		"yaml":       "\"A\": \"x y\"\n\"B\": \"it's ${C}\\n\"\n",
		"shell":      "export A='x y'\nexport B='it'\\''s ${C}\n'\n",
		"fish":       "set -gx A 'x y'\nset -gx B 'it\\'s ${C}\n'\n",
		"powershell": "$env:A = 'x y'\n$env:B = \"it's `${C}`n\"\n",
		"systemd":    "A=\"x y\"\nB=\"it's \\${C}\n\"\n",
		"tfvars":     "A = \"x y\"\nB = \"it's \\u0024{C}\\n\"\n",
		"k8s": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"my-app\"\ntype: Opaque\n" +
			"data:\n  \"A\": \"eCB5\"\n  \"B\": \"aXQncyAke0N9Cg==\"\n",
	} {
		if out, err := write(t, format, vars); err != nil || out != want {
			t.Errorf("%s: %v\ngot  %q\nwant %q", format, err, out, want)
		}
	}
	for _, format := range []string{"docker", "gitlab"} {
		if out, err := write(t, format, vars[:1]); err != nil || out != "A=x y\n" {
			t.Errorf("%s: %v %q", format, err, out)
		}
	}
}

func TestRefusals(t *testing.T) {
	const names = "has a name that may only be made of letters, digits"
	for _, test := range []struct{ format, name, value, reason string }{
		{"env", "A", "a\x00b", "has a NUL, which no environment variable can hold"},
		{"json", "A", "a\x00b", "has a NUL, which no environment variable can hold"},
		{"json", "A", "\xff", "is not valid UTF-8"},
		{"yaml", strings.Repeat("A", 1023), "x", "has a name that is too long for a key of YAML"},
		{"env", "A B", "x", names + ", _, . and -"},
		{"shell", "a.b", "x", names + " and _, not starting with a digit"},
		{"shell", "A-B", "x", names + " and _, not starting with a digit"},
		{"fish", "1A", "x", names + " and _, not starting with a digit"},
		{"powershell", "", "x", names + " and _, not starting with a digit"},
		{"shell", "UID", "x", "is a variable that bash keeps itself"},
		{"shell", "path", "x", "is a variable that zsh keeps itself"},
		{"shell", "ARGV0", "x", "is a variable that zsh keeps itself"},
		{"shell", "epochtime", "x", "is a variable that zsh keeps itself"},
		{"shell", "ZLE_RPROMPT_INDENT", "x", "has to be a number in zsh"},
		{"shell", "HISTSIZE", "08", "has to be a number in zsh"},
		{"fish", "PWD", "x", "is a variable that fish keeps itself"},
		{"fish", "PATH", "/bin::/usr/bin", "has an empty element, which fish writes as a dot"},
		{"powershell", "A", "", "is empty, which PowerShell before 7.5 takes for not set"},
		{"docker", "A", "a\nb", "has a line break"},
		{"docker", "A", "a\r", "ends in a carriage return, which docker drops"},
		{"docker", "A", `"a"`, "is wrapped in quotes, which some versions of docker drop"},
		{"docker", "A", strings.Repeat("x", kilobytes64-2), "is longer than docker's lines, which hold 64 KiB with the name"},
		{"github", "A", "a\r", "ends in a carriage return, which GitHub drops on Windows"},
		{"github", "node_options", "x", "is a variable that GitHub does not let be set"},
		{"github", "GITHUB_TOKEN", "x", "is a variable that GitHub does not let be set"},
		{"github", "RUNNER_X", "x", "is a variable that GitHub does not let be set"},
		{"gitlab", "A", "x ", "starts or ends with a blank, which GitLab drops"},
		{"gitlab", "A", "a$", "has a $, which GitLab expands"},
		{"gitlab", "A", "a%b%", "has a %name%, which GitLab expands"},
		{"gitlab", strings.Repeat("A", 256), "x", "has a name of more than 255 characters"},
		{"k8s", "..a", "x", "has a name that Kubernetes takes for a folder"},
		{"k8s", strings.Repeat("A", 254), "x", "has a name of more than 253 characters"},
		{"systemd", "A", "\x1b", "has a control character, which systemd refuses"},
		{"systemd", "A", "\uffff", "has a code point that is no character, which systemd refuses"},
		{"tfvars", "-a", "x", names + ", _ and -, starting with a letter or _"},
		{"tfvars", "version", "x", "has a name that Terraform reserves"},
		{"tfvars", "A", "e\u0301", "has a character that Terraform's Unicode normalisation may change"},
	} {
		_, err := write(t, test.format, []Variable{{Name: test.name, Value: sources.NewSecret(test.value)}})
		title := test.name
		if !regexp.MustCompile(`^[A-Za-z0-9_.-]+$`).MatchString(title) {
			title = fmt.Sprintf("%q", title)
		}
		if want := "not everything fits the format " + test.format + ": " + title + " " + test.reason; err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	for _, test := range []struct{ format, name, value string }{
		{"docker", "A", strings.Repeat("x", kilobytes64-3)},
		{"yaml", strings.Repeat("A", 1022), "x"},
		{"docker", "a.b", `"`},
		{"docker", "a-b", `"a'`},
		{"shell", "HISTSIZE", "1000"},
		{"fish", "PATH", "/bin:/usr/bin"},
		{"fish", "MANPATH", ":"},
		{"github", "a.b", "\r."},
		{"k8s", "a..", "x"},
		{"tfvars", "a-b", "x"},
	} {
		vars := []Variable{variable(test.name, test.value)}
		out, err := write(t, test.format, vars)
		if err != nil {
			t.Error(err)
			continue
		}
		same(t, out, test.format, vars)
	}
}

// Everything that is refused is named at once.
func TestRefusesAllAtOnce(t *testing.T) {
	_, err := write(t, "docker", []Variable{
		variable("CERT", "hush\nhush"), variable("FINE", "x"),
		{Name: "A\nB", Value: sources.NewSecret("x"), Place: "env"}, {Name: "C D", Value: sources.NewSecret("x")},
	})
	want := `not everything fits the format docker: CERT (.env:3) has a line break; "A\nB" (env) has a name that may only be made of letters, digits, _, . and -; ` +
		`"C D" has a name that may only be made of letters, digits, _, . and -`
	hint := "choose another name, encode the value (base64) or use --format json or yaml"
	if err == nil || err.Error() != want || sources.HintOf(err) != hint {
		t.Errorf("got  %v (%s)\nwant %s (%s)", err, sources.HintOf(err), want, hint)
	}

	_, err = write(t, "yaml", []Variable{variable("A", "\xff")})
	hint = "encode the value (base64) or use --format env, shell, fish or k8s"
	if sources.HintOf(err) != hint {
		t.Errorf("got  %s\nwant %s", sources.HintOf(err), hint)
	}
}

func TestTooMuch(t *testing.T) {
	vars := []Variable{variable("S", "x"), variable("L", strings.Repeat("x", 4000)), {Name: "M", Value: sources.NewSecret(strings.Repeat("x", 1109))}}
	out, err := write(t, "gitlab", vars)
	if err != nil || len(out) != 5119 {
		t.Errorf("%d bytes: %v", len(out), err)
	}
	_, err = write(t, "gitlab", append(vars, variable("T", "")))
	if err == nil || err.Error() != "5122 bytes are too much for the format gitlab, which holds 5119: L (.env:3) has 4000, M has 1109 and S (.env:3) has 1" ||
		sources.HintOf(err) != "keep large values in files, or use another format" {
		t.Errorf("got %v (%s)", err, sources.HintOf(err))
	}

	var many []Variable
	for i := range 16 {
		many = append(many, variable(fmt.Sprintf("V%d", i), strings.Repeat("x", kilobytes64)))
	}
	if _, err := write(t, "k8s", many); err == nil {
		t.Error("a Secret of more than 1 MiB is written")
	}
}

func TestUnknownFormat(t *testing.T) {
	const hint = "the formats are env, json, yaml, shell, fish, powershell, docker, github, gitlab, k8s, systemd and tfvars"
	for name, want := range map[string]string{
		"dockr": `there is no format "dockr": did you mean "docker"?`,
		"JSON":  `there is no format "JSON": did you mean "json"?`,
		"":      `there is no format ""`,
		"toml":  `there is no format "toml"`,
	} {
		_, err := write(t, name, nil)
		for _, err := range []error{err, Check(name)} {
			if err == nil || err.Error() != want || sources.HintOf(err) != hint {
				t.Errorf("got  %v (%s)\nwant %s (%s)", err, sources.HintOf(err), want, hint)
			}
		}
	}
	for _, name := range Names() {
		if err := Check(name); err != nil {
			t.Error(err)
		}
	}
}

func TestGitHubMasks(t *testing.T) {
	var out, masks bytes.Buffer
	stored := func(name, value string) Variable {
		return Variable{Name: name, Value: sources.NewSecret(value), Stored: true}
	}
	vars := []Variable{stored("A", "50% of\r\nit"), variable("PLAIN", "seen"), stored("BLANK", " \n"), stored("E", ""), stored("B", "b ")}
	if err := Write(&out, "github", vars, Options{Masks: &masks}); err != nil {
		t.Fatal(err)
	}
	if want := "::add-mask::50%25 of%0D%0Ait\n::add-mask::b \n"; masks.String() != want {
		t.Errorf("got %q, want %q", masks.String(), want)
	}
	same(t, out.String(), "github", vars)

	ends := map[string]bool{}
	for _, end := range regexp.MustCompile(`<<(.*)\n`).FindAllStringSubmatch(out.String(), -1) {
		if len(end[1]) < len("aside_")+26 {
			t.Errorf("the delimiter %q can be guessed", end[1])
		}
		ends[end[1]] = true
	}
	if len(ends) != len(vars) {
		t.Errorf("%d delimiters for %d variables", len(ends), len(vars))
	}

	// Where a variable is refused no mask is written either.
	masks.Reset()
	err := Write(&out, "github", append(vars, variable("CR", "\r")), Options{Masks: &masks})
	if err == nil || masks.Len() > 0 {
		t.Errorf("got %v, masks %q", err, masks.String())
	}
}

type brokenPipe struct{}

var errPipe = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestWriteErrors(t *testing.T) {
	vars := []Variable{{Name: "A", Value: sources.NewSecret("x"), Stored: true}}
	for _, format := range Names() {
		if err := Write(brokenPipe{}, format, vars, Options{}); !errors.Is(err, errPipe) {
			t.Errorf("%s: %v", format, err)
		}
	}
	var out bytes.Buffer
	if err := Write(&out, "github", vars, Options{Masks: brokenPipe{}}); !errors.Is(err, errPipe) || out.Len() > 0 {
		t.Errorf("without its masks, %q was written: %v", out.String(), err)
	}
}

func TestKubernetesName(t *testing.T) {
	for app, want := range map[string]string{
		"my-app": "my-app", "My App": "my-app", "@scope/Web.API_2": "scope-web-api-2", "--x--": "x", "9": "9",
		"": "aside", "日本": "aside", "Ünï": "n",
		strings.Repeat("a", 62) + "-b": strings.Repeat("a", 62),
		strings.Repeat("a", 100):       strings.Repeat("a", 63),
	} {
		if got := kubernetesName(app); got != want || !dnsLabel.MatchString(got) {
			t.Errorf("%q becomes %q, want %q", app, got, want)
		}
	}
}
