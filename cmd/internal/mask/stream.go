package mask

import (
	"io"
	"os"
	"sync/atomic"
	"time"
)

const (
	// linger is how long a stream waits for more when a command is gone and
	// something else keeps its output open.
	linger = 100 * time.Millisecond

	// most is what a pipe can hold on Linux, unless it is given more.
	most = 1 << 20
)

// A Stream is the output of a command on its way through a mask.
type Stream struct {
	r       *os.File
	w       *Writer
	ended   chan struct{}
	read    atomic.Int64 // bytes so far
	passed  atomic.Int64 // of them
	waiting atomic.Bool  // for more to read
}

// NewStream returns a stream from r to w, which masks what is in set.
func NewStream(w io.Writer, r *os.File, set *Set) *Stream {
	return &Stream{r: r, w: NewWriter(w, set), ended: make(chan struct{})}
}

// Run passes on until r ends, or w fails: then r is closed, so that the command
// learns of it as if w were its own output.
func (s *Stream) Run() {
	defer close(s.ended)
	defer s.r.Close()
	buf := make([]byte, 64<<10) // what a pipe holds
	for {
		s.waiting.Store(true)
		n, err := s.r.Read(buf)
		s.waiting.Store(false)
		s.read.Add(int64(n))
		if _, failed := s.w.Write(buf[:n]); failed != nil {
			return
		}
		s.passed.Add(int64(n))
		if err != nil {
			s.w.Flush()
			return
		}
	}
}

// Settle waits until all that was written up to now is passed on, for 0.1 s at
// most. It is for a program that is about to stop. A terminal tells of Ctrl-Z
// before it has echoed it, so that nothing is on its way shows after some looks.
func (s *Stream) Settle() {
	end := time.Now().Add(linger)
	for quiet := 0; quiet < 5 && time.Now().Before(end); time.Sleep(time.Millisecond) {
		if s.waiting.Load() && !pending(s.r) && s.waiting.Load() {
			quiet++
		} else {
			quiet = 0
		}
	}
	s.w.Flush()
}

// Wait waits for the end of Run once the command is gone. A process that the
// command left behind may keep the other side open: all that was written up to
// now is passed on, but not what comes after 0.1 to 0.2 s of silence, or goes on
// and on. It returns the error of w, which the command does not learn of if that
// came with the last that it wrote.
func (s *Stream) Wait() error {
	limit := s.read.Load() + most
	for before := int64(-1); ; {
		select {
		case <-s.ended:
			return s.w.Flush()
		case <-time.After(linger):
		}
		now := s.read.Load()
		// Where much comes, Run never seems to wait.
		if s.waiting.Load() && now == before || s.passed.Load() > limit {
			break
		}
		before = now
	}
	s.r.Close()
	return s.w.Flush()
}
