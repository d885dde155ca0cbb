//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

func trees() []behaviour {
	return []behaviour{
		{"the command leads its own process group; aside is a child subreaper", map[string]func(*rig){
			"without a terminal": func(r *rig) { r.leads((*rig).run) },
			"on a terminal":      func(r *rig) { r.leads((*rig).onTTY) },
			"subreaper":          (*rig).subreaper,
		}},
		{"before a restart starts the new command, nothing of the old one is left, and ports are free again", map[string]func(*rig){
			"sh -c 'server & wait'":             func(r *rig) { r.portIsFree("child server $ADDRESS & wait") },
			"a server in a session of its own":  func(r *rig) { r.portIsFree("setsid child server $ADDRESS & wait") },
			"a server that forked twice":        func(r *rig) { r.portIsFree("(setsid child server $ADDRESS &) & wait; sleep 1000") },
			"a server without its first thread": func(r *rig) { r.portIsFree("setsid child headless $ADDRESS & wait") },
			"a stopped server":                  func(r *rig) { r.portIsFree("child server $ADDRESS & kill -STOP $!; sleep 1000") },
			"a stopped process":                 (*rig).wakesUp,
			"all of it at once":                 (*rig).treeIsGone,
			"on a terminal":                     (*rig).treeIsGoneOnTTY,
			"helpers of a clean end":            (*rig).cleansUp,
			"a helper that stays":               (*rig).leavesHelper,
			"what its parent tells to end":      (*rig).tellsOnce,
			"but a child from before":           (*rig).leavesEarlierChild,
		}},
		{"when aside is killed with KILL, the command dies with it", map[string]func(*rig){
			"without a terminal":   func(r *rig) { r.diesWithAside((*rig).run) },
			"on a terminal":        func(r *rig) { r.diesWithAside((*rig).onTTY) },
			"also after a restart": (*rig).diesWithAsideLater,
		}},
		{"as PID 1 aside reaps every orphan, and never takes an orphan's exit for its command's", initTests()},
		{"--no-watch is an execve: same PID, nothing of aside left, file descriptors, terminal and signal dispositions untouched", execTests()},
	}
}

// left lists the processes that run in the folder of the rig, but for aside.
func (r *rig) left() []string {
	var found []string
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		cwd, _ := os.Readlink(dir + "/cwd")
		cmdline, _ := os.ReadFile(dir + "/cmdline")
		if cwd == r.dir && len(cmdline) > 0 && filepath.Base(dir) != strconv.Itoa(r.pid()) {
			found = append(found, filepath.Base(dir)+" "+strings.ReplaceAll(string(cmdline), "\x00", " "))
		}
	}
	return found
}

func (r *rig) nothingLeft() {
	r.Helper()
	if left := r.left(); len(left) > 0 {
		r.Fatalf("left behind: %s", strings.Join(left, ", "))
	}
}

