package mask

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// masked returns what becomes of a text.
func masked(t *testing.T, text string, values ...string) string {
	t.Helper()
	set := &Set{}
	set.Add(values)
	return maskedBy(t, set, text)
}

func maskedBy(t *testing.T, set *Set, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out, set)
	if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
		t.Fatal(n, err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestSpellings(t *testing.T) {
	for _, value := range []string{
		"secret", "pässwörd", `quo"te\back/slash`, "sp ace&=+?#%", "<html>&amp;", "tab\tnew\nline of it\n", "emoji 😀 and more",
		"\xff\xfe no text \x00\x01", strings.Repeat("long value ", 30), "-----BEGIN KEY-----\r\nabcdefgh\r\n-----END KEY-----\r\n",
	} {
		marshalled, _ := json.Marshal(value)
		var plain bytes.Buffer
		e := json.NewEncoder(&plain)
		e.SetEscapeHTML(false)
		e.Encode(value)
		for what, text := range map[string]string{
			"itself":             value,
			"base64":             base64.StdEncoding.EncodeToString([]byte(value)),
			"base64 unpadded":    base64.RawStdEncoding.EncodeToString([]byte(value)),
			"base64url":          base64.URLEncoding.EncodeToString([]byte(value)),
			"base64url unpadded": base64.RawURLEncoding.EncodeToString([]byte(value)),
			"query":              url.QueryEscape(value),
			"path":               url.PathEscape(value),
			"JSON":               strings.Trim(string(marshalled), `"`),
			"JSON without HTML":  strings.TrimSuffix(strings.TrimPrefix(plain.String(), `"`), "\"\n"),
			"on a terminal":      strings.ReplaceAll(value, "\n", "\r\n"),
		} {
			if got := masked(t, "<"+text+">", value); got != "<[redacted]>" {
				t.Errorf("%q: %s: %q became %q", value, what, text, got)
			}
		}
	}
	// As Python's json.dumps, PHP's json_encode, System.Text.Json and Gson write it.
	for text, value := range map[string]string{
		`a\u002Bb\u0026c\u0027d\u003Ce\u003Ef\u0022g\\h/i=j\u0060\u00E4\uD83D\uDE00\n\u001F\u007F`: "a+b&c'd<e>f\"g\\h/i=j`ä😀\n\x1f\x7f",
		`a+b\u0026c\u0027d\u003ce\u003ef\"g\\h/i\u003djä😀\n\u001f\u2028`:                           "a+b&c'd<e>f\"g\\h/i=jä😀\n\x1f\u2028",
		`p\u00e4ss \ud83d\ude00`: "päss 😀", `a\/b\/c\/d`: "a/b/c/d", "b%c3%a4r%2fxy": "bär/xy", "it's%20(x)!%26*": "it's (x)!&*",
	} {
		if got := masked(t, "<"+text+">", value); got != "<[redacted]>" {
			t.Errorf("%q: %q became %q", value, text, got)
		}
	}
}

// TestLongValue: whatever a value's length, what is usual with it is masked.
func TestLongValue(t *testing.T) {
	set := &Set{}
	pem := "-----BEGIN PRIVATE KEY-----\n" + fold(string(noise(40<<10)), 64, "\n") + "-----END PRIVATE KEY-----\n"
	set.Add([]string{pem})
	quoted := strings.NewReplacer(" ", "%20", "\n", "%0A", "+", "%2B", "=", "%3D").Replace(pem)
	for what, text := range map[string]string{
		"Python's quote":     quoted,
		"encodeURIComponent": strings.ReplaceAll(quoted, "/", "%2F"),
		"PHP's json_encode":  strings.NewReplacer("/", `\/`, "\n", `\n`).Replace(pem),
		"System.Text.Json":   strings.NewReplacer("+", `\u002B`, "\n", `\n`).Replace(pem),
		"Gson":               strings.NewReplacer("=", `\u003d`, "\n", `\n`).Replace(pem),
	} {
		if got := maskedBy(t, set, "<"+text+">"); got != "<[redacted]>" {
			t.Errorf("%s: %d of %d bytes are left", what, len(got), len(text))
		}
	}
}

// Inside a larger text, base64 has what depends on the value alone.
func TestBase64WithNeighbours(t *testing.T) {
	const value = "correct horse"
	for before := range 4 {
		for after := range 4 {
			text := strings.Repeat("u", before) + value + strings.Repeat("z", after)
			encoded := base64.StdEncoding.EncodeToString([]byte(text))
			got := masked(t, encoded, value)
			rest, found := strings.CutPrefix(got, encoded[:(8*before+5)/6])
			if !found || !strings.HasPrefix(rest, redacted) || len(got) > len(redacted)+(8*before+5)/6+8 {
				t.Errorf("%q: %q became %q", text, encoded, got)
			}
		}
	}
	folded := "Y29y" + strings.Repeat("A", 72) + "\nQUJD\n"
	if got := masked(t, folded, value); got != folded {
		t.Errorf("%q", got)
	}
	key := strings.Repeat("a long key, ", 20)
	var lines []string
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString([]byte(key))), 76) {
		lines = append(lines, string(line))
	}
	if got := masked(t, strings.Join(lines, "\n"), key); strings.NewReplacer(redacted, "", "\n", "").Replace(got) != "" {
		t.Errorf("base64 in lines: %q", got)
	}
}

