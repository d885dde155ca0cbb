package mask

import (
	"encoding/base64"
	"strings"
)

// piece is how many characters of base64 are masked on a line of their own: the
// nine bytes that they stand for are seldom the same in something else.
const piece = 12

// base64s returns value in both alphabets, with padding and without, on one line
// and on lines of the usual widths. Inside a larger text, as in "user:password",
// value may begin anywhere in a group of three bytes: for each of these there
// are the characters that depend on nothing but value.
func base64s(value string) []string {
	var all []string
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		whole := e.EncodeToString([]byte(value))
		all = append(all, whole, strings.TrimRight(whole, "="))
		all = append(all, folded(whole)...)
		for before := range 3 {
			text := e.EncodeToString(append(make([]byte, before), value...))
			first, end := (8*before+5)/6, 8*(before+len(value))/6
			all = append(all, text[first:end])
			if before == 0 {
				all = append(all, folded(text[:end])...) // a newline, or more, is behind it
			}
		}
	}
	return all
}

// folded returns the lines of text in the usual widths. The last one may be so
// short that it stands in other texts too: it comes with what is before it.
func folded(text string) []string {
	var all []string
	for _, width := range []int{64, 76} { // PEM; MIME and coreutils
		if len(text) <= width {
			continue
		}
		at := 0
		for ; len(text)-at >= piece; at += width {
			all = append(all, text[at:min(at+width, len(text))])
		}
		if at < len(text) {
			before := text[at-width : at]
			all = append(all, before+"\n"+text[at:], before+"\r\n"+text[at:])
		}
	}
	return all
}
