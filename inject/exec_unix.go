//go:build unix

package inject

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// Exec reads the environment and replaces the running program by the command:
// same process, same file descriptors, terminal and signal dispositions. Of the
// Supervisor it takes Command, Deliver, Resolve and Signals. It returns only an
// error: that of Resolve, an [ExitStatus] where a signal came first, a
// [*StartError] where the command could not be started.
//
// Nobody stays to remove files. So on Linux they are all sealed ones without a
// name, as of [AsDescriptor], which end with the command: NAME_FILE is
// /proc/PID/fd/N (of AsDescriptor /proc/self/fd/N), or the path that was asked
// for, where there is a symlink then. Elsewhere a file is an error.
func (s *Supervisor) Exec(ctx context.Context) error {
	sweepDead()
	env, err := s.read(ctx)
	if err != nil {
		return err
	}
	l, err := s.prepare(env)
	if err != nil {
		return err
	}
	if err := new(deliverer).check(l.parcels); err != nil {
		return err
	}
	if l.dir != "" {
		if err := os.Chdir(l.dir); err != nil {
			return err
		}
		l.dir = ""
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	clearSignalMask()
	signal.Reset(relayed()...) // from here on they are for the command
	select {
	case sig := <-s.Signals:
		if err := endedBy(sig); err != nil {
			return err
		}
	default:
	}
	l, undo, err := l.takeAlong()
	if err != nil {
		return err
	}
	err = l.exec()
	undo()
	return startError(l.path, err)
}

// exec replaces this program by the command, in the current folder.
func (l launch) exec() error {
	return l.asProgram(func(l launch) error { return syscall.Exec(l.path, l.argv, l.environ) })
}

// read is Resolve, until a signal says to end.
func (s *Supervisor) read(ctx context.Context) (*Environment, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	resolved := make(chan resolution, 1)
	go func() {
		env, err := s.Resolve(ctx)
		resolved <- resolution{env, err}
	}()
	for {
		select {
		case r := <-resolved:
			return r.env, r.err
		case sig := <-s.Signals:
			if err := endedBy(sig); err != nil {
				cancel() // and wait for the commands of stores to end, but not for a file system that hangs
				select {
				case <-resolved:
				case <-time.After(time.Second):
				}
				return nil, err
			}
		}
	}
}

// endedBy is [EndedBy] for a signal that is a wish to end, and nil for others.
func endedBy(s os.Signal) error {
	if sig, _ := s.(syscall.Signal); ends(sig) {
		return EndedBy(sig)
	}
	return nil
}
