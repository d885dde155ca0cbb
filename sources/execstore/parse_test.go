package execstore

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aside-cli/aside/dotenv"
	"github.com/aside-cli/aside/sources"
)

// reader returns a store whose command is never run.
func reader(t testing.TB, warn func(string)) *Store {
	t.Helper()
	s, err := New(Config{App: "app", Command: []string{"/usr/bin/op", "--token=hunter2"}, Warn: warn})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func show(secrets map[string]sources.Secret) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		fmt.Fprintf(&b, "%s=%q ", name, secrets[name].Reveal())
	}
	return strings.TrimSuffix(b.String(), " ")
}

func TestParse(t *testing.T) {
	for _, test := range []struct{ out, want string }{
		{"", ""},
		{" \n\t\n", ""},
		{"# nothing", ""},
		{"{}", ""},
		{" \n{\"A\": \"1\"}\n", `A="1"`},
		{"\ufeff{\"A\": \"1\"}", `A="1"`},
		{`{"TEXT": "é\n\"$A\" \u00e9", "EMPTY": "", "NUMBER": 12345678901234567890.50, "BIG": 1e400, "YES": true, "NO": false}`,
			`BIG="1e400" EMPTY="" NO="false" NUMBER="12345678901234567890.50" TEXT="é\n\"$A\" é" YES="true"`},
		{`{"A": "1", "A": "2"}`, `A="2"`},
		{"A=1\r\nexport B='2'\nC: 3\nA=4", `A="4" B="2" C="3"`},
		{"A=pa$word\nB=${NOT} $(x) $$ $5\nC=\"$A \\$A \\\\$A\"\nD='$A \\$A'\nE=`$A \\$A`", // dollars are dollars
			`A="pa$word" B="${NOT} $(x) $$ $5" C="$A $A \\$A" D="$A \\$A" E="$A $A"`},
		{"A=$2b$10$abcdefghijklmnopqrstuv", `A="$2b$10$abcdefghijklmnopqrstuv"`},
		{"A=${open", `A="${open"`},
		{"A=\x01\x02$\x03", `A="\x01\x02$\x03"`},
	} {
		got, err := reader(t, nil).parse(dev, []byte(test.out))
		if err != nil {
			t.Errorf("%q: %s", test.out, failure(err))
			continue
		}
		equal(t, test.out, show(got), test.want)
	}
}

func TestParseErrors(t *testing.T) {
	const where, object = "exec: the output of op for the stage dev ", "\nprint one object like {\"NAME\": \"value\"}"
	for _, test := range []struct{ out, want string }{
		{`{"A": "hunter2`, where + "is no valid JSON: error at byte 14" + object},
		{`{"A": hunter2}`, where + "is no valid JSON: error at byte 7" + object},
		{`{"A": "1"} hunter2`, where + "is no valid JSON: error at byte 12" + object},
		{`{"A": {"hunter2": 1}}`, "exec: \"A\" in the output of op for the stage dev is an object or a list\nprint it as one string, for example with tojson in jq"},
		{`{"Z": {}, "B": {}, "A": ["hunter2"]}`, "exec: \"A\" in the output of op for the stage dev is an object or a list\nprint it as one string, for example with tojson in jq"},
		{"{\"A\": \"hunter2\xff\"}", where + "is no text in UTF-8\nencode binary values, with base64 for example"},
		{"A=hunter2\xff", where + "is no text in UTF-8\nencode binary values, with base64 for example"},
		{`{"A": "hunter2\u0000"}`, "exec: the output of op for the stage dev: A holds a NUL at byte 8: no environment variable can\nencode it first, with base64 for example"},
		{"A='" + strings.Repeat("x", sources.MaxValue+1) + "'", "exec: the output of op for the stage dev: A is 65537 bytes long: a secret holds at most 65536\nkeep the file elsewhere and store where it is"},
		{"A=1\nB=\"hunter2", "exec: the output of op for the stage dev:2:3: B: the quote \" that opens here is never closed\nclose it; in double quotes \\\" is a quote, and a backslash at the end is \\\\"},
		{"hunter2 hunter3", "exec: the output of op for the stage dev:1:1: not an assignment\nwrite NAME=value or NAME: value, and put a value of several lines in quotes"},
		{`["hunter2"]`, "exec: the output of op for the stage dev:1:1: not an assignment\nwrite NAME=value or NAME: value, and put a value of several lines in quotes"},
		{"A=\x01\x02\x03\x04\x05\x06\x07\x08", where + "is no text\nprint a JSON object, or NAME=value lines"},
	} {
		got, err := reader(t, nil).parse(dev, []byte(test.out))
		equal(t, fmt.Sprintf("%.40q", test.out), failure(err), test.want)
		if got != nil {
			t.Errorf("%q: values in spite of an error", test.out)
		}
	}
}

func TestParseWarnings(t *testing.T) {
	w := &warnings{}
	s := reader(t, w.add)
	for range 2 { // each once
		for out, want := range map[string]string{
			`{"not-a-name": "hunter2", "NULL": null, "A": "1"}`: `A="1"`,
			"B=x#y\nexport LONE\nno.name=hunter2":               `B="x#y"`,
		} {
			got, err := s.parse(dev, []byte(out))
			equal(t, out, failure(err)+" "+show(got), "no error "+want)
		}
	}
	equal(t, "warnings", w.sorted(), ""+
		"exec: \"NULL\" in the output of op for the stage dev is left out: it is null\n"+
		"exec: \"no.name\" in the output of op for the stage dev is left out: it is no name of an environment variable\n"+
		"exec: \"not-a-name\" in the output of op for the stage dev is left out: it is no name of an environment variable\n"+
		"exec: the output of op for the stage dev:1:3: B: a # without a blank before it is part of the value: quote the value to make that plain\n"+
		"exec: the output of op for the stage dev:2:8: LONE: a name without a value is skipped: NAME= sets the empty value")
}

// No output makes the reader panic, and what comes out of it reads back.
func FuzzParse(f *testing.F) {
	for _, out := range []string{
		`{"A": "1", "B": 2, "C": null}`, "A=1\nB=\"$A\\$ \\\\$\"", "A='\\$'", "A=`\\\\$`", "{", "\ufeff{}", "A=\x01$", "export A: $2b$",
	} {
		f.Add([]byte(out))
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		secrets, err := reader(t, nil).parse(dev, out)
		if err != nil {
			if secrets != nil {
				t.Error("values in spite of an error")
			}
			return
		}
		var printed []byte
		for _, name := range slices.Sorted(maps.Keys(secrets)) {
			printed = dotenv.Append(printed, name, secrets[name].Reveal())
		}
		again, err := reader(t, nil).parse(dev, printed)
		if err != nil && strings.ContainsAny(string(printed), "\x01\x02\x03\x04\x05\x06\x07\x08") {
			return // all stand-ins for a dollar may be taken
		}
		if err != nil {
			t.Fatalf("printed values do not read back: %v", err)
		}
		if show(again) != show(secrets) {
			t.Errorf("printed values read back as others:\n%s\n%s", show(secrets), show(again))
		}
	})
}
