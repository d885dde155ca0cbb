//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// bash starts a shell with job control.
func (r *rig) bash() *rig {
	r.Helper()
	r.env = append(r.env, "PS1=prompt> ", "HISTFILE=")
	r.onTTY("bash", "--norc", "--noprofile", "-i").prompt()
	r.types("bind 'set enable-bracketed-paste off'; stty cols 500\n")
	r.prompt()
	return r
}

// prompt waits for the next prompt of bash.
func (r *rig) prompt() {
	r.Helper()
	r.prompts++
	r.seesTimes(r.prompts, "prompt> ")
}

// ctrlCEnds types Ctrl-C when the command has the terminal, and asks bash for its code.
func (r *rig) ctrlCEnds(command string) {
	r.Helper()
	r.until("the command in the foreground", func() bool { return r.foreground() == command })
	r.types("\x03")
	r.prompt()
	r.types("echo code=$?\n")
	r.sees("^code=130$")
}

func (r *rig) bashSession() {
	r.bash()
	r.types("aside run -- sh -c 'stty -echo -icanon; " + reader + "'\n")
	r.sees("^begun")
	r.types("\x1a")
	r.sees(`Stopped +aside run`)
	r.prompt()
	r.types("stty -a\n") // readline has modes of its own while it asks
	r.sees(`[; ]echo `)
	r.prompt()
	r.types("jobs\n")
	r.seesTimes(2, `^\[1\]\+ +Stopped +aside run`)
	r.prompt()
	r.types("fg\n")
	r.until("the modes of the command", func() bool { return !r.echoes() && r.foreground() == "sh" })
	r.types("hello\n")
	r.sees("^read hello")
	r.types("\x1a") // and once more
	r.seesTimes(3, `Stopped +aside run`)
	r.prompt()
	r.types("fg\n")
	r.until("the modes of the command", func() bool { return !r.echoes() && r.foreground() == "sh" })
	r.types("again\n")
	r.sees("^read again")
	r.counts(1, "again") // without an echo
	r.types("\x03")
	r.prompt()
	r.types("echo code=$?\n")
	r.sees("^code=130$")
	r.prompt()
	r.types("jobs; exit 3\n")
	r.ends(3)
	r.counts(3, "Stopped")
}

// dashSession: unlike bash, dash leaves the terminal's modes to its jobs.
func (r *rig) dashSession() {
	r.env = append(r.env, "PS1=prompt> ")
	r.onTTY("dash", "-i").prompt()
	r.types("aside run -- sh -c 'stty -echo; " + reader + "'\n")
	r.sees("^begun")
	r.types("\x1a")
	r.prompt()
	if !r.echoes() {
		r.Fatal("the shell got the modes of the command")
	}
	r.types("fg\n")
	r.until("the modes of the command", func() bool { return !r.echoes() && r.foreground() == "sh" })
	r.types("hello\n")
	r.sees("^read hello")
	r.types("\x04")
	r.sees("^over$")
}

// foreground names the leader of the terminal's foreground process group.
func (r *rig) foreground() string {
	pgrp, err := unix.IoctlGetInt(int(r.tty.Fd()), unix.TIOCGPGRP)
	if err != nil {
		r.Fatal(err)
	}
	if inner, ok := r.relayed(pgrp); ok {
		pgrp = inner
	}
	name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pgrp))
	return strings.TrimSpace(string(name))
}

// scriptBetween: as in npm run, a shell without job control waits for aside.
func (r *rig) scriptBetween() {
	r.write("script", "aside run -- sh -c '"+reader+"'\necho \"after $?\"\n")
	r.bash()
	r.types("sh ./script\n")
	r.sees("^begun")
	r.types("\x1a")
	r.sees(`Stopped +sh \./script`)
	r.prompt()
	r.types("ps -o stat=,args= -t $(tty) | grep -c '^T'\n")
	r.sees("^3$") // the script, aside and the command
	r.prompt()
	r.types("fg\n")
	r.until("the command in the foreground", func() bool { return r.foreground() == "sh" })
	r.types("hello\n")
	r.sees("^read hello")
	r.types("\x04")
	r.sees("^after 0$")
	r.prompt()
	r.types("exit\n")
	r.ends(0)
}

// pipeline and bgThenFg: the shell that is stopped forks nothing. One that is
// stopped while it waits for a vforked child, before that child's exec, waits on.
func (r *rig) pipeline() {
	r.bash()
	r.types("aside run -- sh -c 'trap : INT QUIT; child signals >&2; :' | cat\n") // it reaches the whole group
	r.sees("ready")
	r.types("\x03")
	r.sees(got(syscall.SIGINT))
	r.types("\x1c")
	r.sees(got(syscall.SIGQUIT))
	r.counts(1, got(syscall.SIGINT))
	r.counts(1, got(syscall.SIGQUIT))
	pid, _ := strconv.Atoi(r.sees(`ready (\d+)`))
	syscall.Kill(pid, syscall.SIGALRM)
	r.prompt()

	r.types("aside run -- sh -c 'echo begun; while :; do :; done' | cat\n")
	r.sees("^begun$")
	r.types("\x1a")
	r.sees(`Stopped +aside run`)
	r.prompt()
	r.types("ps -o stat=,comm= -t $(tty) | grep -c '^T'\n")
	r.sees("^3$") // aside, sh and cat
	r.prompt()
	r.types("fg\n")
	r.sees(`^aside run`)
	r.types("\x03")
	r.prompt()
	r.types("exit\n")
	r.ends(130)
}

