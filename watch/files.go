package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"path/filepath"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// lookEvery is how often files are looked at that events do not tell about.
const lookEvery = time.Second

// maxMoves is how often in a row the way to a file may change while it is
// followed, before a timer takes over.
const maxMoves = 10

// files watches files and the folders on the way to them. An event about one
// of them, or of these folders, is a reason to look, and a difference between two
// traces is a change. So is all that was created, removed or renamed, whether it
// shows or not: a file that came and went leaves no trace, but the caller may
// have read it meanwhile.
type files struct {
	paths    []string
	debounce time.Duration
	log      *slog.Logger
	signal   func()

	notify  *fsnotify.Watcher // nil where there is none
	missing error             // why there is none
	drained chan struct{}     // closed when its errors are

	last   trace
	moved  bool          // something was created, removed or renamed since then
	lost   chan struct{} // events were lost
	failed bool          // a warning about missing events was logged

	timer  *time.Timer
	first  time.Time // of the events that the timer waits for; zero without any
	ticker *time.Ticker
}

// newFiles returns files that are watched. Every change from now on is signalled
// once run is called, which must be.
func newFiles(paths []string, debounce time.Duration, log *slog.Logger, signal func()) *files {
	f := &files{
		paths:    paths,
		debounce: debounce,
		log:      log,
		signal:   signal,
		drained:  make(chan struct{}),
		lost:     make(chan struct{}, 1),
		timer:    time.NewTimer(0),
		ticker:   time.NewTicker(lookEvery),
	}
	f.timer.Stop()
	f.ticker.Stop()
	f.notify, f.missing = fsnotify.NewBufferedWatcher(eventBuffer)
	if f.notify != nil {
		go f.drainErrors()
	}
	f.last = f.follow()
	return f
}

// run signals changes until ctx is done. It alone uses what is in f.
func (f *files) run(ctx context.Context) {
	defer f.timer.Stop()
	defer f.ticker.Stop()

	var events chan fsnotify.Event
	if f.notify != nil {
		events = f.notify.Events
		defer func() {
			f.notify.Close()
			<-f.drained
		}()
	}
	if f.moved {
		f.wait()
	}
	for {
		select {
		case <-ctx.Done():
			return
		case event := <-events:
			f.handle(event)
		case <-f.lost:
			for _, path := range f.notify.WatchList() {
				f.notify.Remove(path)
			}
			f.moved = true
			f.wait()
		case <-f.timer.C:
			f.first = time.Time{}
			f.check(true)
		case <-f.ticker.C:
			f.check(false)
		}
	}
}

// drainErrors receives errors at all times, because fsnotify may hold its lock
// while it sends one. Each means that events may be lost.
func (f *files) drainErrors() {
	defer close(f.drained)
	for range f.notify.Errors {
		select {
		case f.lost <- struct{}{}:
		default:
		}
	}
}

func (f *files) handle(event fsnotify.Event) {
	name := filepath.Clean(event.Name) // in the root folder it begins with //
	if _, ok := f.last.names[name]; !ok {
		return
	}
	if event.Op&(fsnotify.Create|fsnotify.Remove|fsnotify.Rename) != 0 {
		f.moved = true
		if _, ok := f.last.watched[name]; ok {
			// It is another one now, if any: the next check watches that.
			f.notify.Remove(name)
		}
	}
	f.wait()
}

// wait lets the timer fire when it has been quiet for long enough.
func (f *files) wait() {
	now := time.Now()
	if f.first.IsZero() {
		f.first = now
	}
	f.timer.Reset(quiet(f.first, now, f.debounce))
}

// quiet returns how long to wait for the end of a burst of events, the first and
// the latest of which came at these times.
func quiet(first, latest time.Time, debounce time.Duration) time.Duration {
	return min(debounce, first.Add(10*debounce).Sub(latest))
}

// check signals if any file may differ from the last time.
func (f *files) check(event bool) {
	last, moved := f.last, f.moved
	f.moved = false
	f.last = f.follow()
	if f.moved {
		f.wait()
	}
	if moved || last.changed(f.last, event) {
		f.signal()
	}
}

// follow takes a trace and sees to it that all on the way was watched before, so
// that whatever happens from its moment on makes an event. If the way keeps
// changing, it sets moved.
func (f *files) follow() trace {
	t := look(f.paths)
	for range maxMoves {
		f.watch(t.watched)
		next := look(f.paths)
		if maps.Equal(next.watched, t.watched) {
			return next
		}
		t = next
	}
	f.moved = true
	return t
}

// watch watches these paths and no others. Watching a folder again has no effect
// unless its path leads to another one now.
func (f *files) watch(paths map[string]bool) {
	if f.notify == nil {
		f.poll(f.missing, true)
		return
	}
	for _, path := range f.notify.WatchList() {
		// A file is always watched anew. If it were another one by now, and that
		// watched by a second name already, fsnotify would lose track, and crash.
		if needed, ok := paths[path]; !ok || watchesFiles && !needed {
			f.notify.Remove(path)
		}
	}
	var failed error
	poll := false
	for path, needed := range paths {
		err := f.notify.Add(path)
		switch {
		case silent(path):
			poll = true
		case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) ||
			errors.Is(err, fs.ErrPermission) && !needed:
			// The next trace will say what is there instead, and the folder of a
			// file when that may be read.
		case err != nil:
			failed = fmt.Errorf("%s: %w", path, err)
		}
	}
	f.poll(failed, poll)
}

// poll looks at the files every second if err says that they cannot be watched,
// or silent that watching is not enough.
func (f *files) poll(err error, silent bool) {
	switch {
	case err != nil && !f.failed:
		text, hint := explain(err)
		warn(f.log, "cannot watch files: "+text+"; looking at them every second instead", hint)
	case err == nil && f.failed:
		f.log.Info("watching files works again")
	}
	f.failed = err != nil
	if f.failed || silent {
		f.ticker.Reset(lookEvery)
	} else {
		f.ticker.Stop()
	}
}
