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

// files watches files through the folders on the way to them. An event about one
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

// newFiles returns files with their folders watched. Every change from now on
// is signalled once run is called, which must be.
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
			for _, dir := range f.notify.WatchList() {
				f.notify.Remove(dir)
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
		if _, ok := f.last.folders[name]; ok {
			// It is another folder now, if any: the next check watches that one.
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

// follow takes a trace and sees to it that every folder in it was watched before,
// so that whatever happens from its moment on makes an event. If the folders keep
// changing, it sets moved.
func (f *files) follow() trace {
	t := look(f.paths)
	for range maxMoves {
		f.watch(t.folders)
		next := look(f.paths)
		if maps.Equal(next.folders, t.folders) {
			return next
		}
		t = next
	}
	f.moved = true
	return t
}

// watch watches the folders and no others. Watching one again has no effect
// unless its path leads to another folder now.
func (f *files) watch(folders map[string]bool) {
	if f.notify == nil {
		f.poll(f.missing, true)
		return
	}
	var failed error
	poll := false
	for dir, needed := range folders {
		err := f.notify.Add(dir)
		switch {
		case !needed || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
			// The next trace will say what is there instead.
		case err != nil:
			failed = fmt.Errorf("%s: %w", dir, err)
		case silent(dir):
			poll = true
		}
	}
	for _, dir := range f.notify.WatchList() {
		if _, ok := folders[dir]; !ok {
			f.notify.Remove(dir)
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
