//go:build linux

package main

import (
	"fmt"
	"strconv"
	"strings"
)

func limits() []behaviour {
	return []behaviour{
		{"a variable over 128 KiB, or all of it over the system's limit, fails before the start and names the largest", map[string]func(*rig){
			"one, watching":     func(r *rig) { r.oneTooLarge("--watch") },
			"one, not watching": func(r *rig) { r.oneTooLarge("--no-watch") },
			"all, watching":     func(r *rig) { r.allTooLarge("--watch") },
			"all, not watching": func(r *rig) { r.allTooLarge("--no-watch") },
			"just below":        (*rig).justBelow,
			"to the last byte":  (*rig).toTheLastByte,
		}},
		{"a NUL in a value, an empty name, a name with =: an error that names the layer", map[string]func(*rig){
			"NUL in .env": func(r *rig) {
				r.write(".env", "A=x\x00y\n")
				r.run(r.aside, "run", "--", "echo", "started").ends(125)
				r.sees(`^aside: .*\.env:1`)
				r.counts(0, "started")
			},
			"empty name": func(r *rig) {
				r.write(".env", "=x\n")
				r.run(r.aside, "run", "--", "echo", "started").ends(125)
				r.sees(`^aside: \.env:1`)
				r.counts(0, "started")
			},
			"NUL in a parameter": func(r *rig) {
				r.write("aside.yaml", "parameters: {A: \"x\\0y\"}\n")
				r.run(r.aside, "run", "--", "echo", "started").ends(125)
				r.sees(`^aside: .*aside\.yaml`)
				r.counts(0, "started")
			},
			"a name with =": func(r *rig) {
				r.write("aside.yaml", "parameters: {\"A=B\": x}\n")
				r.run(r.aside, "run", "--", "echo", "started").ends(125)
				r.sees(`^aside: .*aside\.yaml`)
				r.counts(0, "started")
			},
		}},
	}
}

func (r *rig) oneTooLarge(watch string) {
	r.write(".env", "A=1\nLARGE="+strings.Repeat("v", 128<<10)+"\nSECOND="+strings.Repeat("v", 5000)+"\n")
	r.run(r.aside, "run", watch, "--", "echo", "started").ends(125)
	r.sees(`^aside: LARGE is too large .*; the largest are LARGE \(131072 bytes, \.env\), SECOND \(5000 bytes, \.env\), `)
	r.counts(0, "started|vvv")
}

func (r *rig) allTooLarge(watch string) {
	var text strings.Builder
	for i := range 70 {
		fmt.Fprintf(&text, "V%d=%s\n", i, strings.Repeat("v", 100_000+i))
	}
	r.write(".env", text.String())
	r.run(r.aside, "run", watch, "--", "echo", "started").ends(125)
	r.sees(`^aside: the command and its environment take 70\d+ bytes: the system allows \d+; the largest are V69 \(100069 bytes, \.env\), V68`)
	r.counts(0, "started|vvv")
}

// justBelow: what the system allows is not refused.
func (r *rig) justBelow() {
	r.write(".env", "LARGE="+strings.Repeat("v", 128<<10-1-len("LARGE="))+"\n")
	for _, watch := range []string{"--watch", "--no-watch"} {
		r.run(r.aside, "run", watch, "--", "sh", "-c", "echo ${#LARGE}").ends(0)
	}
	r.counts(2, "^131065$")
	r.onTTY(r.aside, "run", "--", "sh", "-c", "echo ${#LARGE}").ends(0)
	r.counts(3, "^131065$")
}

// toTheLastByte: on a terminal too, where the way to the command takes arguments
// of its own. The first attempt is too large, and tells by how much.
func (r *rig) toTheLastByte() {
	const limit = "^aside: the command and its environment take %s bytes: the system allows %s;"
	fill := func(total int) {
		var text strings.Builder
		for i := 0; total > 0; i++ {
			n := min(total, 100_000)
			fmt.Fprintf(&text, "V%03d=%s\n", i, strings.Repeat("v", n))
			total -= n
		}
		r.write(".env", text.String())
	}
	fill(7_000_000)
	r.onTTY(r.aside, "run", "--", "echo", "started").ends(125)
	takes, _ := strconv.Atoi(r.sees(fmt.Sprintf(limit, `(\d+)`, `\d+`)))
	allows, _ := strconv.Atoi(r.sees(fmt.Sprintf(limit, `\d+`, `(\d+)`)))
	// A variable less takes the bytes of its name, its value's end and its pointer less.
	size := 7_000_000 - (takes - allows)
	for variables := 0; ; {
		fewer := (7_000_000+99_999)/100_000 - (size+99_999)/100_000
		if fewer == variables {
			break
		}
		size += (fewer - variables) * len("V000=\x00pointers")
		variables = fewer
	}
	fill(size)
	r.onTTY(r.aside, "run", "--", "echo", "started").ends(0)
	r.counts(1, "^started$")
}