func TestMasked(t *testing.T) {
	for _, test := range []struct {
		name, text, want string
		values           []string
	}{
		{"too short", "12345 pässw", "12345 pässw", []string{"12345", "pässw"}},
		{"characters, not bytes", "пароль паро", "[redacted] паро", []string{"пароль", "паро"}},
		{"two in a row", "secretsecret", "[redacted][redacted]", []string{"secret"}},
		{"overlapping", "xabcdefghijx", "x[redacted]x", []string{"abcdefg", "efghij"}},
		{"one in another", "a secretary!", "a [redacted]!", []string{"secret", "secretary"}},
		{"itself again", "abcabcabcabc", "[redacted]", []string{"abcabc"}},
		{"lines", "first line\nshort\nlast line", "[redacted]\nshort\n[redacted]", []string{"last line\nx\nfirst line\n"}},
		{"nothing", "", "", []string{"secret"}},
		{"no values", "text", "text", nil},
	} {
		if got := masked(t, test.text, test.values...); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestHeld: what cannot be part of a value is never held back; what may be is
// passed on after a while, and masked from there on should it turn out to be one.
func TestHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &output{}
		set := &Set{}
		set.Add([]string{"secret", "secretary"})
		w := NewWriter(out, set)
		sees := func(want string) {
			t.Helper()
			if out.String() != want {
				t.Fatalf("%q, want %q", out.String(), want)
			}
		}
		pause := func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		}
		w.Write([]byte("my sec"))
		sees("my ")
		pause(Quiet - time.Millisecond)
		w.Write([]byte("r"))
		pause(Quiet - time.Millisecond)
		sees("my ")
		pause(time.Millisecond)
		sees("my secr")
		w.Write([]byte("et"))
		pause(Quiet)
		sees("my secr[redacted]")
		w.Write([]byte("ar"))
		w.Write([]byte("y, secret"))
		sees("my secr[redacted][redacted], ")
		w.Write([]byte("s"))
		sees("my secr[redacted][redacted], [redacted]")
		pause(Quiet)
		sees("my secr[redacted][redacted], [redacted]s")
		w.Write([]byte("ecre\n"))
		sees("my secr[redacted][redacted], [redacted]secre\n")
		pause(time.Hour)
		sees("my secr[redacted][redacted], [redacted]secre\n")
	})
}

// TestSetGrows: also while a part of the new value is held back or on its way.
func TestSetGrows(t *testing.T) {
	for cut := range len("<old secret> <new secret>") {
		var out bytes.Buffer
		set := &Set{}
		set.Add([]string{"old secret", "<new"})
		w := NewWriter(&out, set)
		w.hold = time.Hour // nothing is passed on for want of time
		text := "<old secret> <new secret>"
		w.Write([]byte(text[:cut]))
		set.Add([]string{"new secret"})
		w.Write([]byte(text[cut:]))
		w.Flush()
		want := "<[redacted]> <[redacted]>"
		if cut > strings.Index(text, "new") {
			// Its beginning was passed on before it was secret, but for what is
			// held back because of "<new".
			if strings.Contains(out.String(), "old secret") {
				t.Errorf("cut at %d: %q", cut, out.String())
			}
			continue
		}
		if out.String() != want {
			t.Errorf("cut at %d: %q", cut, out.String())
		}
	}
	var out bytes.Buffer
	set := &Set{}
	set.Add([]string{"abcdef", "cdefghij", "fgh..."})
	w := NewWriter(&out, set)
	w.hold = time.Hour
	w.Write([]byte("abcdefg"))
	set.Add([]string{"another"})
	w.Write([]byte("hij and another"))
	w.Flush()
	if out.String() != "[redacted] and [redacted]" {
		t.Errorf("%q", out.String())
	}
}

// TestEndless: of a value that overlaps itself again and again nothing is kept
// but the end, and it is masked once.
func TestEndless(t *testing.T) {
	var out bytes.Buffer
	set := &Set{}
	set.Add([]string{"00000000"})
	w := NewWriter(&out, set)
	w.hold = time.Hour
	zeros := bytes.Repeat([]byte("0"), 1000)
	w.Write([]byte("<"))
	for range 1000 {
		w.Write(zeros)
		if len(w.text) >= 20 || cap(w.text) > 10*len(zeros) || out.String() != "<" {
			t.Fatalf("%d bytes are kept in %d, and %q passed on", len(w.text), cap(w.text), out.String())
		}
	}
	w.Write([]byte(">"))
	w.Write(zeros)
	w.Flush()
	w.Write(zeros)
	w.Flush()
	if out.String() != "<[redacted]>[redacted][redacted]" {
		t.Errorf("%q", out.String())
	}
}

type failing struct{ n int }

var errFull = errors.New("full")

func (f *failing) Write(p []byte) (int, error) {
	f.n++
	return 0, errFull
}

func TestWriteFails(t *testing.T) {
	f := &failing{}
	w := NewWriter(f, &Set{})
	for range 2 {
		if _, err := w.Write([]byte("x")); err != errFull {
			t.Error(err)
		}
	}
	if w.Flush() != errFull || f.n != 1 {
		t.Errorf("%d writes", f.n)
	}
}
