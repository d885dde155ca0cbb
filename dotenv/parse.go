package dotenv

import "strings"

// Parse reads the text of a .env file; file is its name in positions and
// messages. Its error is a [*SyntaxError], the first of the file. The entries
// share memory with one copy of src.
func Parse(file string, src []byte) (*File, error) {
	p := &parser{file: file, text: normalise(src), line: 1}
	if i := strings.IndexByte(p.text, 0); i >= 0 {
		return nil, p.fail(i, "", "a NUL byte: this is no text in UTF-8", "save the file as UTF-8")
	}
	// As many as there are lines, if these have the length that is usual.
	p.out.Entries = make([]Entry, 0, min(len(src)/32, strings.Count(p.text, "\n"))+1)
	p.values.free = make([]cell[value], 0, cap(p.out.Entries))
	for p.pos < len(p.text) {
		p.pos += blanks(p.text[p.pos:])
		switch p.at(p.pos) {
		case end:
		case '\n':
			p.pos++
		case '#':
			p.pos = p.lineEnd()
		default:
			if err := p.assignment(); err != nil {
				return nil, err
			}
		}
	}
	return &p.out, nil
}

type parser struct {
	file string
	text string // without a BOM and CRs
	pos  int
	out  File

	values chunk[value]
	parts  chunk[part]
	refs   chunk[ref]
	buf    []byte // text and parts of the value that is being cut
	stack  []Part

	// The line that offset mark is on, and where it starts; see position.
	mark, line, lineStart int
}

// end is what at returns behind the text, which holds no NUL itself.
const end = 0

func (p *parser) at(i int) byte {
	if i < len(p.text) {
		return p.text[i]
	}
	return end
}

// lineEnd returns where the line that pos is on ends, before its newline.
func (p *parser) lineEnd() int {
	if i := strings.IndexByte(p.text[p.pos:], '\n'); i >= 0 {
		return p.pos + i
	}
	return len(p.text)
}

// position turns an offset into line and column. It counts on from the offset
// before, so that asking for one place after the other stays linear.
func (p *parser) position(offset int) (line, column int) {
	if offset < p.mark {
		p.mark, p.line, p.lineStart = 0, 1, 0
	}
	for p.mark < offset {
		i := strings.IndexByte(p.text[p.mark:offset], '\n')
		if i < 0 {
			p.mark = offset
			break
		}
		p.line++
		p.mark += i + 1
		p.lineStart = p.mark
	}
	return p.line, offset - p.lineStart + 1
}

func (p *parser) fail(offset int, key, message, hint string) error {
	line, column := p.position(offset)
	return &SyntaxError{p.file, line, column, key, message, hint}
}

func (p *parser) warn(offset int, key, message string) {
	line, column := p.position(offset)
	p.out.Warnings = append(p.out.Warnings, Warning{p.file, line, column, key, message})
}

// assignment reads one line that is neither empty nor a comment, and the lines
// after it that its quotes span. It stops before the newline.
func (p *parser) assignment() error {
	start := p.pos
	name := p.name()
	exported := false
	if name == "export" {
		// A prefix where another name follows, else a name like any other.
		if gap := blanks(p.text[p.pos:]); gap > 0 && nameByte(p.at(p.pos+gap)) {
			exported = true
			p.pos += gap
			start = p.pos
			name = p.name()
		}
	}
	after := p.pos
	p.pos += blanks(p.text[p.pos:])
	c := p.at(p.pos)
	switch {
	case name != "" && c == '=':
		p.pos++
	case name != "" && c == ':' && p.pos == after && blanks(p.text[p.pos+1:]) > 0:
		p.pos++
	case name != "" && p.atLineEnd(after):
		if !exported {
			name = "" // it may as well be a line of a key that lacks its quotes
		}
		p.warn(start, name, "a name without a value is skipped: NAME= sets the empty value")
		p.pos = p.lineEnd()
		return nil
	default:
		return p.fail(start, "", "not an assignment", assignmentHint(p.text[start:p.lineEnd()]))
	}

	line, column := p.position(start)
	val, err := p.right(name)
	if err != nil {
		return err
	}
	p.out.Entries = append(p.out.Entries, Entry{name, val, p.file, line, column})
	return nil
}

func (p *parser) name() string {
	rest := p.text[p.pos:]
	n := 0
	for n < len(rest) && nameByte(rest[n]) {
		n++
	}
	p.pos += n
	return rest[:n]
}

// atLineEnd reports whether nothing but blanks and a comment stand between
// offset i, where a value or a name ends, and the end of the line.
func (p *parser) atLineEnd(i int) bool {
	gap := blanks(p.text[i:])
	switch p.at(i + gap) {
	case end, '\n':
		return true
	case '#':
		return gap > 0
	}
	return false
}

// literal returns text as a Value.
func (p *parser) literal(text string) Value { return Value{p.values.hide(value{literal: text})} }
