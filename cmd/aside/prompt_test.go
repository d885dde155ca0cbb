//go:build linux

package main

import (
	"strings"
	"testing"
	"time"
)

// TestPrompt types a secret on a real terminal, which must not show it.
func TestPrompt(t *testing.T) {
	p := build(t)
	home := t.TempDir()
	on := func(args ...string) *rig {
		r := newRig(t, p)
		r.dir = home
		r.env = append(r.env, "HOME="+home, "XDG_CONFIG_HOME=", "XDG_DATA_HOME=")
		return r.onTTY(append([]string{p.aside}, args...)...)
	}

	r := on("secret", "set", "TOKEN")
	r.sees("TOKEN: ")
	r.until("a terminal that shows nothing", func() bool { return !r.echoes() })
	r.types("hunter2\n")
	r.ends(0)
	r.sees("^aside: set TOKEN in stage dev")
	r.counts(0, "hunter2")

	r = on("secret", "get", "TOKEN")
	r.ends(0)
	r.sees("^hunter2\r?$")

	r = on("secret", "list")
	r.ends(0)
	r.sees(`^TOKEN=\*{8}`)
	r.counts(0, "hunter2")

	r = on("secret", "list", "--show")
	r.ends(0)
	r.sees("^TOKEN=hunter2")

	r = on("secret", "set", "EMPTY")
	r.sees("EMPTY: ")
	r.until("a terminal that shows nothing", func() bool { return !r.echoes() })
	r.types("\n")
	r.ends(1)
	r.sees("^aside: no value was typed for EMPTY: nothing was set")

	const several = "^aside: several lines were typed for PEM: nothing was set"
	for typed, says := range map[string]string{
		"one\ntwo":                       several,
		"one\ntwo\nthree":                several,
		"one\n|two\n|two\n":              several, // in pieces
		strings.Repeat("k", 5000) + "\n": "^aside: what was typed for PEM is too long for a terminal: nothing was set",
	} {
		r = on("secret", "set", "PEM")
		r.sees("PEM: ")
		r.until("a terminal that shows nothing", func() bool { return !r.echoes() })
		for piece := range strings.SplitSeq(typed, "|") {
			r.types(piece)
			time.Sleep(10 * time.Millisecond)
		}
		r.ends(1)
		r.sees(says)
		r.counts(0, "two")
	}

	r = on("secret", "set", "OTHER")
	r.sees("OTHER: ")
	r.until("a terminal that shows nothing", func() bool { return !r.echoes() })
	r.types("\x1c")
	r.ends(131)
	r.counts(0, "goroutine")
	if !r.echoes() {
		t.Error("Ctrl-\\ leaves a terminal that shows nothing")
	}

	r = on("secret", "set", "OTHER")
	r.sees("OTHER: ")
	r.until("a terminal that shows nothing", func() bool { return !r.echoes() })
	r.types("\x03")
	r.ends(130)
	if !r.echoes() {
		t.Error("Ctrl-C leaves a terminal that shows nothing")
	}
	if strings.Contains(r.out.String(), "hunter2") {
		t.Error("a value was shown")
	}
}
