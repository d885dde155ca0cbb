//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

func initTests() map[string]func(*rig) {
	return map[string]func(*rig){
		"all 256 exit codes":           (*rig).initCodes,
		"killed":                       (*rig).initKilledCodes,
		"orphans are reaped":           (*rig).initReaps,
		"an orphan's exit":             (*rig).initOrphanExits,
		"signals are passed on":        (*rig).initSignals,
		"TERM while reading":           func(r *rig) { r.initSignalWhileReading("--watch") },
		"TERM while reading, no watch": func(r *rig) { r.initSignalWhileReading("--no-watch") },
		"restarts":                     (*rig).initRestarts,
		"no zombies without PID 1":     (*rig).subreaperReaps,
		"/proc of another namespace":   (*rig).foreignProc,
	}
}

// asInit returns a command line that runs another one as PID 1.
func (r *rig) asInit(args ...string) []string {
	r.Helper()
	namespace := []string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc"}
	if out, err := exec.Command(namespace[0], append(namespace[1:], "true")...).CombinedOutput(); err != nil {
		r.Skipf("no PID namespaces on this machine: %v %s", err, out)
	}
	return append(namespace, args...)
}

// init returns the process that is PID 1 of the namespace, seen from here.
func (r *rig) init() int {
	pid := 0
	r.until("the child of unshare", func() bool {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", r.pid()))
		pid, _ = strconv.Atoi(strings.TrimSpace(string(children)))
		return pid != 0
	})
	return pid
}

func (r *rig) initCodes() {
	exit := r.asInit(r.aside, "run", "--", r.child, "exit")
	for code := range 256 {
		r.run(append(exit, strconv.Itoa(code))...).ends(code)
	}
}

func (r *rig) initKilledCodes() {
	for _, sig := range []int{1, 2, 3, 9, 11, 15} {
		r.run(r.asInit(r.aside, "run", "--", "sh", "-c", fmt.Sprintf("kill -%d $$", sig))...).ends(128 + sig)
	}
}

// zombies counts them until there are as few as there are to be.
const zombies = `
for try in $(seq 1 200); do
	n=$(cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z ')
	[ "$n" = 0 ] && break
	sleep 0.02
done
echo "zombies: $n"`

func (r *rig) initReaps() {
	r.run(r.asInit(r.aside, "run", "--", "sh", "-c",
		`for i in $(seq 1 50); do (sh -c "sleep 0.0$i; exit $i" &) ; done; sleep 0.2; `+zombies+"; exit 9")...).ends(9)
	r.sees("^zombies: 0$")
}

// initOrphanExits: a lot of orphans end, before the command and with it.
func (r *rig) initOrphanExits() {
	orphans := r.asInit(r.aside, "run", "--", "sh", "-c",
		`for i in 1 2 3 4 5 6 7 8 9; do (sh -c "sleep 0.0$i; exit $i" &) ; done; sleep 0.05; exit 33`)
	for range 10 {
		r.run(orphans...).ends(33)
	}
}

func (r *rig) initSignals() {
	r.run(r.asInit(r.aside, "run", "--", r.child, "signals")...).sees("ready")
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM} {
		syscall.Kill(r.init(), sig)
		r.sees(got(sig))
		r.counts(1, got(sig))
	}
	syscall.Kill(r.init(), syscall.SIGKILL)
	r.code()
}

func (r *rig) initSignalWhileReading(watch string) {
	if err := syscall.Mkfifo(filepath.Join(r.dir, ".env"), 0o600); err != nil {
		r.Fatal(err)
	}
	r.run(r.asInit(r.aside, "run", watch, "--", "echo", "started")...)
	var writer *os.File
	r.until("a reader of .env", func() (ok bool) {
		var err error
		writer, err = os.OpenFile(filepath.Join(r.dir, ".env"), os.O_WRONLY|syscall.O_NONBLOCK, 0)
		return err == nil
	})
	defer writer.Close()
	syscall.Kill(r.init(), syscall.SIGTERM)
	r.ends(128 + 15)
	r.counts(0, "started")
}

func (r *rig) initRestarts() {
	r.env = append(r.env, "ADDRESS="+r.freeAddress())
	r.run(r.asInit(r.aside, "run", "--grace", "200ms", "--", "sh", "-c", "(setsid child server $ADDRESS &); sleep 1000")...)
	for i := 1; i <= 3; i++ {
		r.seesTimes(i, "^listening on")
		r.write(".env", fmt.Sprintf("A=%d\n", i))
		r.seesTimes(i, "^aside: restarting")
	}
	r.seesTimes(4, "^listening on")
	r.counts(0, "failed")
	syscall.Kill(r.init(), syscall.SIGTERM)
	r.ends(128 + 15)
}

// subreaperReaps: also where aside is not PID 1.
func (r *rig) subreaperReaps() {
	r.run(r.aside, "run", "--", "sh", "-c", `for i in $(seq 1 30); do (sh -c "sleep 0.0$i" &); done; sleep 0.5; echo done; exec child sleep`)
	r.sees("^done$")
	r.until("no zombies below aside", func() bool {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", r.pid()))
		return len(strings.Fields(string(children))) <= 1
	})
}

// foreignProc: without --mount-proc /proc tells about other processes, and the
// command's process group is all that there is to go by.
func (r *rig) foreignProc() {
	if exec.Command("unshare", "--pid", "--fork", "true").Run() != nil {
		r.Skip("no PID namespaces on this machine")
	}
	r.env = append(r.env, "ADDRESS="+r.freeAddress())
	r.write(".env", "A=1\n")
	r.run("unshare", "--pid", "--fork", "--kill-child", r.aside, "run", "--grace", "200ms", "--healthy-after", "0", "--",
		"sh", "-c", `child server $ADDRESS & [ $A = 2 ] && until [ -e go ]; do sleep 0.02; done && exit 4; wait`).sees("^listening")
	r.write(".env", "A=2\n")
	r.seesTimes(2, "^listening")
	r.write("go", "")
	r.ends(4)
}
