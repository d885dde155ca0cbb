//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func signals() []behaviour {
	return []behaviour{
		{"TERM, INT, HUP, QUIT, USR1, USR2, WINCH, CONT sent to aside reach the command exactly once; SIGURG and SIGCHLD never do", map[string]func(*rig){
			"without a terminal": func(r *rig) { r.run(r.aside, "run", "--", r.child, "signals").passesOn() },
			"on a terminal":      func(r *rig) { r.onTTY(r.aside, "run", "--", r.child, "signals").passesOn() },
			"SIGURG, SIGCHLD":    (*rig).neverURG,
		}},
		{"Ctrl-C on a terminal: the command gets one SIGINT, a second Ctrl-C too, and takes as long as it likes", map[string]func(*rig){
			"Ctrl-C":             (*rig).ctrlC,
			"in a script of sh":  func(r *rig) { r.ctrlCInScript("sh") },
			"in bash's":          func(r *rig) { r.ctrlCInScript("bash") },
			"in a loop":          (*rig).ctrlCInLoop,
			"dealt with, script": (*rig).ctrlCHandled,
			"another standard input": func(r *rig) {
				r.ctrlCForAll(`while read x; do aside run -- sh -c "echo begun; exec sleep 1000"; echo next; done <<<$'1\n2'`, "^begun$")
			},
			"while waiting":    func(r *rig) { r.ctrlCForAll("aside run --on-exit wait -- true; echo next", "waiting for a change$") },
			"while restarting": (*rig).ctrlCInScriptWhileRestarting,
			"while reading":    func(r *rig) { r.ctrlCWhileReading("--watch") },
			"before it is run": func(r *rig) { r.ctrlCWhileReading("--no-watch") },
		}},
		{"TERM sent to aside alone on a terminal is passed on; a command that ignores it is only killed where --grace was given", map[string]func(*rig){
			"passed on":       func(r *rig) { r.ignoringTERM().ends(9) },
			"killed":          (*rig).killedAfterGrace,
			"ignores SIGTERM": (*rig).ignoresTERM,
			"nobody reads":    (*rig).passesOnUnread,
		}},
		{"signals that aside was started to ignore are ignored in the command too; its signal mask is clean", map[string]func(*rig){
			"ignored, watching":     func(r *rig) { r.inheritsIgnored("--watch") },
			"ignored, not watching": func(r *rig) { r.inheritsIgnored("--no-watch") },
			"nohup":                 (*rig).nohup,
			"mask, watching":        func(r *rig) { r.cleanMask("--watch") },
			"mask, not watching":    func(r *rig) { r.cleanMask("--no-watch") },
			"blocked signals":       (*rig).passesOnBlocked,
		}},
		{"a signal while sources are read, or between the old command and the new one, ends aside with 128+N", map[string]func(*rig){
			"TERM while reading":               func(r *rig) { r.signalWhileReading("--watch", syscall.SIGTERM) },
			"INT while reading":                func(r *rig) { r.signalWhileReading("--watch", syscall.SIGINT) },
			"HUP while reading, not watching":  func(r *rig) { r.signalWhileReading("--no-watch", syscall.SIGHUP) },
			"QUIT while reading, not watching": func(r *rig) { r.signalWhileReading("--no-watch", syscall.SIGQUIT) },
			"TERM while restarting":            func(r *rig) { r.signalWhileRestarting(syscall.SIGTERM) },
			"INT while restarting":             func(r *rig) { r.signalWhileRestarting(syscall.SIGINT) },
			"but HUP to a service":             (*rig).reloadWhileRestarting,
			"not watching, a store's command":  (*rig).signalToStore,
		}},
	}
}

// got is the line of the child about a signal.
func got(sig syscall.Signal) string { return fmt.Sprintf("got %d$", int(sig)) }

// finish ends a child that tells of signals, and aside with it.
func (r *rig) finish() {
	r.Helper()
	pid, _ := strconv.Atoi(r.sees(`ready (\d+)`))
	syscall.Kill(pid, syscall.SIGALRM)
	r.ends(9)
}

func (r *rig) passesOn() {
	r.sees("ready")
	all := []syscall.Signal{
		syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT,
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH, syscall.SIGCONT,
	}
	// A signal that came twice would come before those that are sent later.
	for round := 1; round <= 3; round++ {
		for _, sig := range all {
			r.signal(sig)
			r.seesTimes(round, got(sig))
		}
	}
	r.signal(syscall.SIGURG)
	r.signal(syscall.SIGCHLD)
	r.signal(syscall.SIGUSR1) // comes after them
	r.seesTimes(4, got(syscall.SIGUSR1))
	r.counts(0, got(syscall.SIGURG))
	r.counts(0, got(syscall.SIGCHLD))
	for _, sig := range all {
		if sig != syscall.SIGUSR1 {
			r.counts(3, got(sig))
		}
	}
	r.counts(len(all)*3+1, `got \d+$`) // and nothing else
	r.finish()
}

