package local

import (
	"encoding/json"
	"strings"
)

// A scanner reads JSON of a known shape from valid UTF-8: objects, strings,
// lists of them and small numbers. A document of 10,000 secrets takes it a tenth of the time that
// encoding/json takes, and every start waits for that. After a mistake, bad is
// set and the rest reads as nothing; what was wrong it does not say, for it
// would have to quote it.
type scanner struct {
	text string
	pos  int
	bad  bool
}

// next skips blanks and returns the byte after them, or 0.
func (s *scanner) next() byte {
	for ; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// accept skips c if it comes next.
func (s *scanner) accept(c byte) bool {
	if s.bad || s.next() != c || c == 0 {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) expect(c byte) {
	if !s.accept(c) {
		s.bad = true
	}
}

// end expects that nothing follows.
func (s *scanner) end() {
	if s.next(); s.pos < len(s.text) {
		s.bad = true
	}
}

// lines returns what follows, which must be whole lines, on lines of their own.
func (s *scanner) lines() string {
	rest, ok := strings.CutPrefix(s.text[s.pos:], "\n")
	if rest != "" && (!ok || rest[len(rest)-1] != '\n') {
		s.bad = true
	}
	return rest
}

// object calls field after each name, to read what follows it.
func (s *scanner) object(field func(name string)) {
	s.list('{', '}', func() {
		name := s.string()
		if s.expect(':'); !s.bad {
			field(name)
		}
	})
}

// list reads what stands between two brackets, with commas between.
func (s *scanner) list(open, shut byte, element func()) {
	s.expect(open)
	if s.accept(shut) {
		return
	}
	for !s.bad {
		element()
		if s.accept(shut) {
			return
		}
		s.expect(',')
	}
}

func (s *scanner) string() (value string) {
	s.expect('"')
	if s.bad {
		return ""
	}
	start := s.pos
	for i := start; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.pos = i + 1
			return s.text[start:i]
		case c == '\\':
			return s.escaped(start, i)
		case c < ' ':
			s.bad = true
			return ""
		}
	}
	s.bad = true
	return ""
}

// escaped reads a string with escapes, the first of them at i.
func (s *scanner) escaped(start, i int) (value string) {
	for ; i < len(s.text) && s.text[i] != '"'; i++ {
		if s.text[i] == '\\' {
			i++
		}
	}
	if i >= len(s.text) || json.Unmarshal([]byte(s.text[start-1:i+1]), &value) != nil {
		s.bad = true
		return ""
	}
	s.pos = i + 1
	return value
}

// strings reads a list of strings.
func (s *scanner) strings() (list []string) {
	s.list('[', ']', func() { list = append(list, s.string()) })
	return list
}

// isTrue reads the word true.
func (s *scanner) isTrue() {
	s.next()
	if !strings.HasPrefix(s.text[s.pos:], "true") {
		s.bad = true
		return
	}
	s.pos += len("true")
}

// number reads an integer from 1 to 999,999,999.
func (s *scanner) number() (n int) {
	s.next()
	start := s.pos
	for ; s.pos < len(s.text) && '0' <= s.text[s.pos] && s.text[s.pos] <= '9'; s.pos++ {
		if n = n*10 + int(s.text[s.pos]-'0'); n == 0 || n > 999_999_999 {
			s.bad = true
			return 0
		}
	}
	if s.pos == start {
		s.bad = true
	}
	return n
}

func comma(buf []byte, i int) []byte {
	if i > 0 {
		buf = append(buf, ',')
	}
	return buf
}

// appendStrings adds the list as a JSON array of strings.
func appendStrings(buf []byte, list []string) []byte {
	buf = append(buf, '[')
	for i, value := range list {
		buf = appendString(comma(buf, i), value)
	}
	return append(buf, ']')
}

// appendString adds value as a JSON string. It must be valid UTF-8.
func appendString(buf []byte, value string) []byte {
	if !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }) {
		buf = append(buf, '"')
		buf = append(buf, value...)
		return append(buf, '"')
	}
	quoted, _ := json.Marshal(value) // of a string, which cannot fail
	return append(buf, quoted...)
}
