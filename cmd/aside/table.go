package main

import (
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/aside-cli/aside/inject"
)

// table prints a row for each variable, no wider than the terminal. What does
// not fit is cut at the end of the last column, which explain NAME has in full.
func (e *explainer) table(vars []inject.Variable) error {
	if len(vars) == 0 {
		e.app.say("nothing is set here but the environment itself")
		return nil
	}
	rows := [][]string{{"NAME", "LAYER", "FROM", "VALUE", "SHADOWS"}}
	for _, x := range e.explain(vars) {
		shadows := make([]string, len(x.Shadows))
		for i, s := range x.Shadows {
			shadows[i] = s.Layer
		}
		from := x.From.Source
		if x.From.Line > 0 {
			from = fmt.Sprintf("%s:%d", from, x.From.Line)
		}
		rows = append(rows, []string{
			x.Name, x.From.Layer, from, fmt.Sprintf("%d #%s", x.Length, x.Hash), strings.Join(shadows, ", "),
		})
	}
	var out strings.Builder
	width, bold, plain := e.app.look()
	for i, line := range align(rows, width) {
		if i == 0 {
			line = bold + line + plain
		}
		out.WriteString(line + "\n")
	}
	_, err := e.app.stdout.Write([]byte(out.String()))
	return err
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

// align puts rows of cells in columns, and cuts lines at width, if it is not 0.
func align(rows [][]string, width int) []string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		var line strings.Builder
		for j, cell := range row {
			line.WriteString(cell)
			line.WriteString(strings.Repeat(" ", widths[j]-utf8.RuneCountInString(cell)+2))
		}
		lines[i] = strings.TrimRight(line.String(), " ")
		if runes := []rune(lines[i]); width > 1 && len(runes) > width {
			lines[i] = string(runes[:width-1]) + "…"
		}
	}
	return lines
}
