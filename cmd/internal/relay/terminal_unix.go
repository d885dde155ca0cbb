//go:build unix

package relay

import (
	"fmt"
	"os"
	"sync"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// A terminal is the one that the user sits at.
type terminal struct {
	f     *os.File
	modes *term.State // as they are to be without us

	mu    sync.Mutex
	input *input // nil while it is not ours to read from
	size  pty.Winsize
}

func openTerminal() (*terminal, error) {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	modes, err := term.GetState(int(f.Fd()))
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("read the terminal's modes: %w", err)
	}
	return &terminal{f: f, modes: modes}, nil
}

// copyTo makes another terminal like this one.
func (t *terminal) copyTo(other *os.File) {
	term.Restore(int(other.Fd()), t.modes)
	t.resize(other)
}

// take makes the terminal ours, if this program is in the foreground: every key
// goes to master as it is, and the size is kept the same.
func (t *terminal) take(master *os.File) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.input != nil || !inForeground(t.f) {
		return
	}
	if _, err := term.MakeRaw(int(t.f.Fd())); err != nil {
		return
	}
	in, err := newInput(t.f, master)
	if err != nil {
		term.Restore(int(t.f.Fd()), t.modes)
		return
	}
	t.input = in
	go t.guard(in.run)
	t.resizeTo(master)
}

func (t *terminal) taken() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.input != nil
}

// leave undoes take.
func (t *terminal) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.input == nil {
		return
	}
	t.input.stop()
	t.input = nil
	term.Restore(int(t.f.Fd()), t.modes)
}

func (t *terminal) close() {
	t.leave()
	t.f.Close()
}

// guard calls f and leaves the terminal should it panic.
func (t *terminal) guard(f func()) {
	defer func() {
		if e := recover(); e != nil {
			t.leave()
			panic(e)
		}
	}()
	f()
}

// resize gives another terminal the size of this one, and reports whether it has changed.
func (t *terminal) resize(other *os.File) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.resizeTo(other)
}

func (t *terminal) resizeTo(other *os.File) bool {
	size, err := pty.GetsizeFull(t.f)
	if err != nil || *size == t.size {
		return false
	}
	t.size = *size
	return pty.Setsize(other, size) == nil
}

// An input passes on what is typed, until it is stopped.
type input struct {
	from, to    *os.File
	wake, woken *os.File // a pipe

	mu      sync.Mutex // held while it waits and reads
	stopped bool
}

func newInput(from, to *os.File) (*input, error) {
	woken, wake, err := os.Pipe()
	return &input{from: from, to: to, wake: wake, woken: woken}, err
}

func (in *input) run() {
	defer in.woken.Close()
	buf := make([]byte, 4096)
	for {
		n := in.read(buf)
		if n <= 0 {
			return
		}
		if _, err := in.to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// read waits for something to be typed. It returns 0 when there is nothing more
// to come, or someone else is to read it. (poll(2) knows no terminals on macOS.)
func (in *input) read(buf []byte) int {
	in.mu.Lock()
	defer in.mu.Unlock()
	from, woken := int(in.from.Fd()), int(in.woken.Fd())
	for !in.stopped {
		var set unix.FdSet
		set.Set(from)
		set.Set(woken)
		_, err := unix.Select(max(from, woken)+1, &set, nil, nil, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || set.IsSet(woken) {
			return 0
		}
		n, err := unix.Read(from, buf)
		if err != unix.EINTR {
			return n
		}
	}
	return 0
}

// stop returns when nothing is read any more. What was read may still be on its way.
func (in *input) stop() {
	in.wake.Close()
	in.mu.Lock()
	in.stopped = true
	in.mu.Unlock()
}
