//go:build linux

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// A behaviour is one thing that a user may rely on when aside runs a command,
// and the tests that show it with real processes.
type behaviour struct {
	line  string
	tests map[string]func(*rig)
}

// TestProcess ends with a table of all behaviours.
func TestProcess(t *testing.T) {
	p := build(t)
	var table strings.Builder
	row := func(line, test, ok string) { fmt.Fprintf(&table, "%-130s | %-30s | %s\n", line, test, ok) }
	row("line", "test", "ok")
	defer func() { fmt.Print(table.String()) }()
	t.Run("line", func(t *testing.T) {
		for _, b := range slices.Concat(exitCodes(), signals(), terminal(), trees(), restarts(), limits()) {
			t.Run(b.line, func(t *testing.T) {
				tests := map[string]*testing.T{}
				for _, name := range slices.Sorted(maps.Keys(b.tests)) {
					t.Run(name, func(t *testing.T) {
						tests[name] = t
						t.Parallel()
						b.tests[name](newRig(t, p))
					})
				}
				t.Cleanup(func() {
					for _, name := range slices.Sorted(maps.Keys(tests)) {
						row(b.line, name, verdict(tests[name]))
					}
				})
			})
		}
	})
}

func verdict(t *testing.T) string {
	switch {
	case t.Failed():
		return "FAILED"
	case t.Skipped():
		return "skipped"
	}
	return "ok"
}