// neverURG: a busy aside gets SIGURG from Go's runtime all the time.
func (r *rig) neverURG() {
	r.env = append(r.env, "GODEBUG=")
	r.run(r.aside, "run", "--debounce", "0", "--", "sh", "-c",
		`trap 'echo URG' URG; trap 'echo TERM; exit 3' TERM; sh -c 'exit 5'; echo ready; while :; do sleep 0.02; done`)
	r.sees("ready")
	for i := range 30 {
		r.write(".env", fmt.Sprintf("# touched %d\n", i)) // read again, nothing changes
		r.signal(syscall.SIGURG)
		r.signal(syscall.SIGCHLD)
		time.Sleep(5 * time.Millisecond)
	}
	r.signal(syscall.SIGTERM)
	r.ends(3)
	r.counts(0, "URG")
	r.counts(1, "TERM")
}

func (r *rig) ctrlC() {
	r.onTTY(r.aside, "run", "--grace", "100ms", "--", r.child, "signals").sees("ready")
	for i := 1; i <= 3; i++ {
		r.types("\x03")
		r.seesTimes(i, got(syscall.SIGINT))
		time.Sleep(150 * time.Millisecond) // the command's own time
	}
	r.signal(syscall.SIGUSR1)
	r.sees(got(syscall.SIGUSR1))
	r.counts(3, got(syscall.SIGINT))
	r.finish()
}

// ctrlCInScript: what ends the command ends the script, as if it had started the
// command itself.
func (r *rig) ctrlCInScript(shell string) {
	r.onTTY(shell, "-c", "aside run -- sleep 1000; echo next")
	r.until("the command in the foreground", func() bool { return r.foreground() == "sleep" })
	r.types("\x03")
	r.ends(130)
	r.counts(0, "next")
}

// ctrlCForAll: Ctrl-C reaches aside as well, once seen was printed, and ends the
// script as it does where aside knows of nothing.
func (r *rig) ctrlCForAll(script, seen string) {
	r.onTTY("bash", "-c", script).sees(seen)
	r.types("\x03")
	r.ends(130)
	r.counts(0, "next")
}

func (r *rig) ctrlCWhileReading(watch string) {
	r.write("aside.yaml", `store: {exec: [sh, -c, "trap '' INT; echo begun >/dev/tty; exec sleep 1000"]}`)
	r.ctrlCForAll("aside run "+watch+" -- true; echo next", "^begun$")
}

// ctrlCInScriptWhileRestarting: it kills a command that is slow to end.
func (r *rig) ctrlCInScriptWhileRestarting() {
	r.write(".env", "A=1\n")
	r.onTTY("bash", "-c", `aside run -- sh -c "trap 'echo ending' TERM; echo begun; while :; do sleep 0.02; done"; echo next`).sees("^begun$")
	r.write(".env", "A=2\n")
	r.sees("^ending$")
	r.types("\x03")
	r.ends(130)
	r.counts(0, "next")
}

func (r *rig) ctrlCInLoop() {
	r.bash()
	r.types("while :; do aside run -- sleep 1000; done\n")
	r.ctrlCEnds("sleep")
}

// ctrlCHandled: a command that has dealt with Ctrl-C lets bash's script go on.
func (r *rig) ctrlCHandled() {
	r.onTTY("bash", "-c", `aside run -- sh -c 'trap "exit 130" INT; echo begun; while :; do sleep 0.02; done'; echo "next $?"`)
	r.sees("^begun")
	r.until("the command in the foreground", func() bool { return r.foreground() == "sh" })
	r.types("\x03")
	r.sees("next 130")
	r.ends(0)
}

// passesOnUnread: who does not read what aside says holds nothing up.
func (r *rig) passesOnUnread() {
	r.write(".env", "A=1\n")
	r.write("tool", `exec >>log 2>/dev/null; trap 'echo "ended $A"; exit 7' TERM; echo "begun $A"; while :; do sleep 0.02; done`)
	log := func() string { text, _ := os.ReadFile(filepath.Join(r.dir, "log")); return string(text) }
	r.run("bash", "-c", `mkfifo full; exec 3<>full; head -c 65536 /dev/zero >&3; exec aside run -- sh ./tool 2>&3 3>&-`)
	r.until("the command", func() bool { return log() == "begun 1\n" })
	r.write(".env", "A=2\n")
	r.until("a restart", func() bool { return log() == "begun 1\nended 1\nbegun 2\n" })
	r.signal(syscall.SIGTERM)
	r.ends(7)
}

// ignoringTERM starts a command that goes on for a moment after SIGTERM.
func (r *rig) ignoringTERM() *rig {
	r.onTTY(r.aside, "run", "--", r.child, "signals").sees("ready")
	r.signal(syscall.SIGTERM)
	r.sees(got(syscall.SIGTERM))
	pid, _ := strconv.Atoi(r.sees(`ready (\d+)`))
	syscall.Kill(pid, syscall.SIGALRM)
	return r
}

