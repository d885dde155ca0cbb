package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/aside-cli/aside/inject"
)

// table prints a row for each variable, no wider than the terminal. What does
// not fit is cut, since explain NAME has it in full.
func (e *explainer) table(vars []inject.Variable) error {
	if len(vars) == 0 {
		e.app.say("nothing is set here but the environment itself")
		return nil
	}
	rows := [][]string{{"NAME", "LAYER", "FROM", "VALUE", "SHADOWS", "NOTES"}}
	const from = 2
	for _, x := range e.explain(vars) {
		where := e.where(x.From)
		if x.From.Version != "" {
			where += " v" + x.From.Version[:min(8, len(x.From.Version))]
		}
		notes := known(x)
		if len(x.ExpandedFrom) > 0 {
			notes = append(notes, "uses "+strings.Join(x.ExpandedFrom, " and "))
		}
		rows = append(rows, []string{
			x.Name, layerOf(x.From), where, fmt.Sprintf("%d #%s", x.Length, x.Hash), first(2, x.Shadows), strings.Join(notes, ", "),
		})
	}
	var out strings.Builder
	width, bold, plain := e.app.look()
	for i, line := range align(rows, width, from) {
		if i == 0 {
			line = bold + line + plain
		}
		out.WriteString(line + "\n")
	}
	_, err := e.app.stdout.Write([]byte(out.String()))
	return err
}

// first names n layers, and counts the rest.
func first(n int, all []origin) string {
	var layers []string
	for _, o := range all[:min(n, len(all))] {
		layers = append(layers, layerOf(o))
	}
	text := strings.Join(layers, ", ")
	if rest := len(all) - n; rest > 0 {
		text += fmt.Sprintf(" +%d", rest)
	}
	return text
}

// look returns the width of the terminal, 0 without one, and what makes text
// bold and plain again there, unless NO_COLOR is set (no-color.org).
func (a *app) look() (width int, bold, plain string) {
	f, ok := a.stdout.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, "", ""
	}
	width, _, _ = term.GetSize(int(f.Fd()))
	if a.getenv("NO_COLOR") != "" || a.getenv("TERM") == "dumb" {
		return width, "", ""
	}
	return width, "\x1b[1m", "\x1b[0m"
}

// align puts rows of cells in columns, without those that hold nothing below
// their heading. Where they are wider than width, if it is not 0, the column
// called path gives way first, down to a width that still tells files apart, and
// the ends of lines then.
func align(rows [][]string, width, path int) []string {
	const least = 20
	rows = printableRows(rows)
	widths, total := make([]int, len(rows[0])), -gap
	for column := range widths {
		for _, row := range rows[1:] {
			widths[column] = max(widths[column], columns(row[column]))
		}
		if widths[column] > 0 {
			widths[column] = max(widths[column], columns(rows[0][column]))
			total += widths[column] + gap
		}
	}
	if over := total - width; width > 0 && over > 0 {
		widths[path] = max(widths[path]-over, min(widths[path], least))
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		var line strings.Builder
		for column, cell := range row {
			if widths[column] == 0 {
				continue
			}
			if columns(cell) > widths[column] { // paths differ at their ends
				cell = "…" + end(cell, widths[column]-1)
			}
			line.WriteString(cell)
			line.WriteString(strings.Repeat(" ", widths[column]-columns(cell)+gap))
		}
		lines[i] = strings.TrimRight(line.String(), " ")
		if width > 0 && columns(lines[i]) > width {
			lines[i] = start(lines[i], width-1) + "…"
		}
	}
	return lines
}

// gap is the space between columns.
const gap = 2
