package mask

import (
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"
)

// MinLength is how many characters a value has at least to be masked: what is
// shorter turns up in any text by chance.
const MinLength = 6

// longValue is from how many bytes on a value is looked for in the usual
// spellings only, since each takes memory.
const longValue = 4096

// spellings returns everything that is to be masked for a value: itself, as
// programs encode it, and each of its lines. A spelling may be there twice.
func spellings(value string) []string {
	all := []string{value}
	all = append(all, base64s(value)...)
	for _, e := range escapes() {
		if !e.rare || len(value) < longValue {
			all = append(all, e.spell(value))
		}
	}
	if strings.Contains(value, "\n") {
		all = append(all, lines(value)...)
		// A terminal makes \r\n of every \n.
		all = append(all, strings.ReplaceAll(value, "\n", "\r\n"))
	}
	return slices.DeleteFunc(all, func(s string) bool { return len(s) < MinLength })
}

func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		for _, l := range []string{line, strings.TrimSuffix(line, "\r")} {
			if utf8.RuneCountInString(l) >= MinLength {
				all = append(all, l)
			}
		}
	}
	return all
}

// base64s returns value in both alphabets, with padding and without, on one line
// and on lines of the usual widths. Inside a larger text, as in "user:password",
// value may begin anywhere in a group of three bytes: for each of these there
// are the characters that depend on nothing but value.
func base64s(value string) []string {
	var all []string
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		whole := e.EncodeToString([]byte(value))
		all = append(all, whole, strings.TrimRight(whole, "="))
		for _, width := range []int{64, 76} { // PEM; MIME and coreutils
			if len(whole) > width {
				all = append(all, folded(whole, width)...)
			}
		}
		for before := range 3 {
			text := e.EncodeToString(append(make([]byte, before), value...))
			first, end := (8*before+5)/6, 8*(before+len(value))/6
			all = append(all, text[first:end])
		}
	}
	return all
}

// folded cuts text into lines of width characters.
func folded(text string, width int) []string {
	var all []string
	for line := range slices.Chunk([]byte(text), width) {
		all = append(all, string(line))
	}
	return all
}

// An escape is how programs write a text into something else.
type escape struct {
	spell func(string) string
	rare  bool
}

// escapes are those into a URL, told by which characters stay as they are beside
// letters and digits, and those into JSON.
func escapes() []escape {
	return []escape{
		{percent("-_.~", "+", upperHex), false},   // url.QueryEscape, Python's quote_plus
		{percent("-_.~", "%20", upperHex), false}, // RFC 3986
		{percent("-_.~", "+", lowerHex), true},
		{percent("-_.~", "%20", lowerHex), true},
		{percent("-_.~/", "%20", upperHex), true},      // Python's quote
		{percent("-_.~!*'()", "%20", upperHex), true},  // JavaScript's encodeURIComponent
		{percent("-_.*", "+", upperHex), true},         // HTML forms, URLSearchParams
		{percent("-_.~$&+=:@", "%20", upperHex), true}, // url.PathEscape

		{jsonEscaped(jsonStyle{}), false},                          // JSON.stringify
		{jsonEscaped(jsonStyle{html: true}), false},                // Go
		{jsonEscaped(jsonStyle{ascii: true}), true},                // Python
		{jsonEscaped(jsonStyle{ascii: true, slashes: true}), true}, // PHP
	}
}

const (
	upperHex = "0123456789ABCDEF"
	lowerHex = "0123456789abcdef"
)

func percent(keep, space, hex string) func(string) string {
	return func(value string) string {
		var b strings.Builder
		for i := range len(value) {
			switch c := value[i]; {
			case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte(keep, c) >= 0:
				b.WriteByte(c)
			case c == ' ':
				b.WriteString(space)
			default:
				b.Write([]byte{'%', hex[c>>4], hex[c&15]})
			}
		}
		return b.String()
	}
}
