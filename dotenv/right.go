package dotenv

import (
	"fmt"
	"strings"
)

// right reads what stands to the right of the = of key, up to the end of its last line.
func (p *parser) right(key string) (Value, error) {
	p.pos += blanks(p.text[p.pos:])
	open := p.pos
	switch quote := p.at(open); quote {
	case '"', '\'', '`':
		shut := p.closing(quote)
		if shut < 0 && quote == '`' {
			break // a lone one is text
		}
		if shut < 0 {
			return Value{}, p.fail(open, key, fmt.Sprintf("the quote %c that opens here is never closed", quote),
				`close it; in double quotes \" is a quote, and a backslash at the end is \\`)
		}
		if !p.atLineEnd(shut + 1) {
			line, _ := p.position(open)
			return Value{}, p.fail(shut+1, key, fmt.Sprintf("text after the quote %c that closes the one opened on line %d", quote, line),
				"close every quote once; a comment needs a blank before its #")
		}
		p.pos = shut + 1
		p.pos = p.lineEnd()
		if quote == '\'' {
			return p.literal(p.text[open+1 : shut]), nil
		}
		return p.cut(key, open+1, shut, quote == '"')
	}
	p.pos = p.lineEnd()
	shut, glued := p.unquotedEnd(open, p.pos)
	if glued {
		p.warn(open, key, "a # without a blank before it is part of the value: quote the value to make that plain")
	}
	return p.cut(key, open, shut, false)
}

// closing returns where the quote that opens at pos is closed, or -1.
func (p *parser) closing(quote byte) int {
	for i := p.pos + 1; ; i++ {
		n := strings.IndexByte(p.text[i:], quote)
		if n < 0 {
			return -1
		}
		if quote == '"' {
			if n = unescaped(p.text[i:], n); n < 0 {
				return -1
			}
			return i + n
		}
		i += n
		if p.text[i-1] != '\\' || p.endsValue(i, quote) {
			return i
		}
	}
}

// unescaped returns the place of the first double quote of s that no backslash
// escapes, or -1. The first quote of all stands at first.
func unescaped(s string, first int) int {
	i := strings.IndexByte(s[:first], '\\')
	if i < 0 {
		return first
	}
	for i < len(s) {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
		i++
	}
	return -1
}

// endsValue reports whether the quote at i, which follows a backslash, closes
// nevertheless: where its line has neither text nor another quote after it, as
// in 'C:\'.
func (p *parser) endsValue(i int, quote byte) bool {
	if !p.atLineEnd(i + 1) {
		return false
	}
	rest := p.text[i+1:]
	next := strings.IndexByte(rest, quote)
	return next < 0 || strings.IndexByte(rest[:next], '\n') >= 0
}

// unquotedEnd returns where the unquoted value in text[start:stop], a line's
// rest, ends, and whether it holds a # that starts no comment.
func (p *parser) unquotedEnd(start, stop int) (end int, glued bool) {
	for i := start; i < stop; i++ {
		n := strings.IndexByte(p.text[i:stop], '#')
		if n < 0 {
			break
		}
		i += n
		if endsBlank(p.text[:i]) {
			stop = i
			break
		}
		glued = true
	}
	for stop > start && endsBlank(p.text[:stop]) {
		stop--
		for stop > start && p.text[stop]&0xC0 == 0x80 { // the bytes of a wider blank
			stop--
		}
	}
	return stop, glued
}
