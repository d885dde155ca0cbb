//go:build linux

package main

import (
	"fmt"
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
	type result struct {
		behaviour
		test *testing.T
	}
	var table []result
	t.Run("line", func(t *testing.T) {
		for _, chapter := range [][]behaviour{exitCodes(), signals(), terminal(), trees(), restarts(), limits()} {
			for _, b := range chapter {
				t.Run(b.line, func(t *testing.T) {
					table = append(table, result{b, t})
					for name, test := range b.tests {
						t.Run(name, func(t *testing.T) {
							t.Parallel()
							test(newRig(t, p))
						})
					}
				})
			}
		}
	})
	var text strings.Builder
	for _, r := range table {
		verdict := "ok"
		if r.test.Failed() {
			verdict = "FAILED"
		}
		fmt.Fprintf(&text, "%-6s %2d tests  %s\n", verdict, len(r.tests), r.line)
	}
	fmt.Print(text.String())
}
