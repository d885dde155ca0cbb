package mask

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// MinLength is how many characters a value has at least to be masked: what is
// shorter turns up in any text by chance.
const MinLength = 6

// longValue is from how many bytes on a value is looked for in the usual
// spellings only, since each takes memory: no environment variable on Linux
// holds so much.
const longValue = 128 << 10

// spellings returns everything that is to be masked for a value: itself, as
// programs encode it, and each of its lines. A spelling may be there twice.
func spellings(value string) []string {
	all := append(base64s(value), value)
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

		{jsonEscaped(jsonStyle{}), false},                                                // JSON.stringify
		{jsonEscaped(jsonStyle{numbered: "<>&\u2028\u2029"}), false},                     // Go
		{jsonEscaped(jsonStyle{numbered: "<>&='\u2028\u2029"}), true},                    // Gson
		{jsonEscaped(jsonStyle{ascii: true}), true},                                      // Python
		{jsonEscaped(jsonStyle{ascii: true, slashes: true}), true},                       // PHP
		{jsonEscaped(jsonStyle{numbered: "\"<>&'+`", ascii: true, hex: upperHex}), true}, // System.Text.Json
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
