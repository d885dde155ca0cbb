package override

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/aside-cli/aside/sources"
)

// unquote returns the text of a string literal that the scanner has accepted:
// its quotes match, and its escapes are of a kind that CUE knows. No error holds
// a piece of the literal.
func unquote(lit string) (string, error) {
	body := strings.TrimLeft(lit, "#")
	hashes := lit[:len(lit)-len(body)]
	body = strings.TrimSuffix(body, hashes)
	if strings.HasPrefix(body, "\"\"\"\n") {
		return unescape(lines(body), hashes)
	}
	if strings.Contains(body, "\r") {
		return "", errCarriageReturn
	}
	return unescape(body[1:len(body)-1], hashes)
}

var (
	errCarriageReturn = sources.Hint(errors.New("the string holds a carriage return"), `write it as \r`)
	errSurrogate      = sources.Hint(errors.New("the string holds one half of a surrogate pair"), `write both halves, or \U and the eight digits of the character`)
	errEscape         = sources.Hint(errors.New("the string holds a malformed escape"), `write \\ for a backslash, or a raw string, #"…"#`)
)

// lines returns the text between """ and """: without the first line break, the
// last one, and the indentation of the closing quotes.
func lines(body string) string {
	body = body[len("\"\"\"\n") : len(body)-len(`"""`)]
	last := strings.LastIndexByte(body, '\n')
	if last < 0 {
		return ""
	}
	indent := body[last+1:]
	lines := strings.Split(body[:last], "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, indent)
	}
	return strings.Join(lines, "\n")
}

// unescape undoes the escapes in text, which start with a backslash and hashes.
func unescape(text, hashes string) (string, error) {
	start := `\` + hashes
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, start)
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		r, rest, err := escaped(rest)
		if err != nil {
			return "", err
		}
		if utf16.IsSurrogate(r) {
			low, after, _ := escaped(strings.TrimPrefix(rest, start))
			if r = utf16.DecodeRune(r, low); r == '\uFFFD' || !strings.HasPrefix(rest, start) {
				return "", errSurrogate
			}
			rest = after
		}
		b.WriteRune(r)
		text = rest
	}
}

// escaped returns the character that an escape stands for, and what follows it.
func escaped(s string) (r rune, rest string, err error) {
	if s == "" {
		return 0, "", errEscape
	}
	digits := 0
	switch c := s[0]; c {
	case '\\', '/', '"':
		return rune(c), s[1:], nil
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	default:
		i := strings.IndexByte("abfnrtv", c)
		if i < 0 {
			return 0, "", errEscape
		}
		return rune("\a\b\f\n\r\t\v"[i]), s[1:], nil
	}
	if len(s) <= digits {
		return 0, "", errEscape
	}
	n, err := strconv.ParseUint(s[1:1+digits], 16, 31)
	if err != nil {
		return 0, "", errEscape // not err: it holds the digits
	}
	return rune(n), s[1+digits:], nil
}
