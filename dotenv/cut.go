package dotenv

import (
	"fmt"
	"slices"
	"strings"
)

// maxNesting limits how deep the words of references nest.
const maxNesting = 100

// cut turns text[start:stop], the raw value of key, into a Value. double says
// that it stood in double quotes, with their escapes; else only \$ is one.
func (p *parser) cut(key string, start, stop int, double bool) (Value, error) {
	raw := p.text[start:stop]
	if strings.IndexByte(raw, '$') < 0 && !(double && strings.IndexByte(raw, '\\') >= 0) {
		return p.literal(raw), nil
	}
	if cryptHash(raw) {
		return Value{}, p.fail(start, key, "the value looks like a password hash, and its $ would be taken for references",
			"put it in single quotes")
	}
	c := cutter{parser: p, key: key, cur: start, stop: stop, double: double}
	parts, err := c.split(0)
	if err != nil {
		return Value{}, err
	}
	if len(parts) == 0 {
		return p.literal(""), nil
	}
	if _, ok := parts[0].Ref(); !ok && len(parts) == 1 {
		return p.literal(parts[0].Text()), nil
	}
	return Value{p.values.hide(value{parts: parts})}, nil
}

// A cutter splits one value into literals and references and undoes escapes,
// all in one pass from left to right.
type cutter struct {
	*parser
	key       string
	cur, stop int
	double    bool
}

// next returns the byte at cur+i, or end behind the value.
func (c *cutter) next(i int) byte {
	if c.cur+i < c.stop {
		return c.text[c.cur+i]
	}
	return end
}

// split cuts up to the end of the value or, at a depth above 0, up to the }
// that closes the word; plain braces within a word count as pairs.
func (c *cutter) split(depth int) ([]Part, error) {
	bottom := len(c.stack) // what lies below belongs to the words around this one
	from := c.cur          // from here to cur is literal text that is not in buf yet
	push := func(v part) { c.stack = append(c.stack, Part{c.parts.hide(v)}) }
	flush := func() {
		text := c.text[from:c.cur]
		if len(c.buf) > 0 {
			c.buf = append(c.buf, text...)
			text = string(c.buf)
			c.buf = c.buf[:0]
		}
		if text != "" {
			push(part{text: text})
		}
	}
	braces := 0
scan:
	for c.cur < c.stop {
		switch c.text[c.cur] {
		case '\\':
			if b, ok := c.escape(c.next(1)); ok {
				c.buf = append(c.buf, c.text[from:c.cur]...)
				c.buf = append(c.buf, b)
				c.cur += 2
				from = c.cur
				continue
			}
		case '$':
			if c.next(1) == '$' {
				c.cur += 2
				continue
			}
			if refStart(c.next(1)) || c.next(1) == '{' && refStart(c.next(2)) {
				flush()
				r, err := c.reference(depth)
				if err != nil {
					return nil, err
				}
				push(part{ref: r})
				from = c.cur
				continue
			}
		case '{':
			braces++
		case '}':
			if depth > 0 && braces == 0 {
				break scan
			}
			braces--
		}
		c.cur++
	}
	flush()
	parts := slices.Clone(c.stack[bottom:])
	c.stack = c.stack[:bottom]
	return parts, nil
}

// escape returns what a backslash and b stand for, and false if they are no escape.
func (c *cutter) escape(b byte) (byte, bool) {
	switch {
	case b == '$':
		return b, true
	case !c.double:
		return 0, false
	}
	switch b {
	case '"', '\\':
		return b, true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	}
	return 0, false
}

// reference reads a reference, whose $ is at cur, with its closing brace.
func (c *cutter) reference(depth int) (Ref, error) {
	start := c.cur
	var r ref
	r.line, r.column = c.position(start)
	c.cur++
	braced := c.next(0) == '{'
	if braced {
		c.cur++
	}
	from := c.cur
	for refByte(c.next(0)) {
		c.cur++
	}
	r.name = c.text[from:c.cur]
	if !braced {
		return Ref{c.refs.hide(r)}, nil
	}
	if c.next(0) == '}' {
		c.cur++
		return Ref{c.refs.hide(r)}, nil
	}
	unclosed := func() error {
		return c.fail(start, c.key, "no closing } for the ${ here", `close it, or write \${ for the plain text`)
	}
	if c.next(0) == end {
		return Ref{}, unclosed()
	}
	var size int
	if r.op, size = operator(c.text[c.cur:c.stop]); size == 0 {
		if strings.IndexByte(c.text[c.cur:c.stop], '}') < 0 {
			return Ref{}, unclosed()
		}
		return Ref{}, c.fail(start, c.key, "what follows the name in ${…} is not supported",
			`supported are ${NAME}, :- - :+ + :? ? := and =; write \${ for the plain text`)
	}
	c.cur += size
	if depth == maxNesting {
		return Ref{}, c.fail(start, c.key, fmt.Sprintf("references are nested more than %d deep", maxNesting),
			"give the inner ones a name of their own")
	}
	var err error
	if r.word, err = c.split(depth + 1); err != nil {
		return Ref{}, err
	}
	if c.next(0) != '}' {
		return Ref{}, unclosed()
	}
	c.cur++
	return Ref{c.refs.hide(r)}, nil
}

// operator returns the operator that s starts with and its length, or 0.
// Nothing is ever assigned, so = means the same as -.
func operator(s string) (op string, size int) {
	colon := ""
	if strings.HasPrefix(s, ":") {
		colon = ":"
	}
	if len(s) == len(colon) {
		return "", 0
	}
	switch b := s[len(colon)]; b {
	case '-', '+', '?':
		return s[:len(colon)+1], len(colon) + 1
	case '=':
		return colon + "-", len(colon) + 1
	}
	return "", 0
}

// cryptHash reports whether raw starts like a password in the form of crypt(3).
// Ids that are also likely to be meant as references or amounts, as in $y$x and
// $1$2, count only with a salt and a hash after them.
func cryptHash(raw string) bool {
	if raw[0] != '$' {
		return false
	}
	id, rest, ok := strings.Cut(raw[1:], "$")
	if !ok {
		return false
	}
	switch id {
	case "2", "2a", "2b", "2x", "2y", "6", "apr1", "argon2i", "argon2d", "argon2id":
		return true
	case "y", "gy", "7":
		return strings.Contains(rest, "$")
	case "1", "5", "md5", "sha1", "scrypt", "bcrypt-sha256":
		return strings.Contains(rest, "$") && len(raw) >= 30
	}
	return strings.HasPrefix(id, "pbkdf2")
}
