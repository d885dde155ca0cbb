package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/aside-cli/aside/sources"
)

// A document is the YAML document of a file, and its text for positions.
type document struct {
	lines []string
	root  *yaml.Node // nil if the file is empty
}

// newDocument parses text, which holds at most one document, in UTF-8, with any
// line ending and perhaps a byte order mark.
func newDocument(text []byte) (*document, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	d := &document{lines: strings.Split(string(text), "\n")}
	for i, line := range d.lines {
		if !utf8.ValidString(line) {
			return nil, Pos{Line: i + 1}.wrap(sources.Hint(errors.New("not valid UTF-8"), "save the file as UTF-8"))
		}
	}
	r := &lineReader{rest: text}
	nodes, err := documents(r)
	switch {
	case err != nil:
		return nil, syntaxError(text, r.ends, err)
	case len(nodes) > 1:
		return nil, d.pos(nodes[1]).wrap(errors.New("a second document: the file may hold one"))
	case len(nodes) == 1:
		d.root = nodes[0].Content[0]
	}
	return d, nil
}

// documents parses every document that r holds.
func documents(r io.Reader) (nodes []*yaml.Node, err error) {
	for dec := yaml.NewDecoder(r); ; {
		n := new(yaml.Node)
		if err := dec.Decode(n); err == io.EOF {
			return nodes, nil
		} else if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
}

// pos returns where n starts. The library counts characters, a Pos bytes.
func (d *document) pos(n *yaml.Node) Pos {
	p := Pos{n.Line, n.Column}
	if n.Line > len(d.lines) {
		return p
	}
	chars := 0
	for i := range d.lines[n.Line-1] {
		if chars++; chars == n.Column {
			p.Column = i + 1
		}
	}
	return p
}

// syntaxError says in which line text is not YAML. The library had read the
// given number of line ends when it failed with err.
func syntaxError(text []byte, read int, err error) error {
	problem := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.HasPrefix(problem, "line ") {
		_, problem, _ = strings.Cut(problem, ": ")
	}
	err = fmt.Errorf("not valid YAML: %s", problem)
	for _, h := range []struct{ problem, hint string }{
		{"mapping values are not allowed", `check the indentation; a value with ": " in it goes in quotes`},
		{"did not find expected key", "check the indentation"},
		{"expected ':'", "a line is written as key: value"},
		{"expected ',' or", "close the bracket that is opened here"},
		{"unexpected end of stream", "close the quote that is opened here"},
		{"cannot start any token", "indent with spaces, not tabs; a value that starts with @, ` or % goes in quotes"},
		{"tab character", "indent with spaces, not tabs"},
		{"unknown escape", `put the value in single quotes, in which \ is no escape`},
	} {
		if strings.Contains(problem, h.problem) {
			err = sources.Hint(err, h.hint)
			break
		}
	}
	return Pos{Line: badLine(text, read)}.wrap(err)
}

// badLine returns the line from which on no beginning of text is YAML: the one
// that opens what is never closed, or that stands where it may not. The
// library's own line numbers are one too low, missing, or those of the block
// around, depending on the error.
func badLine(text []byte, read int) int {
	ends := []int{0}
	for line := range bytes.Lines(text) {
		ends = append(ends, ends[len(ends)-1]+len(line))
	}
	// What is never closed may have been opened long ago; a second of search
	// is enough.
	budget := 8 << 20
	last := min(read+1, len(ends)-1)
	for n := last; n > 0 && budget > 0; n-- {
		before := text[:ends[n-1]]
		if _, err := documents(bytes.NewReader(before)); err == nil {
			return n
		}
		budget -= len(before)
	}
	return last
}

// A lineReader gives out at most a line at a time, and counts their ends.
type lineReader struct {
	rest []byte
	ends int
}

func (r *lineReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.rest)
	if i := bytes.IndexByte(r.rest[:n], '\n'); i >= 0 {
		n = i + 1
		r.ends++
	}
	r.rest = r.rest[n:]
	return n, nil
}
