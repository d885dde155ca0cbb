//go:build linux

package main

import (
	"strconv"
	"strings"
	"syscall"
)

// waiter ends when there is a file called go.
const waiter = `echo "begun $A in $PPID"; until [ -e go ]; do sleep 0.02; done; `

// shellHas fails unless bash has the terminal, and answers.
func (r *rig) shellHas() {
	r.Helper()
	before := strings.Count(r.out.String(), "alive\n")
	r.types("echo al''ive\n")
	r.seesTimes(before+1, "alive$")
	if now := r.foreground(); now != "bash" {
		r.Fatalf("%s is in the foreground", now)
	}
}

// stoppedAlone runs aside in bash and stops it as nobody at a terminal does: it
// learns nothing of bash taking the terminal. Then it goes on in the background.
func (r *rig) stoppedAlone(script string) (aside int) {
	r.Helper()
	r.bash()
	r.types("aside run -- sh -c '" + script + "'\n")
	aside, _ = strconv.Atoi(r.sees(`^begun .* ?in (\d+)$`))
	r.until("the command in the foreground", func() bool { return r.foreground() == "sh" })
	syscall.Kill(aside, syscall.SIGSTOP)
	r.prompt()
	r.types("bg\n")
	r.prompt()
	return aside
}

// endsBelowShell lets the command end, and aside with it.
func (r *rig) endsBelowShell(aside int) {
	r.Helper()
	r.write("go", "")
	r.until("its end", func() bool { return syscall.Kill(aside, 0) == syscall.ESRCH })
	r.shellHas()
}

func (r *rig) shellKeepsTerminal() {
	aside := r.stoppedAlone(waiter)
	r.endsBelowShell(aside)
}

// shellKeepsModes: what the command is stopped for is passed on, and nothing
// else: readline goes on with its own modes.
func (r *rig) shellKeepsModes() {
	r.stoppedAlone(waiter + reader)
	r.write("go", "")
	r.until("the second stop", func() bool {
		r.types("\n") // let bash tell
		r.prompt()
		return strings.Count(r.out.String(), "Stopped") == 2
	})
	if r.echoes() {
		r.Fatal("readline lost its modes")
	}
	r.shellHas()
	r.prompt()
	r.types("fg\n")
	r.until("the command in the foreground", func() bool { return r.foreground() == "sh" && r.echoes() })
	r.types("hello\n")
	r.sees("^read hello")
	r.types("\x04")
	r.prompt()
}

func (r *rig) shellKeepsTerminalOnRestart() {
	r.write(".env", "A=1\n")
	aside := r.stoppedAlone(waiter)
	r.write(".env", "A=2\n")
	r.sees("^begun 2 ")
	r.shellHas()
	r.endsBelowShell(aside)
}

// shellOutlivesWrapper: bash waits for what stands between it and aside, not for aside.
func (r *rig) shellOutlivesWrapper() {
	r.bash()
	r.types(`sh -c 'echo "wrapper $$"; aside run -- sh -c "$0"; true' '` + waiter + "'\n")
	wrapper, _ := strconv.Atoi(r.sees(`^wrapper (\d+)$`))
	aside, _ := strconv.Atoi(r.sees(`^begun .* ?in (\d+)$`))
	r.until("the command in the foreground", func() bool { return r.foreground() == "sh" })
	syscall.Kill(wrapper, syscall.SIGKILL)
	r.prompt()
	r.endsBelowShell(aside)
}

// shellKeepsTerminalFromLate: between its start and its first instruction a
// command finds that its parent has the foreground no more.
func (r *rig) shellKeepsTerminalFromLate() {
	r.bash()
	r.types(`sh -c 'aside $(printf "\001foreground") /bin/sh sh -c "echo be""gun"; true' &` + "\n")
	r.sees("begun$")
	r.shellHas()
}

// bashInsideRestarts: the terminal is with a job of the command.
func (r *rig) bashInsideRestarts() {
	r.write(".env", "A=1\n")
	r.env = append(r.env, "PS1=prompt> ", "HISTFILE=")
	r.onTTY(r.aside, "run", "--grace", "100ms", "--", "bash", "--norc", "--noprofile", "-i").prompt()
	r.types("trap '' TERM; sleep 1000\n")
	r.until("sleep in the foreground", func() bool { return r.foreground() == "sleep" })
	r.write(".env", "A=2\n")
	r.prompt()
	r.types("echo now $A\n")
	r.sees("^now 2$")
	r.types("exit\n")
	r.ends(0)
}

// fgThenRestart: the new command gets the terminal as bash leaves it to its jobs.
func (r *rig) fgThenRestart() {
	r.write(".env", "A=1\n")
	r.bash()
	r.types("aside run -- sh -c 'echo \"begun $A\"; until [ $A = 2 ]; do sleep 0.02; done; " + reader + "' &\n")
	r.sees("begun 1$")
	r.prompt()
	r.types("fg\n")
	r.until("aside in the foreground", func() bool { return r.foreground() == "aside" })
	r.write(".env", "A=2\n")
	r.sees("^begun 2$")
	if !r.echoes() {
		r.Fatal("the command found the modes of readline")
	}
	r.types("hello\n")
	r.sees("^read hello in 2$")
	r.types("\x04")
	r.prompt()
}

// sameEnvironment: on a terminal the command starts as aside, whose runtime must
// not heed what is for the command.
func (r *rig) sameEnvironment() {
	r.env = append(r.env, "GOTRACEBACK=crash", "GO=1", "\x01GO=2", "\x01\x01=3", "GOLAND=4", "GO")
	r.write(".env", "GOMEMLIMIT=512MB\nGODEBUG=gctrace=1,inittrace=1\nGOGC=off\n")
	sum := func() string { return r.sees(`^([0-9a-f]{32}) `) }
	r.run(r.aside, "run", "--", "sh", "-c", "md5sum </proc/$$/environ").ends(0)
	bare := sum()
	r.onTTY(r.aside, "run", "--", "sh", "-c", "echo; md5sum </proc/$$/environ").ends(0)
	r.seesTimes(2, `^[0-9a-f]{32} `)
	if sum() != bare {
		r.Fatal("the command got another environment")
	}
	r.counts(0, "fatal|init ")
}