// freeAddress returns one on which nobody listens. Its port is below those that
// the system gives to connections, one of which could take it between two commands.
func (r *rig) freeAddress() string {
	for {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
}

func (r *rig) leads(start func(*rig, ...string) *rig) {
	start(r, r.aside, "run", "--", "sh", "-c", `read -r pid name state ppid pgrp rest </proc/$$/stat; echo "$pid $pgrp"`).ends(0)
	ids := strings.Fields(r.sees(`^(\d+ \d+)$`))
	if ids[0] != ids[1] {
		r.Fatalf("process %s is in the process group %s", ids[0], ids[1])
	}
}

// subreaper: what forks twice comes back to aside.
func (r *rig) subreaper() {
	r.run(r.aside, "run", "--", "sh", "-c", `(sh -c 'echo ready; sleep 0.05; read -r pid name state ppid rest </proc/$$/stat; echo "parent $ppid"' &); exec sleep 1000`)
	if parent := r.sees(`^parent (\d+)$`); parent != strconv.Itoa(r.pid()) {
		r.Fatalf("the orphan's parent is %s, want aside, %d", parent, r.pid())
	}
	r.signal(syscall.SIGTERM)
	r.ends(128 + 15)
	r.nothingLeft()
}

// portIsFree: the server ignores SIGTERM, and holds its port until it is killed.
func (r *rig) portIsFree(script string) {
	r.env = append(r.env, "ADDRESS="+r.freeAddress())
	r.run(r.aside, "run", "--grace", "300ms", "--", "sh", "-c", script)
	for i := 1; i <= 3; i++ {
		if strings.Contains(script, "STOP") {
			r.until("the server", func() bool { return len(r.left()) >= 3 })
		} else {
			r.seesTimes(i, "^listening on")
		}
		if i < 3 {
			r.write(".env", fmt.Sprintf("A=%d\n", i))
			r.seesTimes(i, "^aside: restarting")
		}
	}
	r.counts(0, "failed")
	r.signal(syscall.SIGTERM)
	r.code()
	r.nothingLeft()
}

// wakesUp: a process that is stopped hears of a signal when it is continued.
func (r *rig) wakesUp() {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--", "sh", "-c", `child sleep & kill -STOP $!; echo "begun $A"; wait`).sees("^begun 1$")
	r.write(".env", "A=2\n")
	r.sees("^begun 2$")
	r.counts(0, "killing")
}

func (r *rig) treeIsGone() {
	_, port, _ := net.SplitHostPort(r.freeAddress())
	r.env = append(r.env, "PORT="+port)
	for value := 1; value <= 4; value++ {
		r.write(".env", fmt.Sprintf("VALUE=%d\n", value))
		if value == 1 {
			r.run(r.aside, "run", "--", r.child, "tree")
		}
		r.sees(fmt.Sprintf("^ready %d$", value))
		// The command and three of its descendants; the fourth is a zombie at most.
		r.until("the whole tree", func() bool { return len(r.left()) == 4 })
	}
	r.counts(0, "failed|killing")
	r.signal(syscall.SIGTERM)
	r.ends(128 + 15)
	r.nothingLeft()
}

func (r *rig) treeIsGoneOnTTY() {
	_, port, _ := net.SplitHostPort(r.freeAddress())
	r.env = append(r.env, "PORT="+port)
	r.write(".env", "VALUE=1\n")
	r.onTTY(r.aside, "run", "--", r.child, "tree").sees("^ready 1$")
	r.write(".env", "VALUE=2\n")
	r.sees("^ready 2$")
	r.until("the whole tree", func() bool { return len(r.left()) == 4 })
	r.counts(0, "failed|killing")
	r.signal(syscall.SIGTERM)
	r.ends(128 + 15)
	r.nothingLeft()
}

// cleansUp: what a command starts as it ends is not told to end as well.
func (r *rig) cleansUp() {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--", "sh", "-c",
		`trap 'kill $!; sleep 0.3 && echo cleaned; exit' TERM; echo "begun $A"; sleep 1000 & wait`).sees("^begun 1$")
	r.write(".env", "A=2\n")
	r.sees("^begun 2$")
	r.counts(1, "^cleaned$")
	r.signal(syscall.SIGTERM)
	r.code()
}

// tellsOnce: a supervisor, as dumb-init or another aside, is told to end and tells
// what it started in a process group of its own. Some servers take a second
// SIGTERM for an order to end at once.
func (r *rig) tellsOnce() {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--grace", "500ms", "--", "sh", "-c",
		`trap 'kill $p' TERM; setsid child signals & p=$!; wait; wait`).sees("^ready")
	r.write(".env", "A=2\n")
	r.seesTimes(2, "^ready")
	r.counts(1, "^got 15$")
	r.signal(syscall.SIGTERM)
	r.code() // --grace is for this too
	r.counts(2, "^got 15$")
	r.nothingLeft()
}

// leavesHelper: what is left of a clean end is told to end once nobody waits for it.
// (No shell: what it forks loses a signal that comes before its exec.)
func (r *rig) leavesHelper() {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--", r.child, "helped", "A").sees("^started A=1")
	r.write(".env", "A=2\n")
	r.sees("^started A=2")
	r.counts(1, "^terminated A=1")
	r.counts(0, "killing")
	r.signal(syscall.SIGTERM)
	r.ends(0)
}

// leavesEarlierChild: a child of what became aside is no part of the command.
func (r *rig) leavesEarlierChild() {
	r.write(".env", "A=1\n")
	r.run("sh", "-c", `setsid child sleep & echo "other $!"; exec aside run -- sh -c 'echo "begun $A"; exec child sleep'`).sees("^begun 1$")
	other, _ := strconv.Atoi(r.sees(`^other (\d+)$`))
	r.write(".env", "A=2\n")
	r.sees("^begun 2$")
	r.signal(syscall.SIGTERM)
	r.ends(128 + 15)
	r.counts(0, "killing")
	if err := syscall.Kill(other, syscall.SIGKILL); err != nil {
		r.Fatalf("the child from before: %v", err)
	}
}

func (r *rig) diesWithAside(start func(*rig, ...string) *rig) {
	start(r, r.aside, "run", "--", r.child, "signals").killAside()
}

func (r *rig) diesWithAsideLater() {
	r.write(".env", "A=1\n")
	r.run(r.aside, "run", "--grace", "50ms", "--", "sh", "-c", `echo "begun $A"; exec child signals`).sees("begun 1")
	r.sees("ready") // it may be killed sooner
	r.write(".env", "A=2\n")
	r.sees("begun 2")
	r.seesTimes(2, "ready")
	r.killAside()
}

func (r *rig) killAside() {
	pid := r.sees(`ready (\d+)`)
	r.signal(syscall.SIGKILL)
	r.ends(128 + 9)
	r.until("the command's end", func() bool {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		return err != nil || strings.Contains(string(stat), ") Z ")
	})
}
