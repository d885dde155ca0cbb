package dotenv

import (
	"strings"
	"testing"
)

var sources = []string{
	"A=1\nB = '2' # c\nexport C=\"a\\n\\\"b\\\"\"\r\nD: `x`\n",
	"\ufeffA=\"l1\r\nl2\"\rB=\n",
	"A=$B${C}${D:-${E:+x}y}\\$F$$G$(H)",
	"A=\"${B:-{\\\"a\\\":1}}\"",
	"A='C:\\'\nB='a\\'b'\n",
	"A=`lone\nB=a#b\n",
	"A=$2b$10$abcdefghijklmnopqrstuv",
	"A=${B", "A=\"x", "A B=1", "FOO\nexport BAR\n", "A=\u00a01\u2003",
}

func FuzzParse(f *testing.F) {
	for _, src := range sources {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		file, err := Parse(".env", []byte(src))
		if err != nil {
			if file != nil || err.(*SyntaxError).Hint() == "" || err.(*SyntaxError).Line < 1 || err.(*SyntaxError).Column < 1 {
				t.Errorf("error %v with a file, without a hint, or with a wrong position", err)
			}
			return
		}
		lines := strings.Split(normalise([]byte(src)), "\n")
		for _, e := range file.Entries {
			if !strings.HasPrefix(lines[e.Line-1][e.Column-1:], e.Name) {
				t.Errorf("%s is not at %d:%d", e.Name, e.Line, e.Column)
			}
			checkRefs(t, lines, e.Value.Parts())
		}
	})
}

// checkRefs checks that every reference is where it says.
func checkRefs(t *testing.T, lines []string, parts []Part) {
	for _, part := range parts {
		ref, ok := part.Ref()
		if !ok {
			continue
		}
		there := strings.Replace(lines[ref.Line()-1][ref.Column()-1:], "${", "$", 1)
		if !strings.HasPrefix(there, "$"+ref.Name()) {
			t.Errorf("$%s is not at %d:%d", ref.Name(), ref.Line(), ref.Column())
		}
		checkRefs(t, lines, ref.Word())
	}
}

func FuzzPrint(f *testing.F) {
	for _, value := range nasty {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.Contains(value, "\x00") {
			return // no .env file can hold it
		}
		src := Append(nil, "A", value)
		file, err := Parse(".env", append(src, "B=1"...))
		if err != nil {
			t.Fatalf("%q: %v", src, err)
		}
		if got, ok := file.Entries[0].Value.Literal(); !ok || got != value || len(file.Entries) != 2 || len(file.Warnings) > 0 {
			t.Errorf("%q, printed as %q, reads back as %q", value, src, got)
		}
	})
}

func FuzzPrintForBash(f *testing.F) {
	bash := needBash(f)
	for _, value := range nasty {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.Contains(value, "\x00") || !shellReads(value) {
			return
		}
		if got := throughBash(t, bash, []string{value}); len(got) != 1 || got[0] != value {
			t.Errorf("%q is %q to bash", value, got)
		}
	})
}
