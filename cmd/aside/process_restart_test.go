//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func restarts() []behaviour {
	return []behaviour{
		{"an environment that cannot be read or used stops nothing: one line, the command keeps running, watching goes on", map[string]func(*rig){
			"malformed .env": func(r *rig) {
				r.keepsRunning("A='cut off", `^aside: \.env:1:\d+: .*\(continuing with what was read before\)$`)
			},
			"too large": func(r *rig) {
				r.keepsRunning("A="+strings.Repeat("x", 140<<10), `^aside: A is too large for an environment variable: .*\(continuing`)
			},
			"a command no more": (*rig).commandVanishes,
			"a folder no more":  (*rig).folderVanishes,
			"a required secret that vanished": func(r *rig) {
				r.write("aside.yaml", "secrets: {A: {required: true}}\n")
				r.keepsRunning("", `^aside: the following secrets were not found: A \(continuing with what was read before\)$`, "--strict")
			},
		}},
		{"nothing restarts unless the merged environment differs; the line says what changed and where", map[string]func(*rig){
			"the line":     (*rig).reasonLine,
			"nobody reads": (*rig).nobodyReads,
			"read late":    (*rig).readLate,
			"touched":      func(r *rig) { r.doesNotRestart(func() { r.touch(".env") }) },
			"same values": func(r *rig) {
				r.doesNotRestart(func() { r.write(".env", "# rewritten\nB=1\nHIDDEN=1\nA=1 # the same\n") })
			},
			"hidden": func(r *rig) { r.doesNotRestart(func() { r.write(".env", "A=1\nB=1\nHIDDEN=2\n") }) },
			"--watch-only": func(r *rig) {
				r.doesNotRestart(func() { r.write(".env", "A=1\nB=2\nHIDDEN=1\n") }, "--watch-only", "A")
			},
			"--watch-only, a secret's name": func(r *rig) {
				r.write("aside.yaml", "secrets: {Key: {env: A}}\n")
				r.doesNotRestart(func() { r.write(".env", "A=1\nB=2\nHIDDEN=1\n") }, "--watch-only", "Key")
			},
			"removed, added": (*rig).vanishes,
		}},
		{"ten edits within a tenth of a second make one restart; an edit during a restart is followed by exactly one more", map[string]func(*rig){
			"ten edits":              (*rig).tenEdits,
			"an edit while stopping": (*rig).editWhileStopping,
		}},
		{"a command that handles TERM in 1 s gets its second; one that ignores it is killed when --grace is over", map[string]func(*rig){
			"handles":   (*rig).handlesTERM,
			"ignores":   (*rig).isKilled,
			"--signal":  (*rig).stopSignal,
			"told once": (*rig).toldOnce,
		}},
		{"a new command that fails within --healthy-after is started once more with the last environment that worked", map[string]func(*rig){
			"goes back": (*rig).goesBack,
			"0":         func(r *rig) { r.doesNotGoBack("0", "") },
			"too late":  func(r *rig) { r.doesNotGoBack("100ms", "[ $A = bad ] && sleep 0.3;") },
		}},
		{"--on-exit wait and --on-change signal:HUP; on-change: for a name in aside.yaml", map[string]func(*rig){
			"--on-exit wait":           (*rig).onExitWait,
			"--on-change signal:HUP":   (*rig).onChangeSignal,
			"on-change: in aside.yaml": (*rig).onChangeOfOne,
		}},
		{"from the change on disk to TERM: --debounce plus 20 ms; from the command's end to the next one's start: 20 ms", map[string]func(*rig){
			"latency": (*rig).latency,
		}},
	}
}

// echo prints its A when it starts, when it is told to end, and ends.
const echo = `trap 'echo "ended $A"; exit 0' TERM; echo "begun $A"; while :; do sleep 0.02; done`

