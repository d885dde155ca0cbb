package inject

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// sweepAgain is how soon a tree whose leader has ended is looked at again. Here
// its last members are our own children, whose end wakes us.
const sweepAgain = 50 * time.Millisecond

// aliens are the processes below this one before it starts a command, and when
// they were started: children through an exec of its parent, or an agent that
// the command of a store left to itself. They are no part of the command.
func aliens() map[int]ticks {
	if _, err := zombie(); err == unix.ECHILD {
		return nil
	}
	found := map[int]ticks{}
	all, _ := descendants(nil)
	for _, m := range all {
		found[m.pid] = m.started
	}
	return found
}

func processAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// dieWithParent says for this thread what processAttr says for the first one: if
// another one calls exec, its word counts.
func dieWithParent() { unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0) }

func clearSignalMask() {
	unix.PthreadSigmask(unix.SIG_SETMASK, &unix.Sigset_t{}, nil)
}

// members returns what lives of the tree, the command included.
func (p *unixProcess) members() []member {
	if p.exited {
		if _, err := zombie(); err == unix.ECHILD {
			return nil // no child, so no descendant either
		}
	}
	found, ok := descendants(p.host.alien)
	if !ok {
		return p.group()
	}
	if len(found) == 0 {
		// Who forked and ended while the list was made hid its child in it.
		found, _ = descendants(p.host.alien)
	}
	return found
}

// A member is a process as /proc shows it.
type member struct {
	pid, parent, group int
	started            ticks
	threads            int
	state              byte
	name               string
}

// ticks are hundredths of a second since the boot.
type ticks uint64

func sinceBoot() ticks {
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_BOOTTIME, &t)
	return ticks(t.Nano() / int64(10*time.Millisecond))
}

func (m member) startedBefore(t ticks) bool { return m.started < t }

// alive reports whether any of its threads lives. Where the first has ended, which
// a killed process goes through too, it looks like a zombie, but has its files
// and ports as long as the others run.
func (m member) alive() bool { return m.state != 'X' && (m.state != 'Z' || m.threads > 1) }

// paused reports whether a signal would wait until the process is continued.
func (m member) paused() bool { return m.state == 'T' }

// orphan reports whether its parent has ended and it has come to us.
func (m member) orphan() bool { return m.parent == os.Getpid() }

// descendants returns the living processes below this one, but for those that
// are alien, and those in our own process group. ok is false where there is no
// list of processes.
func descendants(alien map[int]ticks) (found []member, ok bool) {
	below := map[int]bool{os.Getpid(): true}
	all := processes()
	for grown := true; grown; {
		grown = false
		for _, m := range all {
			if started, ok := alien[m.pid]; ok && started == m.started {
				continue
			}
			if below[m.parent] && !below[m.pid] {
				below[m.pid], grown = true, true
				if m.alive() && m.group != unix.Getpgrp() {
					found = append(found, m)
				}
			}
		}
	}
	return found, len(all) > 0
}

// sharesProcessGroup reports whether a process that is neither above nor below
// this one is in its process group: another part of a pipeline.
func sharesProcessGroup() bool {
	kin := map[int]bool{os.Getpid(): true}
	all := processes()
	byPID := make(map[int]member, len(all))
	for _, m := range all {
		byPID[m.pid] = m
	}
	for pid := os.Getppid(); pid > 0 && !kin[pid]; pid = byPID[pid].parent {
		kin[pid] = true
	}
	for _, m := range all {
		if m.group == unix.Getpgrp() && !kin[m.pid] && m.parent != os.Getpid() && m.alive() {
			return true
		}
	}
	return false
}

// processes lists /proc. A process that ends meanwhile is left out. Where /proc
// is missing, or that of another PID namespace, the list is empty.
func processes() []member {
	if self, err := os.Readlink("/proc/self"); err != nil || self != strconv.Itoa(os.Getpid()) {
		return nil
	}
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	var all []member
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if stat, err := os.ReadFile("/proc/" + name + "/stat"); err == nil {
				if m, ok := parseStat(stat); ok {
					m.pid = pid
					all = append(all, m)
				}
			}
		}
	}
	return all
}

// parseStat reads /proc/PID/stat: pid (name) state parent group …, where name
// may hold anything, the number of threads is the 20th, and the start the 22nd
// (proc(5)).
func parseStat(stat []byte) (member, bool) {
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return member{}, false
	}
	fields := bytes.Fields(stat[end+1:])
	if len(fields) < 20 {
		return member{}, false
	}
	parent, err1 := strconv.Atoi(string(fields[1]))
	group, err2 := strconv.Atoi(string(fields[2]))
	threads, err3 := strconv.Atoi(string(fields[17]))
	started, err4 := strconv.ParseUint(string(fields[19]), 10, 64)
	return member{
		parent: parent, group: group, started: ticks(started), threads: threads, state: fields[0][0], name: string(stat[open+1 : end]),
	}, err1 == nil && err2 == nil && err3 == nil && err4 == nil
}
