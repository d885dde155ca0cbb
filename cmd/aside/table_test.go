package main

import (
	"slices"
	"strings"
	"testing"
)

// TestTable: columns are those of a terminal, where a character may take two or none.
func TestTable(t *testing.T) {
	rows := [][]string{
		{"NAME", "FROM", "NOTES"},
		{"A", "日本語/秘密.env", "x"},
		{"B", "cafe\u0301/\U0001f600.env", "y"},
		{"C", "odd\x1b[2J\n\u202e\xff", "z"},
	}
	for _, tt := range []struct {
		width int
		want  string
	}{
		{0, `
NAME  FROM                    NOTES
A     日本語/秘密.env         x
B     cafe` + "\u0301" + `/😀.env             y
C     odd\x1b[2J\n\u202e\xff  z`},
		{33, `
NAME  FROM                  NOTES
A     日本語/秘密.env       x
B     cafe` + "\u0301" + `/😀.env           y
C     …\x1b[2J\n\u202e\xff  z`},
		{12, `
NAME  FROM …
A     日本…
B     cafe` + "\u0301" + `/…
C     …\x1b…`},
	} {
		lines := align(slices.Clone(rows), tt.width, 1)
		if got := "\n" + strings.Join(lines, "\n"); got != tt.want {
			t.Errorf("%d columns: got%s\nwant%s", tt.width, got, tt.want)
		}
	}
	// Half a character is none, and a mark goes with its character.
	if a, b, c := start("日本", 3), end("日本", 3), end("ae\u0301b", 1); a != "日" || b != "本" || c != "b" {
		t.Errorf("cut: %q, %q, %q", a, b, c)
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		`C:\a "b" 'c'`:        `C:\a "b" 'c'`,
		"größer 日本 e\u0301 😀": "größer 日本 e\u0301 😀",
		"\x1b[2J\a\x7f\u009b": `\x1b[2J\a\x7f\u009b`,
		"a\nb\tc\r":           `a\nb\tc\r`,
		"\u202eabc\ufeff\xff": `\u202eabc\ufeff\xff`,
	} {
		if got := printable(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
