package inject

import (
	"maps"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// becomeReaper makes this program the one that orphans below it fall to.
func becomeReaper() { unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// patience is how long an ended process is left to whoever may wait for it.
const patience = time.Second

// reapOrphans collects every zombie but those that a goroutine of this program
// may wait for itself: a credential helper, or the command of a store. If one of
// these is still there a second later, nobody waits for it.
func (h *host) reapOrphans() {
	for {
		pid, err := zombie()
		if err != nil || pid == 0 {
			clear(h.ended)
			return
		}
		switch {
		case h.child != nil && pid == h.child.pid && !h.child.exited:
			h.child.wait()
		case h.spared(pid):
			h.reapAround()
			return
		default:
			reapOne(pid)
		}
	}
}

// spared reports whether a zombie may be awaited. What this program starts but
// for the command is in our own process group, which nothing of a command's tree
// ever is, or leads one that it made itself, as timeout(1) does.
func (h *host) spared(pid int) bool {
	group, err := unix.Getpgid(pid)
	if err != nil || group != unix.Getpgrp() && group != pid {
		return false
	}
	since, known := h.ended[pid]
	if !known {
		since = time.Now()
		h.ended[pid] = since
	}
	return time.Since(since) < patience
}

// reapAround collects the zombies behind one that is spared, and comes back for
// those that are.
func (h *host) reapAround() {
	spared := map[int]bool{}
	for _, m := range processes() {
		switch {
		case m.parent != os.Getpid() || m.state != 'Z':
		case h.child != nil && m.pid == h.child.pid:
			h.child.wait()
		case h.spared(m.pid):
			spared[m.pid] = true
		default:
			reapOne(m.pid)
		}
	}
	if len(spared) > 0 { // or there is no /proc
		maps.DeleteFunc(h.ended, func(pid int, _ time.Time) bool { return !spared[pid] })
	}
	if h.again == nil {
		h.again = time.AfterFunc(patience, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.again = nil
			h.reapOrphans()
		})
	}
}

func reapOne(pid int) {
	var ws syscall.WaitStatus
	syscall.Wait4(pid, &ws, syscall.WNOHANG, nil)
}

// zombie returns a child that has ended and was not collected yet, or 0. The
// error is ECHILD where there is no child at all.
func zombie() (int, error) {
	var info struct {
		_     [3]int32 // signo, errno and code
		child struct { // a union, which is aligned like the pointers in it
			_   [0]uintptr
			pid int32
			_   [28]int32
		}
	}
	for {
		err := unix.Waitid(unix.P_ALL, 0, (*unix.Siginfo)(unsafe.Pointer(&info)), unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return int(info.child.pid), err
		}
	}
}