func (r *rig) keepsRunning(bad, line string, flags ...string) {
	r.write(".env", "A=1\n")
	args := append([]string{r.aside, "run"}, flags...)
	r.run(append(args, "--", "sh", "-c", echo)...).sees("^begun 1$")
	r.write(".env", bad)
	r.sees(line)
	r.write(".env", bad+"\n") // the same again is not worth another line
	time.Sleep(200 * time.Millisecond)
	r.counts(0, "ended")
	r.write(".env", "A=2\n")
	r.sees("^begun 2$")
	r.counts(1, "ended 1")
	r.counts(1, "continuing")
	r.counts(1, "restarting: A changed")
}

func (r *rig) commandVanishes() {
	tool := filepath.Join(r.dir, "tool")
	if err := os.WriteFile(tool, []byte("#!/bin/sh\n"+echo+"\n"), 0o755); err != nil {
		r.Fatal(err)
	}
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--", "./tool").sees("^begun 1$")
	os.Rename(tool, tool+".away")
	r.write(".env", "A=2\n")
	r.sees(`^aside: \./tool: no such file \(continuing`)
	r.counts(0, "ended")
	os.Rename(tool+".away", tool)
	r.write(".env", "A=3\n")
	r.sees("^begun 3$")
}

func (r *rig) folderVanishes() {
	if err := os.Mkdir(filepath.Join(r.dir, "project"), 0o755); err != nil {
		r.Fatal(err)
	}
	r.write("project/.env", "A=1\n")
	r.run(r.aside, "run", "-C", "project", "--", "sh", "-c", echo).sees("^begun 1$")
	os.Rename(filepath.Join(r.dir, "project"), filepath.Join(r.dir, "renamed"))
	r.sees(`^aside: there is no folder project \(continuing`)
	r.counts(0, "ended")
	os.Rename(filepath.Join(r.dir, "renamed"), filepath.Join(r.dir, "project"))
	r.write("project/.env", "A=2\n")
	r.sees("^begun 2$")
}

// readLate: what aside ends with is not lost where somebody is slow to read it.
func (r *rig) readLate() {
	r.run("bash", "-c", `{ head -c 65536 /dev/zero; aside run --watch -- no-such-command; } 2>&1 | { sleep 1; tr -d '\0'; }`).ends(0)
	r.sees("^aside: no-such-command: command not found$")
}

// nobodyReads: what aside says goes nowhere, and that ends neither it nor the command.
func (r *rig) nobodyReads() {
	r.write(".env", "A=1\n")
	r.write("tool", `exec >>log 2>&1; trap 'echo "ended $A"; exit 0' TERM; echo "begun $A"; [ $A = 2 ] && exit; while :; do sleep 0.02; done`)
	log := func() string { text, _ := os.ReadFile(filepath.Join(r.dir, "log")); return string(text) }
	r.run("sh", "-c", "aside run -- sh ./tool 2>&1 | true")
	r.until("the command", func() bool { return log() == "begun 1\n" })
	r.write(".env", "A=2\n")
	r.ends(0)
	if got := log(); !strings.HasSuffix(got, "ended 1\nbegun 2\n") {
		r.Fatalf("got %q", got)
	}
}

func (r *rig) reasonLine() {
	r.write(".env", "A=1\nGONE=1\n")
	r.write(".env.local", "URL=1\n")
	r.run(r.aside, "run", "--", "sh", "-c", echo).sees("^begun 1$")
	// One rename for both: the change is seen as a whole.
	r.write(".env", "A=1\nURL=2\nNEW=s3cret\n")
	r.sees(`^aside: restarting: GONE removed \(\.env\), NEW added \(\.env\)$`)
	r.seesTimes(2, "^begun 1$")
	r.write(".env.local", "URL=s3cret\n")
	r.sees(`^aside: restarting: URL changed \(\.env\.local\)$`)
	r.seesTimes(3, "^begun 1$")
	r.counts(0, "s3cret")
}

