package main

import (
	"bytes"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aside-cli/aside/inject"
)

// stay prepares for a life beside a command. What is said while that has the
// terminal, when the terminal is held with Ctrl-S, or when nobody reads any more
// is no reason to stop, to wait or to end; the command itself learns of it by
// what it writes.
func (a *app) stay() {
	a.stderr = newUnhurried(inject.FromBackground(a.stderr))
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
}

// An unhurried writer writes in order, but lets nobody wait for long. What finds
// the queue full for so long is lost.
type unhurried struct{ queue chan message }

type message struct {
	text    []byte
	written chan struct{}
}

func newUnhurried(w io.Writer) unhurried {
	u := unhurried{make(chan message, 64)}
	go func() {
		for m := range u.queue {
			w.Write(m.text)
			close(m.written)
		}
	}()
	return u
}

// Write returns when p is written, or after 0.1 s.
func (u unhurried) Write(p []byte) (int, error) {
	u.put(p, 100*time.Millisecond)
	return len(p), nil
}

// settle waits until all is written, or for 5 s: no command is held up any more.
func (u unhurried) settle() { u.put(nil, 5*time.Second) }

func (u unhurried) put(p []byte, limit time.Duration) {
	over := time.After(limit)
	m := message{bytes.Clone(p), make(chan struct{})}
	select {
	case u.queue <- m:
	case <-over:
		return
	}
	select {
	case <-m.written:
	case <-over:
	}
}
