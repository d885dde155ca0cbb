//go:build unix && !linux

package inject

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// sweepAgain is how soon a tree whose leader has ended is looked at again: the
// others are not our children here, and nothing tells of their end.
const sweepAgain = 5 * time.Millisecond

// becomeReaper does nothing: this system has no subreaper. What leaves the
// command's process group with setsid is out of reach.
func becomeReaper() {}

func aliens() map[int]ticks { return nil }

func processAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func dieWithParent() {}

func clearSignalMask() {}

func (h *host) reapOrphans() {}

func giveBackPages() {}

// A member stands for the whole process group: a negative pid, as for kill(2).
type member struct {
	pid, group int
	name       string
}

// ticks and startedBefore: the group is as old as the command.
type ticks struct{}

func sinceBoot() ticks { return ticks{} }

func (m member) startedBefore(ticks) bool { return true }

// paused cannot be told here; a SIGCONT too many does no harm.
func (m member) paused() bool { return true }

// orphan reports that nothing new shows up in a process group.
func (m member) orphan() bool { return false }

func (p *unixProcess) members() []member { return p.group() }

// sharesProcessGroup cannot be told without a list of processes.
func sharesProcessGroup() bool { return false }

// isBelow cannot be told without a list of processes.
func isBelow(int) bool { return false }

// withoutTTOU runs f while SIGTTOU is ignored, as a program in the background
// must to change its terminal. A handler is reset by exec, ignoring is not.
func withoutTTOU(f func()) {
	signal.Ignore(unix.SIGTTOU)
	defer func() {
		handler := make(chan os.Signal, 1)
		signal.Notify(handler, unix.SIGTTOU)
		signal.Stop(handler) // the handler stays
	}()
	f()
}
