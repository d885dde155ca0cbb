//go:build unix

package inject

import (
	"os"
	"runtime"
	"syscall"
)

// Exec replaces the running program by the command: same process, same file
// descriptors, terminal and signal dispositions. It returns only an error,
// which is a [*StartError] where the command could not be started.
func Exec(c Command, env *Environment) error {
	l, err := c.prepare(env)
	if err != nil {
		return err
	}
	if l.dir != "" {
		if err := os.Chdir(l.dir); err != nil {
			return err
		}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	clearSignalMask()
	return startError(l.path, syscall.Exec(l.path, l.argv, l.environ))
}
