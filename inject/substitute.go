package inject

import (
	"strconv"
	"strings"

	"github.com/a8m/envsubst/parse"
)

// A substitution puts one value together. Literal text and the values of
// references are added in order; envsubst then fills the references in. It gets
// to see neither names nor texts of a file, only a template like "a${V1}b$$"
// and an environment of V1, V2, …: so nothing it reads can surprise it.
type substitution struct {
	segments []segment
	tokens   int // what envsubst's lexer will make of the segments, about
	done     []byte
	size     int // bytes added
}

type segment struct {
	text      string
	reference bool
}

// maxTokens bounds one call of envsubst: it looks its environment up linearly
// and copies everything before a token once more for each.
const maxTokens = 32

func (s *substitution) literal(text string) error {
	// A text of many dollars goes piece by piece.
	for i, dollars := 0, 0; i < len(text); i++ {
		if text[i] != '$' {
			continue
		}
		if dollars++; dollars == maxTokens/2 {
			if err := s.add(segment{text: text[:i]}, dollars); err != nil {
				return err
			}
			text, i, dollars = text[i:], 0, 0
		}
	}
	return s.add(segment{text: text}, 1+strings.Count(text, "$"))
}

func (s *substitution) value(text string) error { return s.add(segment{text, true}, 1) }

func (s *substitution) add(seg segment, tokens int) error {
	if s.tokens+tokens > maxTokens {
		if err := s.flush(); err != nil {
			return err
		}
	}
	s.segments = append(s.segments, seg)
	s.tokens += tokens
	s.size += len(seg.text)
	return nil
}

// result returns the whole value.
func (s *substitution) result() (string, error) {
	err := s.flush()
	return string(s.done), err
}

// flush has the segments put together and appends what comes out.
func (s *substitution) flush() error {
	var template strings.Builder
	var env []string
	for _, seg := range s.segments {
		if seg.reference {
			name := "V" + strconv.Itoa(len(env)+1)
			env = append(env, name+"="+seg.text)
			template.WriteString("${" + name + "}")
		} else {
			template.WriteString(strings.ReplaceAll(seg.text, "$", "$$"))
		}
	}
	if len(env) == 0 {
		for _, seg := range s.segments {
			s.done = append(s.done, seg.text...)
		}
	} else {
		text, err := parse.New("", env, parse.Relaxed).Parse(template.String())
		if err != nil {
			return err
		}
		s.done = append(s.done, text...)
	}
	s.segments, s.tokens = s.segments[:0], 0
	return nil
}
