package sst

import "strings"

// A token of TypeScript is a name, number or keyword; a plain string, without
// its quotes; a sign, one byte each; or anything else, without its text.
type token struct {
	kind kind
	text string
}

type kind int

const (
	end kind = iota // of the text, or of what can be understood of it
	word
	quoted
	sign
	other
)

// A lexer splits TypeScript into tokens.
type lexer struct {
	text string
	pos  int
	last token

	// templates holds, for each template literal that the lexer is in, how many
	// braces are open in its current ${ }.
	templates []int
}

func (l *lexer) next() token {
	l.last = l.scan()
	return l.last
}

func (l *lexer) scan() token {
	if !l.skipBlanks() {
		return l.fail()
	}
	c := l.text[l.pos]
	switch {
	case c == '"' || c == '\'':
		return l.string(c)
	case c == '`':
		l.pos++
		return l.template()
	case c == '/' && l.startsRegexp():
		return l.regexp()
	case inWord(c):
		start := l.pos
		for l.pos < len(l.text) && inWord(l.text[l.pos]) {
			l.pos++
		}
		return token{word, l.text[start:l.pos]}
	}
	l.pos++
	if n := len(l.templates); n > 0 {
		switch {
		case c == '{':
			l.templates[n-1]++
		case c == '}' && l.templates[n-1] == 0:
			l.templates = l.templates[:n-1]
			return l.template()
		case c == '}':
			l.templates[n-1]--
		}
	}
	return token{sign, string(rune(c))}
}

// fail ends the text.
func (l *lexer) fail() token {
	l.pos = len(l.text)
	return token{}
}

// skipBlanks skips blanks and comments. It reports whether anything follows.
func (l *lexer) skipBlanks() bool {
	for l.pos < len(l.text) {
		rest := l.text[l.pos:]
		switch {
		case strings.IndexByte(" \t\r\n\v\f", rest[0]) >= 0:
			l.pos++
		case strings.HasPrefix(rest, "\ufeff"):
			l.pos += len("\ufeff")
		case strings.HasPrefix(rest, "//"):
			length := strings.IndexAny(rest, "\r\n")
			if length < 0 {
				return false
			}
			l.pos += length
		case strings.HasPrefix(rest, "/*"):
			length := strings.Index(rest[2:], "*/")
			if length < 0 {
				return false
			}
			l.pos += length + 4
		default:
			return true
		}
	}
	return false
}

// string reads one that begins and ends with quote. With an escape in it, it
// is no plain one.
func (l *lexer) string(quote byte) token {
	t := token{kind: quoted}
	start := l.pos + 1
	for i := start; i < len(l.text); i++ {
		switch l.text[i] {
		case '\\':
			t.kind = other
			i++
		case '\n', '\r':
			return l.fail()
		case quote:
			l.pos = i + 1
			if t.kind == quoted {
				t.text = l.text[start:i]
			}
			return t
		}
	}
	return l.fail()
}

// template reads text of a template literal, to its end or the next ${.
func (l *lexer) template() token {
	for ; l.pos < len(l.text); l.pos++ {
		switch rest := l.text[l.pos:]; {
		case rest[0] == '\\':
			l.pos++
		case rest[0] == '`':
			l.pos++
			return token{kind: other}
		case strings.HasPrefix(rest, "${"):
			l.pos += 2
			l.templates = append(l.templates, 0)
			return token{kind: other}
		}
	}
	return l.fail()
}

// startsRegexp reports whether a / begins a regular expression: after a value
// it divides.
func (l *lexer) startsRegexp() bool {
	switch l.last.kind {
	case word:
		return l.last.text == "return"
	case sign:
		return !strings.Contains(")]}", l.last.text)
	}
	return l.last.kind == end
}

func (l *lexer) regexp() token {
	inClass := false
	for i := l.pos + 1; i < len(l.text); i++ {
		switch l.text[i] {
		case '\\':
			i++
		case '[':
			inClass = true
		case ']':
			inClass = false
		case '\n', '\r':
			return l.fail()
		case '/':
			if !inClass {
				l.pos = i + 1
				return token{kind: other}
			}
		}
	}
	return l.fail()
}

func inWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '$' || c >= 0x80
}
