package dotenv

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// nasty values, each of which broke a printer or a parser somewhere.
var nasty = []string{
	"", " ", "x", " x ", "\t", "\n", "\r", "\r\n", "a\nb", "a\r\nb", "\u00a0", "\u2028", "\ufeff", "\x01\x7f\xff\xfe",
	"plain-value_1.2:3/4@5%6+7,8=9", "==", "#", "a#b", "a # b", "# c", ";", "a b", "~", "~/x", "*", "{a,b}", "!x", "a&b|c;d",
	"'", "''", "it's", "'quoted'", "\"", "\"quoted\"", "`", "`cmd`", "a`b", "'\"`", "'''\"\"\"```",
	`\`, `\\`, `\\\`, `C:\`, `C:\new\table`, `\'`, `\"`, "\\`", `\$`, `\n`, `\r`, `a\`, `'\`, `\' # `, "\\\n", "it's\\\n\\",
	"$", "$$", "$$$", "$B", "${B}", "${B:-x}", "${", "$(cmd)", "$5.00", "pa$$word", "$2b$10$abc", "'$2b$10$abc", `\$B`, `'\$B'`,
	"export A=1", "A=1\nB=2", "{\"a\": [1, \"b'c\"]}", "-----BEGIN KEY-----\nabc+/==\n-----END KEY-----\n", "🚀 é 日本",
	strings.Repeat("'\"\\$\n\r ", 100),
}

func TestQuote(t *testing.T) {
	for _, test := range []struct{ value, want string }{
		{"", ""},
		{"postgres://u:p@h:5432/db", "postgres://u:p@h:5432/db"},
		{"a b", "'a b'"},
		{"$B", "'$B'"},
		{"a\nb", "'a\nb'"},
		{`C:\`, `'C:\'`},
		{"it's", `"it's"`},
		{"it's\n$5\t\\\"", `"it's\n\$5` + "\t" + `\\\""`},
		{"a\rb", `"a\rb"`},
	} {
		if got := Quote(test.value); got != test.want {
			t.Errorf("%q is printed as %s, want %s", test.value, got, test.want)
		}
	}
	if got := string(Append([]byte("A=1\n"), "B", "x y")); got != "A=1\nB='x y'\n" {
		t.Errorf("appended %q", got)
	}
}

// All values in one file, so that each also has to end where it should.
func TestPrintedValuesReadBack(t *testing.T) {
	var src []byte
	for i, value := range nasty {
		src = Append(src, fmt.Sprintf("V%d", i), value)
	}
	file, err := Parse(".env", src)
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Entries) != len(nasty) || len(file.Warnings) > 0 {
		t.Fatalf("%d entries of %d values, warnings %v", len(file.Entries), len(nasty), file.Warnings)
	}
	for i, want := range nasty {
		if got, ok := file.Entries[i].Value.Literal(); !ok || got != want {
			t.Errorf("%q reads back as %q", want, got)
		}
	}
}

// shellReads reports whether Append prints value in a form that a shell reads too.
func shellReads(value string) bool { return !strings.HasPrefix(Quote(value), `"`) }

func TestPrintedValuesThroughBash(t *testing.T) {
	bash := needBash(t)
	var values []string
	for _, value := range nasty {
		if shellReads(value) {
			values = append(values, value)
		}
	}
	if len(values) < len(nasty)/2 {
		t.Errorf("only %d of %d values are printed so that a shell reads them", len(values), len(nasty))
	}
	for i, got := range throughBash(t, bash, values) {
		if got != values[i] {
			t.Errorf("%q is %q to bash", values[i], got)
		}
	}
}

func needBash(t testing.TB) string {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash on this machine: ", err)
	}
	return bash
}

// throughBash prints values to a file, has bash read it, and returns what it found.
func throughBash(t testing.TB, bash string, values []string) []string {
	var src []byte
	script := `. "$1"; printf '%s\0'`
	for i, value := range values {
		name := fmt.Sprintf("V%d", i)
		src = Append(src, name, value)
		script += ` "$` + name + `"`
	}
	file := filepath.Join(t.TempDir(), "x.env")
	if err := os.WriteFile(file, src, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bash, "--norc", "-c", script, "bash", file)
	cmd.Env = []string{"LC_ALL=C"}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("bash: %v: %s", err, stderr.String())
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}
