package inject

import (
	"runtime"
	"slices"

	"golang.org/x/sys/unix"
)

// isBelow reports whether a process below this one is in a process group, which
// is not our own.
func isBelow(pgrp int) bool {
	found, _ := descendants(nil)
	return slices.ContainsFunc(found, func(m member) bool { return m.group == pgrp })
}

// withoutTTOU runs f on a thread that blocks SIGTTOU, as a program in the
// background must to change its terminal.
func withoutTTOU(f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var block, old unix.Sigset_t
	block.Val[0] = 1 << (uint(unix.SIGTTOU) - 1)
	if unix.PthreadSigmask(unix.SIG_BLOCK, &block, &old) == nil {
		defer unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	}
	f()
}
