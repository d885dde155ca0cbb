package override

import "cuelang.org/go/cue/token"

// notAString says what stands in the place of a value. It looks at the kind of
// the token alone: the text may be a value that lost its quotes.
func (p *parser) notAString(name string) (message, hint string) {
	quote := `write it in double quotes: ` + name + `: "…"`
	switch p.tok {
	case token.STRING:
		return "the value is bytes, not a string", "write it in double quotes; a \\xNN in it as \\u00NN"
	case token.INTERPOLATION:
		return `the value holds an interpolation, \(…)`, `nothing is computed here: write \\( for a backslash and a parenthesis, or a raw string, #"…"#`
	case token.INT, token.FLOAT, token.SUB, token.ADD:
		return "the value is a number, not a string", quote
	case token.TRUE, token.FALSE:
		return "the value is a boolean, not a string", quote
	case token.NULL:
		return "the value is null, not a string", `leave the pair out, or write an empty string: ` + name + `: ""`
	case token.LBRACE:
		return "the value is a struct, not a string", "a value that is JSON goes into a raw string: " + name + `: #"{…}"#`
	case token.LBRACK:
		return "the value is a list, not a string", "a value that is JSON goes into a raw string: " + name + `: #"[…]"#`
	case token.IDENT:
		return "the value is a reference, not a string", quote
	case token.COMMA, token.EOF:
		return "the value is missing", `an empty one is written ` + name + `: ""`
	}
	return "the value is not a string", quote
}

// unreadable says in our words what the scanner means by format.
func unreadable(format string) (message, hint string) {
	const save = "save the file as UTF-8 text"
	switch format {
	case "string literal not terminated":
		return "the string that starts here never ends", `close it with the same quotes; over several lines it takes """`
	case "expected newline after multiline quote %s":
		return `the text of a string in """ starts on the next line`, `break the line after """`
	case "non-matching whitespace for multiline strings":
		return `a line of the string is indented less than the """ that close it`, `indent every line at least as far as the closing """`
	case "unknown escape sequence":
		return "the string holds an unknown escape", `write \\ for a backslash, or a raw string, #"…"#`
	case "octal escape not allowed in string literal", "hexadecimal escape not allowed in string literal",
		"illegal character %#U in escape sequence", "escape sequence not terminated", "escape sequence is invalid Unicode code point":
		return "the string holds a malformed escape", `characters are written \uNNNN or \UNNNNNNNN, a backslash \\`
	case "illegal character NUL":
		return "the file holds a NUL", save
	case "illegal UTF-8 encoding":
		return "the file is not UTF-8", save
	case "illegal byte order mark":
		return "the file holds a byte order mark in its midst", "remove it"
	}
	return "this cannot be read as CUE", pairHint
}