func (r *rig) touch(name string) {
	now := time.Now()
	if err := os.Chtimes(filepath.Join(r.dir, name), now, now); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) doesNotRestart(change func(), flags ...string) {
	r.env = append(r.env, "HIDDEN=shell")
	r.write(".env", "A=1\nB=1\nHIDDEN=1\n")
	args := append([]string{r.aside, "run", "-v"}, flags...)
	r.run(append(args, "--", "sh", "-c", echo)...).sees("^begun 1$")
	change()
	r.seesTimes(2, `^aside: \.env files: \d+ values`) // read again
	r.write(".env", "A=2\nB=1\nHIDDEN=1\n")
	r.sees("^begun 2$")
	r.counts(1, "restarting")
	r.counts(1, "begun 1")
}

// vanishes: a variable that vanished from its file vanishes from the command.
func (r *rig) vanishes() {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--", "sh", "-c", `A=${A-unset}; `+echo).sees("^begun 1$")
	r.write(".env", "")
	r.sees("^begun unset$")
	os.Remove(filepath.Join(r.dir, ".env"))
	r.write(".env.dev.local", "A=3\n")
	r.sees("^begun 3$")
	r.sees(`restarting: A added \(\.env\.dev\.local\)`)
}

func (r *rig) tenEdits() {
	r.write(".env", "A=0\n")
	r.run(r.aside, "run", "--debounce", "500ms", "--", "sh", "-c", echo).sees("^begun 0$")
	for i := 1; i <= 10; i++ {
		r.write(".env", fmt.Sprintf("A=%d\n", i))
		time.Sleep(10 * time.Millisecond)
	}
	r.sees("^begun 10$")
	r.counts(1, "restarting")
	r.counts(2, "begun")
}

// editWhileStopping: whatever is written while the old command ends, exactly one
// restart follows, with the last of it.
func (r *rig) editWhileStopping() {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--debounce", "20ms", "--", "sh", "-c",
		`trap 'echo stopping; while [ -e wait ]; do sleep 0.02; done; exit 0' TERM; echo "begun $A"; while :; do sleep 0.02; done`).sees("^begun 1$")
	r.write("wait", "")
	r.write(".env", "A=2\n")
	r.sees("^stopping$")
	for a := 3; a <= 6; a++ {
		r.write(".env", fmt.Sprintf("A=%d\n", a))
		time.Sleep(40 * time.Millisecond)
	}
	os.Remove(filepath.Join(r.dir, "wait"))
	r.sees("^begun 6$")
	time.Sleep(150 * time.Millisecond)
	r.counts(1, "begun 6")
	if restarts := strings.Count(r.out.String(), "restarting"); restarts != 2 {
		r.Fatalf("%d restarts, want 2", restarts)
	}
}

func (r *rig) handlesTERM() {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--", "sh", "-c", `trap 'sleep 1; echo "clean $A"; exit 0' TERM; echo "begun $A"; while :; do sleep 0.02; done`).sees("^begun 1$")
	r.write(".env", "A=2\n")
	r.sees("^begun 2$")
	r.sees(`(?s)clean 1\nbegun 2`)
	r.counts(0, "killing")
}

func (r *rig) isKilled() {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--grace", "300ms", "--", "sh", "-c", `trap 'echo no' TERM; echo "begun $A"; while :; do sleep 0.02; done`).sees("^begun 1$")
	began := time.Now()
	r.write(".env", "A=2\n")
	r.sees("^begun 2$")
	if took := time.Since(began); took < 400*time.Millisecond {
		r.Fatalf("killed after %v, before --debounce and --grace were over", took)
	}
	r.counts(1, "^no$")
	r.sees(`^aside: killing what did not end within 300ms: process \d+ \(sh\)`)
}

