package inject

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestHelpersKeepTheirExit runs programs of our own, as a credential helper is,
// while a command leaves orphans behind: each exit goes to whom it belongs.
func TestHelpersKeepTheirExit(t *testing.T) {
	h := newHost(false, nil)
	defer h.close()
	p, err := h.start(launch{
		path:    "/bin/sh",
		argv:    []string{"sh", "-c", `for i in $(seq 1 100); do (sh -c "exit $i" &); done; sleep 0.2; exit 9`},
		environ: os.Environ(),
	})
	if err != nil {
		t.Fatal(err)
	}
	var helpers sync.WaitGroup
	for i := range 4 {
		helpers.Go(func() {
			for code := range 50 {
				helper := exec.Command("/bin/sh", "-c", fmt.Sprintf("exit %d", code))
				helper.SysProcAttr = &syscall.SysProcAttr{Setpgid: i%2 == 0} // as timeout(1) does
				err := helper.Run()
				if got, ok := err.(*exec.ExitError); err == nil && code != 0 || err != nil && (!ok || got.ExitCode() != code) {
					t.Errorf("helper that exits with %d: %v", code, err)
				}
			}
		})
	}
	helpers.Wait()
	if e := <-p.events(); e.kind != exited || e.status != 9 {
		t.Errorf("the command ended with %+v, want 9", e)
	}
	p.stop(syscall.SIGTERM)
	if e := <-p.events(); e.kind != gone {
		t.Errorf("got %+v, want gone", e)
	}
}

// TestNobodysChild: a child that this program has through an exec of its parent
// is in its process group, and nobody waits for it.
func TestNobodysChild(t *testing.T) {
	h := newHost(false, nil)
	defer h.close()
	pid, err := syscall.ForkExec("/bin/sh", []string{"sh", "-c", "exit 3"}, &syscall.ProcAttr{})
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); syscall.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it stays a zombie")
		}
	}
}

// TestAliens: what was there before the command, as an agent that the command of
// a store started, is no part of what ends with it.
func TestAliens(t *testing.T) {
	h := newHost(false, nil)
	defer h.close()
	for range 2 {
		agent, err := syscall.ForkExec("/bin/sleep", []string{"sleep", "1000"}, &syscall.ProcAttr{Sys: &syscall.SysProcAttr{Setsid: true}})
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Kill(agent, syscall.SIGKILL)
		p, err := h.start(launch{path: "/bin/sh", argv: []string{"sh", "-c", "setsid sleep 1000 & sleep 1000"}, environ: os.Environ()})
		if err != nil {
			t.Fatal(err)
		}
		p.stop(syscall.SIGTERM)
		if e := <-p.events(); e.kind != exited {
			t.Errorf("got %+v, want exited", e)
		}
		if e := <-p.events(); e.kind != gone {
			t.Errorf("got %+v, want gone", e)
		}
		if syscall.Kill(agent, 0) != nil {
			t.Error("the agent has ended")
		}
	}
}

// On a terminal too a command dies with this program, whatever thread makes it
// the command.
func TestForegroundDiesWithParent(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	started, die := make(chan int), make(chan struct{})
	go onThreadOfItsOwn(func() { // the parent that counts
		pid, err := syscall.ForkExec(self, []string{self, elsewhere, foregroundArg, "/bin/sleep", "sleep", "1000"},
			&syscall.ProcAttr{Files: []uintptr{0, 1, 2}, Sys: &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}})
		if err != nil {
			t.Error(err)
		}
		started <- pid
		<-die
	})
	pid := <-started
	if pid == 0 {
		return
	}
	defer syscall.Kill(pid, syscall.SIGKILL)
	name := fmt.Sprintf("/proc/%d/comm", pid)
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if comm, _ := os.ReadFile(name); string(comm) == "sleep\n" {
			break
		}
		if time.Now().After(end) {
			t.Fatal("it did not become sleep")
		}
	}
	close(die)
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		var ws syscall.WaitStatus
		if got, _ := syscall.Wait4(pid, &ws, syscall.WNOHANG, nil); got == pid {
			break
		}
		if time.Now().After(end) {
			t.Fatal("it lives on")
		}
	}
}

// onThreadOfItsOwn runs f on a thread that ends with f, as the first one never does.
func onThreadOfItsOwn(f func()) {
	runtime.LockOSThread()
	if syscall.Gettid() != syscall.Getpid() {
		f()
		return
	}
	defer runtime.UnlockOSThread()
	var other sync.WaitGroup
	other.Go(func() {
		runtime.LockOSThread()
		f()
	})
	other.Wait()
}

// A process knows when it was started, as exactly as /proc tells.
func TestStartedBefore(t *testing.T) {
	before := sinceBoot()
	time.Sleep(20 * time.Millisecond)
	pid, err := syscall.ForkExec("/bin/sleep", []string{"sleep", "1000"}, &syscall.ProcAttr{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		syscall.Kill(pid, syscall.SIGKILL)
		var ws syscall.WaitStatus
		syscall.Wait4(pid, &ws, 0, nil)
	}()
	time.Sleep(20 * time.Millisecond)
	after := sinceBoot()
	found := false
	for _, m := range processes() {
		found = found || m.pid == pid
		if m.pid == pid && (m.startedBefore(before) || !m.startedBefore(after)) {
			t.Errorf("started at %d, not between %d and %d", m.started, before, after)
		}
	}
	if !found {
		t.Error("it is not in the list")
	}
}

func TestParseStat(t *testing.T) {
	for _, tt := range []struct {
		stat string
		want member
		ok   bool
	}{
		{"12 (sh) S 1 12 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20", member{parent: 1, group: 12, started: 4711, threads: 17, state: 'S', name: "sh"}, true},
		{"12 (a) Z 9) R 7 8 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 0", member{parent: 7, group: 8, threads: 17, state: 'R', name: "a) Z 9"}, true},
		{"12 () T 7 8 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19", member{parent: 7, group: 8, started: 19, threads: 17, state: 'T'}, true},
		{"12 (sh) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18", member{}, false},
		{"12 (sh) S x 1 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19", member{state: 'S', group: 1, started: 19, threads: 17, name: "sh"}, false},
		{"12 sh S 1 2", member{}, false},
		{"", member{}, false},
	} {
		got, ok := parseStat([]byte(tt.stat))
		if got != tt.want || ok != tt.ok {
			t.Errorf("parseStat(%q) = %+v, %v, want %+v, %v", tt.stat, got, ok, tt.want, tt.ok)
		}
	}
}
