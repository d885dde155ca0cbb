//go:build unix

package inject

import (
	"syscall"
	"testing"
	"time"
)

// A command that stops again and again, faster than anyone looks, never blocks
// whoever tells of it, and its end is told of.
func TestManyStops(t *testing.T) {
	p := &unixProcess{host: &host{}, eventc: make(chan event, 16)}
	const stoppedByTSTP = syscall.WaitStatus(0x7f | uint32(syscall.SIGTSTP)<<8)
	told := make(chan struct{})
	go func() {
		defer close(told)
		for range 100 {
			p.follow(stoppedByTSTP)
		}
		p.follow(syscall.WaitStatus(7 << 8)) // the end, with 7
	}()
	select {
	case <-told:
	case <-time.After(time.Minute):
		t.Fatal("blocked")
	}
	var last event
	for len(p.eventc) > 0 {
		last = <-p.eventc
	}
	if last != (event{kind: exited, status: 7}) {
		t.Errorf("told of %+v last", last)
	}
}

// Whoever continued this program continued the command with it, which hears of
// it once.
func TestContinuedOnce(t *testing.T) {
	pid, err := syscall.ForkExec("/bin/sleep", []string{"sleep", "1000"}, &syscall.ProcAttr{})
	if err != nil {
		t.Fatal(err)
	}
	wait := func(options int) syscall.WaitStatus {
		var ws syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &ws, options, nil); err != nil {
			t.Fatal(err)
		}
		return ws
	}
	defer wait(0)
	defer syscall.Kill(pid, syscall.SIGKILL)
	syscall.Kill(pid, syscall.SIGSTOP)
	wait(syscall.WUNTRACED)
	p := &unixProcess{host: &host{}, pid: pid, continued: true}
	for _, want := range []bool{false, true} {
		p.signal(syscall.SIGCONT)
		if got := wait(syscall.WCONTINUED | syscall.WNOHANG).Continued(); got != want {
			t.Errorf("continued: %t, want %t", got, want)
		}
	}
}