func (r *rig) background() {
	r.write(".env", "A=1\n")
	r.bash()
	r.types("aside run -- sh -c '" + reader + "' &\n")
	r.sees("begun 1$")
	r.types("\n") // let bash tell
	r.prompt()
	r.types("sleep 0.3\n")
	r.prompt()
	r.sees(`Stopped(\(SIGTTIN\)| \(tty input\))? +aside run`)
	r.prompt()
	r.types("fg\n")
	r.until("the command in the foreground", func() bool { return r.foreground() == "sh" })
	r.types("hello\n")
	r.sees("^read hello")
	r.types("\x03")
	r.prompt()
	r.types("echo code=$?\n")
	r.sees("^code=130$")
}

// bgThenFg: bash sends nothing to a job that runs, so the command gets the
// terminal when it asks for it. (exec: a shell that forks may lose a Ctrl-C.)
func (r *rig) bgThenFg() {
	r.bash()
	r.types("aside run -- sh -c 'stty -echo; echo begun; until [ -e go ]; do :; done; read x; echo \"read $x\"; exec sleep 1000'\n")
	r.sees("^begun")
	r.types("\x1a")
	r.sees(`Stopped +aside run`)
	r.prompt()
	r.types("bg\n")
	r.prompt()
	r.types("jobs\n")
	r.sees(`Running +aside run`)
	r.prompt()
	r.types("fg\n")
	r.until("aside in the foreground", func() bool { return r.foreground() == "aside" })
	r.write("go", "")
	r.until("the modes of the command", func() bool { return !r.echoes() && r.foreground() == "sh" })
	r.types("hello\n")
	r.sees("^read hello$")
	r.types("\x03")
	r.prompt()
	r.types("echo code=$?\n")
	r.sees("^code=130$")
}

// continuedOnce: fg sends SIGCONT to aside, which passes it on, and does not do so again.
func (r *rig) continuedOnce() {
	r.bash()
	r.types("aside run -- sh -c 'trap \"echo went on\" CONT; echo begun; while :; do :; done'\n")
	r.sees("^begun")
	for i := 1; i <= 3; i++ { // two that are pending at once are one
		r.types("\x1a")
		r.seesTimes(i, `Stopped +aside run`)
		r.prompt()
		r.types("fg\n")
		r.seesTimes(i, "^went on$")
	}
	r.types("\x03")
	r.prompt()
	r.types("echo code=$?\n")
	r.sees("^code=130$")
	r.counts(3, "^went on$")
}

// ctrlZWithoutShell: the kernel discards the stop of an orphaned process group,
// so the command has to go on too.
func (r *rig) ctrlZWithoutShell() {
	r.onTTY(r.aside, "run", "--", "sh", "-c", reader).sees("^begun")
	r.types("\x1a")
	r.types("hello\n")
	r.sees("^read hello")
	r.types("\x04")
	r.ends(0)
}

// bashInside has job control of its own.
func (r *rig) bashInside() {
	r.env = append(r.env, "PS1=prompt> ")
	r.onTTY(r.aside, "run", "--", "bash", "--norc", "--noprofile", "-i").prompt()
	r.types("sleep 1000\n")
	r.until("sleep in the foreground", func() bool { return r.foreground() == "sleep" })
	r.types("\x1a")
	r.sees(`^\[1\]\+ +Stopped +sleep 1000`)
	r.prompt()
	r.types("fg\n")
	r.until("sleep in the foreground", func() bool { return r.foreground() == "sleep" })
	r.types("\x03")
	r.prompt()
	r.types("echo code=$?\n")
	r.sees("^code=130$")
	r.prompt()
	r.types("exit 5\n")
	r.ends(5)
	r.counts(0, "job control")
}

// ctrlZWhileRestarting: the old command ends meanwhile, and fg starts the new one.
func (r *rig) ctrlZWhileRestarting() {
	r.write(".env", "A=1\n")
	r.write("wait", "")
	r.bash()
	r.types(`aside run -- sh -c 'trap "echo ending; while [ -e wait ]; do sleep 0.02; done; exit" TERM; echo "begun $A"; while :; do sleep 0.02; done'` + "\n")
	r.sees("^begun 1$")
	r.write(".env", "A=2\n")
	r.sees("^ending$")
	r.types("\x1a")
	r.sees(`Stopped +aside run`)
	r.prompt()
	os.Remove(filepath.Join(r.dir, "wait"))
	r.types("fg\n")
	r.sees(`^(?:\^Z)?begun 2$`) // where a busy machine echoes late
	r.ctrlCEnds("sh")
}

// tostop: aside may say something while the command has the terminal.
func (r *rig) tostop() {
	r.write(".env", "A=1\n")
	r.bash()
	r.types("stty tostop\n")
	r.prompt()
	r.types("aside run -- sh -c 'echo \"begun $A\"; exec sleep 1000'\n")
	r.sees("^begun 1$")
	r.write(".env", "A=2\n")
	r.sees(`^aside: restarting: A changed`)
	r.sees("^begun 2$")
	r.counts(0, "Stopped")
	r.ctrlCEnds("sleep")
}

// ctrlZWhileWaiting: there is no command that could stop.
func (r *rig) ctrlZWhileWaiting() {
	r.write(".env", "A=1\n")
	r.bash()
	r.types("aside run --on-exit wait -- sh -c 'echo \"ran $A\"'\n")
	r.sees("^ran 1$")
	r.sees("waiting for a change")
	r.types("\x1a")
	r.sees(`Stopped +aside run`)
	r.prompt()
	r.types("fg\n")
	r.until("aside in the foreground", func() bool { return r.foreground() == "aside" })
	r.write(".env", "A=2\n")
	r.sees("^ran 2$")
	r.seesTimes(2, "waiting for a change")
	r.types("\x03")
	r.prompt()
	r.types("echo code=$?\n")
	r.sees("^code=130$")
}
