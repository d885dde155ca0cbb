//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

func terminal() []behaviour {
	return []behaviour{
		{"Ctrl-Z stops the command and aside, the prompt comes back, fg brings both back with the terminal's modes as they were", map[string]func(*rig){
			"a session in bash":          (*rig).bashSession,
			"a session in dash":          (*rig).dashSession,
			"a script in between":        (*rig).scriptBetween,
			"a pipeline":                 (*rig).pipeline,
			"started in the background":  (*rig).background,
			"bg, then fg":                (*rig).bgThenFg,
			"continued once":             (*rig).continuedOnce,
			"no shell to come back to":   (*rig).ctrlZWithoutShell,
			"bash as the command":        (*rig).bashInside,
			"while waiting for a change": (*rig).ctrlZWhileWaiting,
			"while restarting":           (*rig).ctrlZWhileRestarting,
			"stty tostop":                (*rig).tostop,
			"fg, then a restart":         (*rig).fgThenRestart,
		}},
		{"a shell that has taken the terminal keeps it", map[string]func(*rig){
			"when the command ends":             (*rig).shellKeepsTerminal,
			"when the command asks":             (*rig).shellKeepsModes,
			"when the command restarts":         (*rig).shellKeepsTerminalOnRestart,
			"when the command's parent ends":    (*rig).shellOutlivesWrapper,
			"from a command that is late":       (*rig).shellKeepsTerminalFromLate,
			"but the command's own has to give": (*rig).bashInsideRestarts,
		}},
		{"the command can read from the terminal, also after a restart; interactive programs work as if started bare", map[string]func(*rig){
			"reads, restarts, reads":  (*rig).readsAfterRestart,
			"modes after a restart":   (*rig).modesAfterRestart,
			"Ctrl-C while restarting": (*rig).ctrlCWhileRestarting,
			"the script goes on":      (*rig).scriptReadsAfterwards,
			"is in the foreground":    (*rig).startsInForeground,
			"the same environment":    (*rig).sameEnvironment,
			"WINCH once":              func(r *rig) { r.resized(r.aside, "run", "--", r.child, "signals") },
			"WINCH once, in a pipeline": func(r *rig) {
				r.resized("bash", "-c", "aside run -- sh -c 'exec child signals >&2' | cat")
			},
			"python3": func(r *rig) { r.interactive("print(6*7)\n", "KeyboardInterrupt", "exit()\n", "python3", "-q", "-i") },
			"node":    func(r *rig) { r.interactive("console.log(6*7)\n", "To exit", ".exit\n", "node", "-i") },
			"vim":     (*rig).vim,
		}},
	}
}

// reader prints what it reads.
const reader = `echo "begun $A"; while read x; do echo "read $x in $A"; done; echo over`

func (r *rig) readsAfterRestart() {
	r.write(".env", "A=1\n")
	r.onTTY(r.aside, "run", "--", "sh", "-c", reader).sees("^begun 1$")
	r.types("one\n")
	r.sees("^read one in 1$")
	for _, a := range []string{"2", "3"} {
		r.write(".env", "A="+a+"\n")
		r.sees("^begun " + a + "$")
		r.types("again\n")
		r.sees("^read again in " + a + "$")
	}
	r.types("\x04")
	r.sees("^over$")
	r.ends(0)
}

func (r *rig) echoes() bool {
	tty := r.tty
	if own := r.relayedTerminal(); own != nil {
		defer own.Close()
		tty = own
	}
	modes, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		r.Fatal(err)
	}
	return modes.Lflag&unix.ECHO != 0
}

// modesAfterRestart: the old command leaves the terminal without echo.
func (r *rig) modesAfterRestart() {
	r.write(".env", "A=1\n")
	r.onTTY(r.aside, "run", "--", "sh", "-c", `[ $A = 2 ] || stty -echo -icanon; `+reader).sees("^begun 1$")
	if r.echoes() {
		r.Fatal("stty had no effect")
	}
	r.write(".env", "A=2\n")
	r.sees("^begun 2$")
	if !r.echoes() {
		r.Fatal("the new command found the modes of the old one")
	}
	r.types("\x04")
	r.ends(0)
}

func (r *rig) ctrlCWhileRestarting() {
	r.write(".env", "A=1\n")
	r.onTTY(r.aside, "run", "--", "sh", "-c",
		`trap 'echo stopping' TERM; trap 'echo interrupted; exit 0' INT; echo "begun $A"; while :; do sleep 0.02; done`).sees("^begun 1$")
	r.write(".env", "A=2\n")
	r.sees("^stopping$")
	r.types("\x03")
	r.ends(130)
	r.counts(1, "interrupted$")
	r.counts(0, "begun 2")
}

// scriptReadsAfterwards: a shell without job control does not take the terminal
// back itself.
func (r *rig) scriptReadsAfterwards() {
	r.onTTY("sh", "-c", `aside run -- sh -c 'read x; echo "inside $x"'; read y; echo "after $y"`)
	r.types("one\ntwo\n")
	r.sees("^inside one$")
	r.sees("^after two$")
	r.ends(0)
}

// startsInForeground: from its first instruction on.
func (r *rig) startsInForeground() {
	for range 20 {
		// pgrp and tpgid of /proc/PID/stat
		r.onTTY(r.aside, "run", "--", "sh", "-c", `read -r p c s pp g ss t tp x </proc/$$/stat; [ $g = $tp ] && exit 33`).ends(33)
	}
}

func (r *rig) resized(args ...string) {
	r.onTTY(args...).sees("ready")
	for i := 1; i <= 3; i++ {
		if err := pty.Setsize(r.tty, &pty.Winsize{Rows: 30, Cols: uint16(100 + i)}); err != nil {
			r.Fatal(err)
		}
		r.seesTimes(i, got(syscall.SIGWINCH))
	}
	r.types("\x03")
	r.sees(got(syscall.SIGINT))
	r.counts(3, got(syscall.SIGWINCH))
	r.counts(1, got(syscall.SIGINT))
	pid, _ := strconv.Atoi(r.sees(`ready (\d+)`))
	syscall.Kill(pid, syscall.SIGALRM)
	r.code()
}

// interactive talks to a program as one would bare.
func (r *rig) interactive(ask, interrupted, leave string, args ...string) {
	if _, err := exec.LookPath(args[0]); err != nil {
		r.Skip(err)
	}
	r.env = append(r.env, "TERM=xterm")
	r.onTTY(append([]string{r.aside, "run", "--"}, args...)...)
	r.sees(">")
	r.types(ask)
	r.sees("42")
	r.seesTimes(2, "> ")
	r.rests() // python would overlook a signal between its prompt and its select
	r.types("\x03")
	r.sees(interrupted)
	r.types(leave)
	r.ends(0)
}

func (r *rig) vim() {
	if _, err := exec.LookPath("vim"); err != nil {
		r.Skip(err)
	}
	r.onTTY(r.aside, "run", "--", "vim", "-u", "NONE", "-N", "file").sees("~")
	r.types("ihello\x1b:wq\r")
	r.ends(0)
	if text, _ := os.ReadFile(filepath.Join(r.dir, "file")); string(text) != "hello\n" {
		r.Fatalf("vim wrote %q", text)
	}
}
