package main

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// printable is text as a terminal may get it, whoever wrote the files that it is
// from: what is not printed is escaped as %q escapes it.
func printable(text string) string {
	var out strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if strconv.IsPrint(r) && (r != utf8.RuneError || size > 1) {
			out.WriteRune(r)
		} else {
			quoted := strconv.Quote(text[:size])
			out.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[size:]
	}
	return out.String()
}

func printableRows(rows [][]string) [][]string {
	all := make([][]string, len(rows))
	for i, row := range rows {
		for _, cell := range row {
			all[i] = append(all[i], printable(cell))
		}
	}
	return all
}

// columns is how wide a terminal shows printable text.
func columns(text string) (n int) {
	for _, r := range text {
		n += columnsOf(r)
	}
	return n
}

func columnsOf(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) { // they go over the character before
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// start returns as much of the start of text as goes into n columns.
func start(text string, n int) string {
	for i, r := range text {
		if n -= columnsOf(r); n < 0 {
			return text[:i]
		}
	}
	return text
}

// end returns as much of the end of text as goes into n columns.
func end(text string, n int) string {
	over := columns(text) - n
	for i, r := range text {
		if over <= 0 && columnsOf(r) > 0 { // no mark without its character
			return text[i:]
		}
		over -= columnsOf(r)
	}
	return ""
}
