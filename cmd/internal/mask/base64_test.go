package mask

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"
)

// fold is base64 as programs print it, in lines of a width.
func fold(text string, width int, lineBreak string) string {
	var b strings.Builder
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString([]byte(text))), width) {
		b.Write(line)
		b.WriteString(lineBreak)
	}
	return b.String()
}

// TestBase64InLines: whatever comes after a value, and in whatever pieces, what
// depends on it alone is masked.
func TestBase64InLines(t *testing.T) {
	for n := 40; n < 240; n++ {
		value := strings.Join(tokens(3), "")[:n]
		set := &Set{}
		set.Add([]string{value})
		for _, after := range []string{"", "\n", "zz", "and more"} {
			left := base64.StdEncoding.EncodedLen(n+len(after)) - 8*n/6
			for _, text := range []string{fold(value+after, 64, "\n"), fold(value+after, 76, "\n"), fold(value+after, 76, "\r\n")} {
				for _, size := range []int{1, 1000} {
					var out bytes.Buffer
					w := NewWriter(&out, set)
					w.hold = time.Hour // between two bytes of a busy machine
					for p := range slices.Chunk([]byte(text), size) {
						w.Write(p)
					}
					w.Flush()
					if rest := strings.NewReplacer(redacted, "", "\n", "", "\r", "").Replace(out.String()); len(rest) > left {
						t.Fatalf("%d bytes before %q: %q became %q", n, after, text, out.String())
					}
				}
			}
		}
	}
}

// TestBase64OfParts: what a value has in common with other texts passes.
func TestBase64OfParts(t *testing.T) {
	value := "postgres://admin:pa55word@db-1.internal.example.com:5432/app?sslmode=require&connect_timeout=10\n"
	for _, text := range []string{
		fold("postgres://admin", 76, "\n"),
		fold("see https://db-1.internal.example.com:5432/app?sslmode=require", 76, "\n"),
		fold("x=1&connect_timeout=10\n", 76, "\n"),
		fold(value[90:], 76, "\n"),
	} {
		if got := masked(t, text, value); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
