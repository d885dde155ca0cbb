package dotenv

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// nameByte tells the bytes that a name is made of. Those that a reference can
// name are fewer: refStart, then any number of refByte.
func nameByte(c byte) bool { return refByte(c) || c == '.' || c == '-' }
func refStart(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }
func refByte(c byte) bool  { return refStart(c) || '0' <= c && c <= '9' }

// normalise returns src without its BOM and with every line ending as LF.
func normalise(src []byte) string {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	if bytes.IndexByte(src, '\r') < 0 {
		return string(src)
	}
	var b strings.Builder
	b.Grow(len(src))
	for {
		i := bytes.IndexByte(src, '\r')
		if i < 0 {
			b.Write(src)
			return b.String()
		}
		b.Write(src[:i])
		b.WriteByte('\n')
		src = bytes.TrimPrefix(src[i+1:], []byte("\n"))
	}
}

// blanks returns the length of the blanks that s starts with: of every space
// that Unicode knows but the newline, because editors show them all alike.
func blanks(s string) int {
	i := 0
	for i < len(s) {
		if c := s[i]; c == ' ' || c == '\t' {
			i++
			continue
		} else if c == '\n' || ' ' < c && c < utf8.RuneSelf {
			break
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsSpace(r) {
			break
		}
		i += size
	}
	return i
}

// endsBlank reports whether s ends in a blank.
func endsBlank(s string) bool {
	if s == "" {
		return false
	}
	if c := s[len(s)-1]; ' ' < c && c < utf8.RuneSelf {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsSpace(r)
}

// assignmentHint guesses from a line that is no assignment what it was meant to be.
func assignmentHint(line string) string {
	for _, guess := range []struct{ prefix, hint string }{
		{"<<<<<<<", "the file holds a merge conflict: resolve it"},
		{"|||||||", "the file holds a merge conflict: resolve it"},
		{"=======", "the file holds a merge conflict: resolve it"},
		{">>>>>>>", "the file holds a merge conflict: resolve it"},
		{";", "a comment starts with #"},
		{"//", "a comment starts with #"},
		{"-----BEGIN", "write NAME= before it, and put a value of several lines in quotes"},
	} {
		if strings.HasPrefix(line, guess.prefix) {
			return guess.hint
		}
	}
	return "write NAME=value or NAME: value, and put a value of several lines in quotes"
}
