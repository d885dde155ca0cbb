package sst

import (
	"io"
	"os"
)

// maxConfigFile limits what is read of a sst.config.ts, in bytes.
const maxConfigFile = 1 << 20

// FromConfigFile returns the app's name and home that the sst.config.ts at path
// says. It is only read, never run: both must be plain strings in
//
//	export default $config({
//	  app(input) {
//	    return {
//	      name: "my-app",
//	      home: "aws",
//	    };
//	  },
//	});
//
// Where one of them is computed, or app does anything but return an object, or
// the file cannot be read, ok is false.
func FromConfigFile(path string) (name, home string, ok bool) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", false
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConfigFile+1))
	if err != nil || len(text) > maxConfigFile {
		return "", "", false
	}
	return parseConfig(string(text))
}

func parseConfig(text string) (name, home string, ok bool) {
	p := &parser{lexer: lexer{text: text}}
	for p.next(); p.token.kind != end; p.next() {
		if p.is("$config") && p.follow("(", "{") {
			if p.appMethod() && p.returned(&name, &home) && isApp(name) && home != "" {
				return name, home, true
			}
			break
		}
	}
	return "", "", false
}

// A parser understands of TypeScript what FromConfigFile documents.
type parser struct {
	lexer
	token token // the current one
}

func (p *parser) next() { p.token = p.lexer.next() }

// is reports whether the current token is this name or sign.
func (p *parser) is(text string) bool { return p.token.kind != quoted && p.token.text == text }

// follow reports whether these are the next tokens, and skips them.
func (p *parser) follow(texts ...string) bool {
	for _, text := range texts {
		if p.next(); !p.is(text) {
			return false
		}
	}
	return true
}

// appMethod skips to the body of the method app in an object whose { is the
// current token. Then the body's { is.
func (p *parser) appMethod() bool {
	p.next()
	for p.token.kind != end && !p.is("}") {
		if p.is("async") {
			p.next()
		}
		if !p.is("app") {
			p.skipMember()
			continue
		}
		if p.next(); !p.is("(") || !p.skipBrackets() {
			return false
		}
		p.next()
		return p.is("{")
	}
	return false
}

// returned reads the body of app, whose { is the current token. It reports
// whether name and home have no other values than those set then.
func (p *parser) returned(name, home *string) bool {
	if !p.follow("return", "{") {
		return false
	}
	for p.next(); !p.is("}"); {
		key := p.token
		if key.kind != word && key.kind != quoted {
			return false // computed or spread: it may stand for any name
		}
		p.next()
		var value *string
		switch key.text {
		case "name":
			value = name
		case "home":
			value = home
		}
		switch {
		case value == nil && (p.is(":") || p.is(",") || p.is("}")):
			p.skipMember()
			continue
		case !p.is(":"):
			return false
		}
		if p.next(); p.token.kind != quoted {
			return false
		}
		*value = p.token.text
		if p.next(); p.is(",") {
			p.next()
		} else if !p.is("}") {
			return false // the string was only part of the value
		}
	}
	if p.next(); p.is(";") {
		p.next()
	}
	return p.is("}")
}

// skipMember skips the rest of an object's member, and the comma after it.
func (p *parser) skipMember() {
	for p.token.kind != end && !p.is("}") {
		if p.is(",") {
			p.next()
			return
		}
		p.skipBrackets()
		p.next()
	}
}

// skipBrackets skips to the bracket that closes the current token, if that is
// one. It reports whether there is one.
func (p *parser) skipBrackets() bool {
	depth := 0
	for {
		switch {
		case p.token.kind == end:
			return false
		case p.is("("), p.is("["), p.is("{"):
			depth++
		case p.is(")"), p.is("]"), p.is("}"):
			depth--
		}
		if depth <= 0 {
			return true
		}
		p.next()
	}
}