// ignoresTERM waits for longer than the default of --grace.
func (r *rig) ignoresTERM() {
	r.run(r.aside, "run", "--", r.child, "signals").sees("ready")
	r.signal(syscall.SIGTERM)
	r.sees(got(syscall.SIGTERM))
	time.Sleep(11 * time.Second)
	r.signal(syscall.SIGUSR1)
	r.sees(got(syscall.SIGUSR1))
	r.finish()
}

func (r *rig) killedAfterGrace() {
	r.run(r.aside, "run", "--grace", "200ms", "--", r.child, "signals").sees("ready")
	r.signal(syscall.SIGTERM)
	r.sees(got(syscall.SIGTERM))
	r.ends(128 + 9)
	r.sees(`^aside: killing what did not end within 200ms: process \d+ \(child\)$`)
}

// inheritsIgnored: those that Go lets a program inherit.
func (r *rig) inheritsIgnored(watch string) {
	const hupIntTstp = 1<<0 | 1<<1 | 1<<19
	r.run("sh", "-c", `trap '' HUP INT TSTP; exec aside run `+watch+` -- grep SigIgn /proc/self/status`).ends(0)
	mask, err := strconv.ParseUint(r.sees(`SigIgn:\s+(\w+)`), 16, 64)
	if err != nil || mask != hupIntTstp {
		r.Fatalf("ignored signals %x, want %x", mask, hupIntTstp)
	}
	r.onTTY("sh", "-c", `trap '' HUP INT TSTP; exec aside run `+watch+` -- grep SigIgn /proc/self/status`).ends(0)
	r.counts(2, fmt.Sprintf(`SigIgn:\s+%016x`, hupIntTstp))
}

func (r *rig) nohup() {
	r.run("nohup", r.aside, "run", "--", "sh", "-c", `echo ready; while :; do sleep 0.02; done`).sees("ready")
	r.signal(syscall.SIGHUP)
	time.Sleep(50 * time.Millisecond)
	r.signal(syscall.SIGTERM)
	r.ends(128 + 15)
}

func (r *rig) cleanMask(watch string) {
	args := []string{r.child, "blocking", r.aside, "run", watch, "--", "grep", "SigBlk", "/proc/self/status"}
	r.run(args...).ends(0)
	r.counts(1, `SigBlk:\s+0{16}$`)
	r.onTTY(args...).ends(0)
	r.counts(2, `SigBlk:\s+0{16}$`)
}

func (r *rig) passesOnBlocked() {
	r.run(r.child, "blocking", r.aside, "run", "--", r.child, "signals").sees("ready")
	r.signal(syscall.SIGTERM)
	r.sees(got(syscall.SIGTERM))
	r.finish()
}

// signalWhileReading: .env is a pipe that nobody writes to.
func (r *rig) signalWhileReading(watch string, sig syscall.Signal) {
	file := filepath.Join(r.dir, ".env")
	if err := unix.Mkfifo(file, 0o600); err != nil {
		r.Fatal(err)
	}
	r.run(r.aside, "run", watch, "--", "echo", "started")
	var writer *os.File
	r.until("a reader of .env", func() (ok bool) {
		var err error
		writer, err = os.OpenFile(file, os.O_WRONLY|unix.O_NONBLOCK, 0)
		return err == nil
	})
	defer writer.Close()
	r.signal(sig)
	r.ends(128 + int(sig))
	r.counts(0, "started")
	r.counts(0, "goroutine")
}

// signalToStore: no command of a store is left behind.
func (r *rig) signalToStore() {
	r.write("aside.yaml", "app: a\nstore: {exec: [sh, -c, 'echo asked >&2; exec sleep 1000']}\n")
	r.run(r.aside, "run", "--no-watch", "--", "echo", "started")
	r.until("the store's command", func() bool { return len(r.left()) > 0 })
	r.signal(syscall.SIGTERM)
	r.ends(128 + 15)
	r.nothingLeft()
}

// reloadWhileRestarting: what reads its configuration at SIGHUP reads it as it starts.
func (r *rig) reloadWhileRestarting() {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--grace", "1h", "--healthy-after", "0", "--", r.child, "signals").sees("ready")
	r.write(".env", "A=2\n")
	r.sees(got(syscall.SIGTERM))
	r.signal(syscall.SIGHUP)
	r.sees(got(syscall.SIGHUP))
	pid, _ := strconv.Atoi(r.sees(`ready (\d+)`))
	syscall.Kill(pid, syscall.SIGALRM)
	r.seesTimes(2, "ready")
	r.finish()
}

func (r *rig) signalWhileRestarting(sig syscall.Signal) {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--grace", "1h", "--", r.child, "signals").sees("ready")
	r.write(".env", "A=2\n")
	r.sees(got(syscall.SIGTERM))
	r.signal(sig)
	if sig != syscall.SIGTERM {
		r.sees(got(sig))
	}
	time.Sleep(20 * time.Millisecond)
	pid, _ := strconv.Atoi(r.sees(`ready (\d+)`))
	syscall.Kill(pid, syscall.SIGALRM)
	r.ends(128 + int(sig))
	r.counts(1, "ready")
	r.counts(1, got(sig))
}
