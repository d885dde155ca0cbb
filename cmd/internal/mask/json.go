package mask

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A jsonStyle says what a writer of JSON escapes that it need not.
type jsonStyle struct {
	numbered string // by number, also where there is a short escape
	ascii    bool   // everything beyond ASCII
	slashes  bool
	hex      string // the digits; none: lowerHex
}

// jsonEscaped returns a function that writes a text as the inside of a JSON string.
func jsonEscaped(style jsonStyle) func(string) string {
	if style.hex == "" {
		style.hex = lowerHex
	}
	return func(value string) string {
		var b strings.Builder
		for i, r := range value {
			_, size := utf8.DecodeRuneInString(value[i:])
			switch {
			case r == utf8.RuneError && size == 1 || style.escapes(r):
				style.writeEscape(&b, r)
			default:
				b.WriteString(value[i : i+size])
			}
		}
		return b.String()
	}
}

func (s jsonStyle) escapes(r rune) bool {
	switch r {
	case '"', '\\':
		return true
	case '/':
		return s.slashes
	}
	return r < ' ' || s.ascii && r > '~' || strings.ContainsRune(s.numbered, r)
}

func (s jsonStyle) writeEscape(b *strings.Builder, r rune) {
	if i := strings.IndexRune("\"\\/\b\f\n\r\t", r); i >= 0 && !strings.ContainsRune(s.numbered, r) {
		b.WriteByte('\\')
		b.WriteByte(`"\/bfnrt`[i])
		return
	}
	units := []rune{r}
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		units = []rune{high, low}
	}
	for _, u := range units {
		b.WriteString(`\u`)
		for shift := 12; shift >= 0; shift -= 4 {
			b.WriteByte(s.hex[u>>shift&15])
		}
	}
}
