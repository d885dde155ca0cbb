package override

import (
	"bytes"
	"fmt"
	"strings"

	"cuelang.org/go/cue/scanner"
	"cuelang.org/go/cue/token"

	"github.com/aside-cli/aside/sources"
)

// parse reads src, the content of the file.
func parse(src []byte) ([]sources.Value, error) {
	src = bytes.TrimPrefix(src, []byte("\ufeff")) // columns count without the BOM
	// The scanner takes the CR of an empty line in a string for its indentation.
	src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
	p := &parser{src: src, file: token.NewFile(Name, -1, len(src)), defined: map[string]int{}}
	p.file.SetLinesForContent(src)
	p.scanner.Init(p.file, src, p.complain, scanner.ScanComments)
	var values []sources.Value
	if err := p.next(""); err != nil {
		return nil, err
	}
	for p.tok != token.EOF {
		v, err := p.pair()
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

type parser struct {
	src       []byte
	file      *token.File
	scanner   scanner.Scanner
	pos       token.Pos
	tok       token.Token
	lit       string
	complaint *complaint     // the scanner's first
	defined   map[string]int // name → line
}

type complaint struct {
	pos    token.Pos
	format string
}

// complain is told what the scanner cannot read. The arguments of the format may
// be pieces of a value.
func (p *parser) complain(pos token.Pos, format string, _ []any) {
	if p.complaint == nil {
		p.complaint = &complaint{pos, format}
	}
}

// next reads one token that is no comment. It belongs to the value of key or,
// with "", to none.
func (p *parser) next(key string) error {
	for p.tok = token.COMMENT; p.tok == token.COMMENT; {
		// An attribute the scanner would read to its end, in quadratic time where
		// attributes are nested.
		rest := bytes.TrimLeft(p.src[p.scanner.Offset():], " \t\r\n")
		if bytes.HasPrefix(rest, []byte("@")) {
			p.pos, p.tok = p.file.Pos(len(p.src)-len(rest), 0), token.ATTRIBUTE
			return nil
		}
		p.pos, p.tok, p.lit = p.scanner.Scan()
		if c := p.complaint; c != nil {
			message, hint := unreadable(c.format)
			return fail(c.pos, key, message, hint)
		}
	}
	return nil
}

// fail returns an error about what is at pos. Key is "" where it is not certain
// that the text is a name.
func fail(pos token.Pos, key, message, hint string) error {
	if key != "" {
		message = key + ": " + message
	}
	at := pos.Position()
	return sources.Hint(fmt.Errorf("%s:%d:%d: %s", Name, at.Line, at.Column, message), hint)
}

// pair reads NAME: "value" and the comma behind it, which the scanner puts
// where a line ends.
func (p *parser) pair() (sources.Value, error) {
	at := p.pos.Position()
	name, err := p.name()
	if err != nil {
		return sources.Value{}, err
	}
	secret, err := p.value(name)
	if err != nil {
		return sources.Value{}, err
	}
	if err := p.end(name); err != nil {
		return sources.Value{}, err
	}
	return sources.Value{
		Name:   name,
		Secret: secret,
		Origin: sources.Origin{Layer: sources.Override, Source: Name, Line: at.Line, Column: at.Column},
	}, nil
}

// name reads a name and its colon.
func (p *parser) name() (string, error) {
	pos, name := p.pos, p.lit
	switch {
	case p.tok == token.STRING:
		// Every other kind of string keeps something that no name may hold.
		name = strings.TrimSuffix(strings.TrimPrefix(name, `"`), `"`)
	case p.tok == token.IDENT && (name[0] == '_' || name[0] == '#'):
		return "", fail(pos, "", "without quotes, a name with _ or # in front is a hidden field or a definition in CUE", `put the name in quotes: "_NAME": "value"`)
	case p.tok != token.IDENT && !p.tok.IsKeyword():
		return "", fail(pos, "", "this is no pair of a name and a value", pairHint)
	}
	if err := p.next(""); err != nil {
		return "", err
	}
	switch p.tok {
	case token.COLON:
	case token.BIND:
		return "", fail(p.pos, "", "a colon stands between name and value, no =", pairHint)
	case token.OPTION, token.NOT:
		return "", fail(p.pos, "", "a value cannot be optional or required", pairHint)
	default:
		return "", fail(pos, "", "this is no pair of a name and a value: imports, packages and expressions are not supported", pairHint)
	}
	if sources.CheckName(name) != nil { // its error holds what was written as a name
		return "", fail(pos, "", "the name cannot be that of a variable", "a name starts with a letter or _, then come letters, digits and _, 256 at most")
	}
	if line := p.defined[name]; line > 0 {
		return "", fail(pos, name, fmt.Sprintf("duplicate of line %d", line), "remove one of the two")
	}
	p.defined[name] = pos.Position().Line
	return name, nil
}

const pairHint = `the file holds pairs and comments alone: NAME: "value"`

// value reads the value of name.
func (p *parser) value(name string) (sources.Secret, error) {
	if err := p.next(name); err != nil {
		return sources.Secret{}, err
	}
	if p.tok != token.STRING || strings.TrimLeft(p.lit, "#")[0] == '\'' {
		message, hint := p.notAString(name)
		return sources.Secret{}, fail(p.pos, name, message, hint)
	}
	text, err := unquote(p.lit)
	if err != nil {
		return sources.Secret{}, fail(p.pos, name, err.Error(), sources.HintOf(err))
	}
	secret := sources.NewSecret(text)
	if err := sources.CheckValue("the value", secret); err != nil {
		return sources.Secret{}, fail(p.pos, name, err.Error(), sources.HintOf(err))
	}
	return secret, nil
}

// end reads what separates the value of name from the next pair.
func (p *parser) end(name string) error {
	if err := p.next(""); err != nil {
		return err
	}
	switch p.tok {
	case token.EOF:
		return nil
	case token.COMMA:
		return p.next("")
	}
	return fail(p.pos, name, "only a comma, a comment or a new line may follow the value", "nothing is computed here: write the value as one string")
}
