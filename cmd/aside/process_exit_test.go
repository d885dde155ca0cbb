//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

func exitCodes() []behaviour {
	return []behaviour{
		{"a command's exit codes 0 to 255 come out unchanged, 128+N when signal N killed it", map[string]func(*rig){
			"all 256, watching": func(r *rig) { r.allCodes("--watch") },
			"killed":            func(r *rig) { r.killedCodes("--watch") },
		}},
		{"127 when it is not found, 126 when it cannot be executed, 125 when aside failed", map[string]func(*rig){
			"watching":     func(r *rig) { r.ownCodes("--watch") },
			"not watching": func(r *rig) { r.ownCodes("--no-watch") },
		}},
		{"a script without #! is run by /bin/sh, as every shell does; what is built for another system gives 126", map[string]func(*rig){
			"watching":                func(r *rig) { r.scripts((*rig).run, "--watch") },
			"not watching":            func(r *rig) { r.scripts((*rig).run, "--no-watch") },
			"on a terminal, watching": func(r *rig) { r.scripts((*rig).onTTY, "--watch") },
			"on a terminal, no watch": func(r *rig) { r.scripts((*rig).onTTY, "--no-watch") },
			"restarts":                (*rig).scriptRestarts,
		}},
		{"exit codes are the same without --watch", map[string]func(*rig){
			"all 256": func(r *rig) { r.allCodes("--no-watch") },
			"killed":  func(r *rig) { r.killedCodes("--no-watch") },
		}},
		{"exit codes are the same on a terminal", map[string]func(*rig){
			"watching":     func(r *rig) { r.codesOnTTY("--watch") },
			"not watching": func(r *rig) { r.codesOnTTY("--no-watch") },
		}},
		{"exit codes are the same after a restart", map[string]func(*rig){
			"exits": func(r *rig) { r.codeAfterRestart("exit 41", 41) },
			"dies":  func(r *rig) { r.codeAfterRestart("kill -USR1 $$", 138) },
		}},
		{"exit codes are the same for a command that ends within a millisecond", map[string]func(*rig){
			"200 times": func(r *rig) {
				for range 200 {
					r.run(r.aside, "run", "--watch", "--", r.child, "exit", "7").ends(7)
				}
			},
		}},
	}
}

func (r *rig) allCodes(watch string) {
	for code := range 256 {
		r.run(r.aside, "run", watch, "--", r.child, "exit", strconv.Itoa(code)).ends(code)
	}
}

func (r *rig) killedCodes(watch string) {
	for _, sig := range []int{1, 2, 3, 6, 8, 9, 10, 11, 12, 13, 14, 15, 24, 31} {
		r.run(r.aside, "run", watch, "--", "sh", "-c", fmt.Sprintf("kill -%d $$", sig)).ends(128 + sig)
	}
}

func (r *rig) ownCodes(watch string) {
	file := filepath.Join(r.dir, "plain")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"), 0o644); err != nil {
		r.Fatal(err)
	}
	orphaned := filepath.Join(r.dir, "orphaned")
	if err := os.WriteFile(orphaned, []byte("#!/no/such/interpreter\n"), 0o755); err != nil {
		r.Fatal(err)
	}
	r.run(r.aside, "run", watch, "--", "no-such-command").ends(127)
	r.run(r.aside, "run", watch, "--", "./no-such-file").ends(127)
	r.run(r.aside, "run", watch, "--", orphaned).ends(127)
	r.run(r.aside, "run", watch, "--", file).ends(126)
	r.run(r.aside, "run", watch, "--", r.dir).ends(126)
	r.run(r.aside, "run", "--no-such-flag", "--", "true").ends(125)
	r.write(".env", "A='never closed\n")
	r.run(r.aside, "run", watch, "--", "true").ends(125)
}

func (r *rig) scripts(start func(*rig, ...string) *rig, watch string) {
	put := func(name, content string) {
		path := filepath.Join(r.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			r.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			r.Fatal(err)
		}
	}
	aside := func(args ...string) *rig { return start(r, append([]string{r.aside, "run", watch}, args...)...) }
	put("sub/tool", "echo \"$0: $# $*\"; exit 5\n")
	aside("--", "sub/tool", "a b", "-c").ends(5)
	r.sees("^sub/tool: 2 a b -c$")
	aside("-C", "sub", "--", "./tool").ends(5)
	r.sees(`^\./tool: 0 $`)
	r.env[0] = "PATH=" + filepath.Join(r.dir, "sub") + ":" + r.env[0][len("PATH="):]
	aside("--", "tool", "x").ends(5)
	r.sees("^" + filepath.Join(r.dir, "sub", "tool") + ": 1 x$")
	put("carrying", "echo carried; exit 6\n\x00\x01\x02") // as installers are
	aside("--", "./carrying").ends(6)
	put("empty", "")
	aside("--", "./empty").ends(0)

	put("foreign", "\x7fELF\x02\x01\x01\x00\x00\x00")
	aside("--", "./foreign").ends(126)
	r.sees(`^aside: \./foreign: cannot be run: it is built for another system$`)
	r.sees(`^  this one is linux/` + runtime.GOARCH)
	aside("-C", "sub", "--", "../foreign").ends(126)
	r.seesTimes(2, "built for another system$")
}

// scriptRestarts: the script leads the process group, as any command does.
func (r *rig) scriptRestarts() {
	if err := os.WriteFile(filepath.Join(r.dir, "tool"), []byte(echo), 0o755); err != nil {
		r.Fatal(err)
	}
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--", "./tool").sees("^begun 1$")
	r.write(".env", "A=2\n")
	r.sees("^begun 2$")
	r.counts(1, "^ended 1$")
	r.signal(15)
	r.ends(0)
	r.nothingLeft()
}

func (r *rig) codesOnTTY(watch string) {
	for _, code := range []int{0, 1, 2, 77, 125, 126, 127, 128, 130, 143, 255} {
		r.onTTY(r.aside, "run", watch, "--", r.child, "exit", strconv.Itoa(code)).ends(code)
	}
	for _, sig := range []int{1, 2, 9, 11, 15} {
		r.onTTY(r.aside, "run", watch, "--", "sh", "-c", fmt.Sprintf("kill -%d $$", sig)).ends(128 + sig)
	}
	r.onTTY(r.aside, "run", watch, "--", "no-such-command").ends(127)
	r.onTTY(r.aside, "run", watch, "--", r.dir).ends(126)
}

// codeAfterRestart: the second command ends by itself.
func (r *rig) codeAfterRestart(last string, want int) {
	r.write(".env", "N=1\n")
	r.run(r.aside, "run", "--watch", "--healthy-after", "0", "--", "sh", "-c",
		`echo "N=$N"; if [ $N = 1 ]; then sleep 1000 & wait; fi; `+last)
	r.sees("^N=1$")
	r.write(".env", "N=2\n")
	r.sees("^N=2$")
	r.ends(want)
}
