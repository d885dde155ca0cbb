// Package dotenv reads and prints .env files.
//
// [Parse] cuts a file into entries and their values into literal text and
// references, and undoes escapes in the same pass. It looks nothing up: what a
// reference stands for is decided by whoever knows all the definitions.
// [Append] prints an assignment that Parse reads back byte for byte.
package dotenv

import "strconv"

// A File is what one .env file says.
type File struct {
	// Entries in the order of the file. A name may occur more than once: the
	// later entry wins.
	Entries []Entry

	// Warnings say what is odd but readable, in the order of the file.
	Warnings []Warning
}

// An Entry is one assignment.
type Entry struct {
	Name  string
	Value Value

	// File is the name that was given to Parse. Line and Column are those of
	// the entry's name and start at 1; Column counts bytes, without the BOM.
	File         string
	Line, Column int
}

// A Warning tells of something that is read, but perhaps not as it was meant.
// It never holds a value.
type Warning struct {
	File         string
	Line, Column int
	Key          string // "" where it is not certain that the text is a name
	Message      string
}

// String returns the warning as one line: "file:line:column: KEY: message".
func (w Warning) String() string { return at(w.File, w.Line, w.Column, w.Key, w.Message) }

// A SyntaxError is the error of Parse. It holds neither a value nor a piece of
// a line that could not be read.
type SyntaxError struct {
	File         string
	Line, Column int    // as in [Entry], of the place that is at fault
	Key          string // "" where it is not certain that the text is a name
	Message      string
	hint         string
}

// Error returns the error as one line: "file:line:column: KEY: message".
func (e *SyntaxError) Error() string { return at(e.File, e.Line, e.Column, e.Key, e.Message) }

// Hint says how to mend the file.
func (e *SyntaxError) Hint() string { return e.hint }

func at(file string, line, column int, key, message string) string {
	if key != "" {
		message = key + ": " + message
	}
	return file + ":" + strconv.Itoa(line) + ":" + strconv.Itoa(column) + ": " + message
}
