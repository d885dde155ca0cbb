//go:build unix

package main

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// outputLike returns both ends of a terminal where f is one, else of a pipe. The
// terminal is one for output only: it changes nothing, has no part in job control,
// and is as large as f until stop is called.
func outputLike(f *os.File) (r, w *os.File, stop func(), err error) {
	if !term.IsTerminal(int(f.Fd())) {
		r, w, err = os.Pipe()
		return r, w, func() {}, err
	}
	if r, w, err = pty.Open(); err != nil {
		return nil, nil, nil, fmt.Errorf("open a terminal for the command: %w", err)
	}
	if _, err = term.MakeRaw(int(w.Fd())); err != nil {
		return nil, nil, nil, fmt.Errorf("set the modes of the command's terminal: %w", err)
	}
	pty.InheritSize(f, r)
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	var follow sync.WaitGroup
	follow.Go(func() {
		for range resized {
			pty.InheritSize(f, w)
		}
	})
	return r, w, func() {
		signal.Stop(resized)
		close(resized)
		follow.Wait()
	}, nil
}
