package mask

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// A model does what a Writer does in the plainest way: it keeps all of the text
// and looks at every place of it for every pattern, each time anew.
type model struct {
	patterns []string
	text     string
	passed   int
	out      strings.Builder
}

func (m *model) write(p string) {
	m.text += p
	end := len(m.text)
	// The longest end of the text that a pattern begins with and goes beyond.
	for from := range len(m.text) { // each byte: a pattern need not begin where a letter does
		if m.begins(m.text[from:]) {
			end = from
			break
		}
	}
	end = max(end, m.passed)
	for _, s := range m.spans() {
		if s.to > end {
			end = min(end, s.from)
		}
	}
	m.pass(end)
}

func (m *model) begins(rest string) bool {
	for _, p := range m.patterns {
		if len(p) > len(rest) && strings.HasPrefix(p, rest) {
			return true
		}
	}
	return false
}

func (m *model) flush() { m.pass(len(m.text)) }

// spans returns what is masked of the text that was not passed on.
func (m *model) spans() []span {
	cover := make([]bool, len(m.text)) // is a byte masked
	joins := make([]bool, len(m.text)) // and by a pattern that masks the one before too
	for _, p := range m.patterns {
		for from := 0; from+len(p) <= len(m.text); from++ {
			if m.text[from:from+len(p)] != p {
				continue
			}
			for i := max(from, m.passed); i < from+len(p); i++ {
				cover[i] = true
				joins[i] = joins[i] || i > max(from, m.passed)
			}
		}
	}
	var spans []span
	for i := range cover {
		switch {
		case !cover[i]:
		case joins[i]:
			spans[len(spans)-1].to = i + 1
		default:
			spans = append(spans, span{i, i + 1})
		}
	}
	return spans
}

func (m *model) pass(end int) {
	for _, s := range m.spans() {
		if s.to <= end {
			m.out.WriteString(m.text[m.passed:s.from] + redacted)
			m.passed = s.to
		}
	}
	m.out.WriteString(m.text[m.passed:end])
	m.passed = end
}

// compare feeds text to a Writer and a model, cut and flushed as cuts says.
func compare(t *testing.T, patterns []string, text string, cuts []byte) {
	t.Helper()
	patterns = long(patterns)
	set := &Set{}
	set.automaton.Store(newAutomaton(patterns))
	var got bytes.Buffer
	w := NewWriter(&got, set)
	w.hold = time.Hour // as in the model, nothing but flush passes on what is held back
	m := &model{patterns: patterns}
	at := func() {
		if got.String() != m.out.String() {
			t.Fatalf("patterns %q, text %q, cuts %v:\ngot  %q\nwant %q", patterns, m.text, cuts, got.String(), m.out.String())
		}
		if len(w.text) > longest(patterns) {
			t.Fatalf("patterns %q, text %q, cuts %v: %d bytes are kept", patterns, m.text, cuts, len(w.text))
		}
	}
	for _, c := range cuts {
		n := min(int(c>>1), len(text))
		w.Write([]byte(text[:n]))
		m.write(text[:n])
		text = text[n:]
		at()
		if c&1 == 1 {
			w.Flush()
			m.flush()
			at()
		}
	}
	w.Write([]byte(text))
	m.write(text)
	at()
	w.Flush()
	m.flush()
	at()
}

// long drops the patterns that are too short.
func long(patterns []string) (all []string) {
	for _, p := range patterns {
		if len(p) >= MinLength {
			all = append(all, p)
		}
	}
	return all
}

func longest(patterns []string) (n int) {
	for _, p := range patterns {
		n = max(n, len(p))
	}
	return n
}

// FuzzWriter holds a Writer against the model, for patterns of any bytes.
func FuzzWriter(f *testing.F) {
	f.Add("secret", "my secret is a secret", []byte{9, 4, 7})
	f.Add("secret\x00secretary", "a secretary's secretary", []byte{8, 8, 1, 6})
	f.Add("aaaaaa\x00aaaaaaaab\x00abaaaaaa", "aaaaaaaaaaaabaaaaaabaaaaaaaaaab", []byte{3, 3, 5, 2, 40})
	f.Add("abcdef\x00cdefgh\x00ghijkl\x00efghijkl", "abcdefghijklabcdefghijkl", []byte{4, 2, 2, 2, 9})
	f.Add("\x8000000", "\u0740", []byte{48})
	f.Fuzz(func(t *testing.T, patterns, text string, cuts []byte) {
		if len(text) > 200 || len(patterns) > 200 || len(cuts) > 60 {
			t.Skip("too long for the model")
		}
		compare(t, strings.Split(patterns, "\x00"), text, cuts)
	})
}

// TestWriterAgainstModel is the fuzz test for texts that are full of patterns.
func TestWriterAgainstModel(t *testing.T) {
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 1))
		word := func(n, letters int) string {
			b := make([]byte, n)
			for i := range b {
				b[i] = 'a' + byte(r.IntN(letters))
			}
			return string(b)
		}
		letters := 1 + r.IntN(3)
		var patterns []string
		for range 1 + r.IntN(6) {
			patterns = append(patterns, word(MinLength+r.IntN(10), letters))
		}
		text := word(r.IntN(30), letters)
		for range r.IntN(12) {
			p := patterns[r.IntN(len(patterns))]
			text += p[:r.IntN(len(p)+1)] + word(r.IntN(4), letters+1)
		}
		cuts := make([]byte, r.IntN(40))
		for i := range cuts {
			cuts[i] = byte(r.IntN(24))
			if seed%2 == 0 {
				cuts[i] &^= 1
			}
		}
		compare(t, patterns, text, cuts)
	}
}
