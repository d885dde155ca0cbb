//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestProcessMasked holds aside to what it is held to without --mask, but for
// what is different by its nature.
func TestProcessMasked(t *testing.T) {
	t.Parallel()
	const long = "takes long, and others show it too"
	different := map[string]string{
		"all 256":               long,
		"all 256, watching":     long,
		"all 256 exit codes":    long,
		"200 times":             long,
		"same PID":              "aside stays",
		"the script goes on":    "what is typed ahead goes to the terminal of the command",
		"a script in between":   "counts what is stopped on the user's terminal; TestMask has one of its own",
		"bg, then fg":           "as above",
		"when the command asks": "on a terminal that no shell takes",
	}
	p := build(t)
	for _, b := range slices.Concat(exitCodes(), signals(), terminal(), trees()) {
		t.Run(b.line, func(t *testing.T) {
			for name, test := range b.tests {
				t.Run(name, func(t *testing.T) {
					why, ok := different[name]
					if name == "on a terminal" && strings.HasPrefix(b.line, "before a restart") {
						why, ok = "counts all processes; TestMask has one of its own", true
					}
					if ok {
						t.Skip(why)
					}
					t.Parallel()
					r := newRig(t, p)
					r.env = append(r.env, "ASIDE_MASK=1")
					test(r)
				})
			}
		})
	}
}

// inner returns the process ID of the aside that a relay has started, or 0.
func (r *rig) inner() int {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		cwd, _ := os.Readlink(dir + "/cwd")
		cmdline, _ := os.ReadFile(dir + "/cmdline")
		if cwd == r.dir && bytes.Contains(cmdline, []byte("\x00\x01relayed\x00")) {
			pid, _ := strconv.Atoi(filepath.Base(dir))
			return pid
		}
	}
	return 0
}

// stat returns the fields of /proc/PID/stat from the parent on: parent, group,
// session, terminal, and the foreground group of that. (proc(5))
func (r *rig) stat(pid int) []string {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 6 {
		return make([]string, 5)
	}
	return fields[1:]
}

// relayed returns the foreground process group of the terminal that a command
// has to itself, where group is that of the relay.
func (r *rig) relayed(group int) (pgrp int, ok bool) {
	inner := r.inner()
	if inner == 0 {
		return 0, false
	}
	parent, _ := strconv.Atoi(r.stat(inner)[0])
	if r.stat(parent)[1] != strconv.Itoa(group) {
		return 0, false
	}
	pgrp, err := strconv.Atoi(r.stat(inner)[4])
	return pgrp, err == nil
}

// relayedTerminal returns that terminal, or nil.
func (r *rig) relayedTerminal() *os.File {
	inner := r.inner()
	if inner == 0 {
		return nil
	}
	f, err := os.OpenFile(fmt.Sprintf("/proc/%d/fd/0", inner), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil
	}
	return f
}