func (r *rig) stopSignal() {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--signal", "INT", "--", "sh", "-c", `trap 'echo "interrupted $A"; exit 0' INT; echo "begun $A"; while :; do sleep 0.02; done`).sees("^begun 1$")
	r.write(".env", "A=2\n")
	r.sees("^begun 2$")
	r.counts(1, "^interrupted 1$")
}

// toldOnce: a signal to the process group and one to each of its members are two.
func (r *rig) toldOnce() {
	r.write(".env", "A=0\n")
	r.run(r.aside, "run", "--grace", "1h", "--healthy-after", "0", "--", r.child, "signals")
	for i := 1; i <= 5; i++ { // two that are pending at once are one
		pid, _ := strconv.Atoi(r.seesTimes(i, `ready (\d+)`))
		r.write(".env", fmt.Sprintf("A=%d\n", i))
		r.seesTimes(i, got(syscall.SIGTERM))
		time.Sleep(10 * time.Millisecond)
		syscall.Kill(pid, syscall.SIGALRM)
	}
	r.seesTimes(6, "ready")
	r.counts(5, got(syscall.SIGTERM))
}

const failsWithBad = `echo "begun $A"; [ "$A" = bad ] && exit 3; while :; do sleep 0.02; done`

func (r *rig) goesBack() {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--", "sh", "-c", failsWithBad).sees("^begun 1$")
	r.write(".env", "A=bad\nB=2\n")
	r.sees("^begun bad$")
	r.sees(`^aside: restarting: exit status 3 just after a restart: held back: A changed \(\.env\), B added \(\.env\)$`)
	r.seesTimes(2, "^begun 1$")
	r.write(".env", "A=2\n") // the next change is tried afresh
	r.sees("^begun 2$")
	r.counts(1, "begun bad")
}

func (r *rig) doesNotGoBack(healthyAfter, wait string) {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--healthy-after", healthyAfter, "--", "sh", "-c", wait+failsWithBad).sees("^begun 1$")
	r.write(".env", "A=bad\n")
	r.ends(3)
	r.counts(1, "^begun 1$")
}

func (r *rig) onExitWait() {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--on-exit", "wait", "--", "sh", "-c", `echo "ran $A"; exit 4`).sees("^ran 1$")
	r.sees("^aside: the command ended with 4: waiting for a change$")
	r.write(".env", "A=2\n")
	r.sees("^ran 2$")
	r.seesTimes(2, "waiting for a change$")
	r.signal(15)
	r.ends(128 + 15)
}

func (r *rig) onChangeSignal() {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--on-change", "signal:HUP", "--", r.child, "show", "A").sees("^started A=1")
	r.write(".env", "A=2\n")
	r.sees(`^aside: sending SIGHUP: A changed \(\.env\)$`)
	r.sees("^hangup A=1")
	r.counts(0, "restarting")
	r.signal(15)
	r.ends(0)
}

// onChangeOfOne: what aside.yaml says of one name goes before what holds for all.
func (r *rig) onChangeOfOne() {
	r.write("aside.yaml", "secrets: {IGNORED: {on-change: ignore}, HUNG: {on-change: \"signal:HUP\"}}\n")
	env := func(ignored, hung, other int) {
		r.write(".env", fmt.Sprintf("IGNORED=%d\nHUNG=%d\nOTHER=%d\n", ignored, hung, other))
	}
	env(1, 1, 1)
	r.run(r.aside, "run", "--", r.child, "show", "IGNORED").sees("^started IGNORED=1")
	env(2, 1, 1)
	env(2, 2, 1)
	r.sees(`^aside: sending SIGHUP: HUNG changed \(\.env\)$`)
	r.sees("^hangup IGNORED=1")
	env(2, 2, 2)
	r.sees(`^aside: restarting: .*OTHER changed \(\.env\)`)
	r.sees("^started IGNORED=2")
	env(3, 2, 2)
	env(3, 3, 2)
	r.seesTimes(2, "sending SIGHUP")
	r.counts(1, "restarting")
	r.signal(15)
	r.ends(0)
}
