package mask

import (
	"io"
	"slices"
	"sync"
	"time"
)

const redacted = "[redacted]"

// Quiet is how long a [Writer] holds back what may be the beginning of a value
// when nothing follows it.
const Quiet = 50 * time.Millisecond

// A Writer passes on what it is given, with "[redacted]" in place of values:
// one for all that overlap. Everything else stays byte for byte.
//
// What may be the beginning of a value is held back until that is settled, or
// for [Quiet]; then it is passed on. Should the value be completed later, what
// completes it is masked. A Writer is safe for concurrent use.
type Writer struct {
	set  *Set
	w    io.Writer
	hold time.Duration // Quiet, but in tests

	mu        sync.Mutex
	automaton *automaton
	node      int32  // where the automaton is, at the end of text
	text      []byte // all that node stands for, and all that is held back
	passed    int    // how much of text was passed on already
	found     []span // the values in text[passed:], in order, none overlapping
	masked    []byte // reused
	err       error  // of w, for ever

	timer *time.Timer // nil before the first need
	since time.Time   // when it was started
}

// A span is a part of a text.
type span struct{ from, to int }

// NewWriter returns a Writer that passes on to w, and masks what is in set when
// it is written. Nothing of a Write is passed on after w has failed.
func NewWriter(w io.Writer, set *Set) *Writer {
	return &Writer{set: set, w: w, hold: Quiet}
}

// Write implements [io.Writer]. An error is one of the writer below.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refresh()
	text := p
	if len(w.text) > 0 {
		w.text = append(w.text, p...)
		text = w.text
	}
	w.scan(text, len(text)-len(p))
	w.pass(text, max(len(text)-w.depth(), w.passed))
	w.watch()
	return len(p), w.err
}

// Flush passes on all that is held back.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flush()
	return w.err
}

func (w *Writer) flush() {
	w.pass(w.text, len(w.text))
	w.watch()
}

// refresh follows the set when it has grown.
func (w *Writer) refresh() {
	if a := w.set.automaton.Load(); a != w.automaton {
		w.automaton, w.node = a, 0
		known := w.found
		w.found = nil
		w.scan(w.text, 0)
		w.found = union(append(known, w.found...))
	}
}

// scan finds the values that end in text[i:].
func (w *Writer) scan(text []byte, i int) {
	if w.automaton == nil {
		return
	}
	for {
		end, length := w.automaton.next(text, i, &w.node)
		if length == 0 {
			return
		}
		// What was passed on cannot be masked any more.
		if s := (span{max(end-length, w.passed), end}); s.from < s.to {
			for n := len(w.found); n > 0 && w.found[n-1].to > s.from; n-- {
				s.from = min(s.from, w.found[n-1].from)
				w.found = w.found[:n-1]
			}
			w.found = append(w.found, s)
		}
		i = end
	}
}

// union sorts spans and joins those that overlap.
func union(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var joined []span
	for _, s := range spans {
		if n := len(joined); n > 0 && s.from < joined[n-1].to {
			joined[n-1].to = max(joined[n-1].to, s.to)
		} else {
			joined = append(joined, s)
		}
	}
	return joined
}

// depth is how many bytes at the end of the text may be the beginning of a value.
func (w *Writer) depth() int {
	if w.automaton == nil {
		return 0
	}
	return int(w.automaton.depth[w.node])
}

// pass passes on text[w.passed:end], which no later byte can change, and keeps
// the rest, with all that the automaton has seen the beginning of.
func (w *Writer) pass(text []byte, end int) {
	w.write(text, end)
	w.passed = end
	keep := min(end, len(text)-w.depth())
	// text may be the caller's, or w.text itself.
	w.text = append(w.text[:0], text[keep:]...)
	w.passed -= keep
	for i := range w.found {
		w.found[i].from -= keep
		w.found[i].to -= keep
	}
}

func (w *Writer) write(text []byte, end int) {
	from := w.passed
	out, masked := text[from:end], w.masked[:0]
	known := 0
	for i, s := range w.found {
		if s.from >= end {
			break
		}
		masked = append(masked, text[from:s.from]...)
		if s.to > end { // it may grow: what is masked of it already is dropped
			w.found[i].from, from = end, end
			break
		}
		masked = append(masked, redacted...)
		from = s.to
		known++
	}
	if from > w.passed {
		out = append(masked, text[from:end]...)
		w.masked = out
		w.found = append(w.found[:0], w.found[known:]...)
	}
	if len(out) > 0 && w.err == nil {
		_, w.err = w.w.Write(out)
	}
}

// watch starts the timer when something is held back. Nothing wakes up otherwise.
func (w *Writer) watch() {
	if len(w.text) == w.passed {
		if w.timer != nil {
			w.timer.Stop()
		}
		return
	}
	w.since = time.Now()
	if w.timer == nil {
		w.timer = time.AfterFunc(w.hold, w.quiet)
	} else {
		w.timer.Reset(w.hold)
	}
}

// quiet is called by the timer.
func (w *Writer) quiet() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.since) >= w.hold { // else a Write was faster than the timer
		w.flush()
	}
}
