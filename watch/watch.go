// Package watch tells that something changed: files, by file-system events,
// and remote sources, by asking them again and again. All of it comes out as
// one signal, which says that something may be different and not what.
//
// # No change is lost
//
// [Start] returns when every folder is watched. A caller that starts a Watcher
// first and reads afterwards cannot miss a change to a file: whatever happens
// after Start is signalled. For remote sources see [Poll.Token].
package watch

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"
)

// Config says what is watched.
type Config struct {
	// Files are paths of files, which need not exist; nor need their folders.
	// Relative ones are taken from the current folder at the time of Start.
	// What happens to a file, to its folder and to every symlink on the way is
	// seen; the renaming of a folder further up only where it lies in the
	// folder of another of the files.
	Files []string

	// Polls are the remote sources.
	Polls []Poll

	// Debounce is how long the files must be quiet before their change is
	// signalled, so that a burst of events is one change. Changes that do not
	// end are signalled after ten times as long. With 0 all are, at once.
	Debounce time.Duration

	// Log gets a warning when something cannot be watched, with a "hint" if there
	// is one, and an info when it can again. Nil discards them.
	Log *slog.Logger
}

// A Watcher signals changes until it is closed.
type Watcher struct {
	changed chan struct{}
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// Start watches until ctx is done or the Watcher is closed. Files that cannot be
// watched, because a limit of the system is reached or their file system sends
// no events, are looked at every second instead. An error means that c is wrong.
func Start(ctx context.Context, c Config) (*Watcher, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	for _, p := range c.Polls {
		if p.Every <= 0 {
			return nil, fmt.Errorf("poll %s: the interval %v is not above zero", p.Name, p.Every)
		}
	}
	paths := make([]string, len(c.Files))
	for i, file := range c.Files {
		path, err := filepath.Abs(file)
		if err != nil {
			return nil, fmt.Errorf("watch %s: %w", file, err)
		}
		paths[i] = path
	}

	ctx, cancel := context.WithCancel(ctx)
	w := &Watcher{changed: make(chan struct{}, 1), cancel: cancel}
	if len(paths) > 0 {
		f := newFiles(paths, c.Debounce, c.Log, w.signal)
		w.running.Go(func() { f.run(ctx) })
	}
	for _, p := range c.Polls {
		w.running.Go(func() { p.run(ctx, c.Log, w.signal) })
	}
	return w, nil
}

// Changed returns the channel of the signal, the same one on every call. It is
// level-triggered and queues nothing: it holds at most one signal, for all that
// changed since the last one was received. It is never closed.
func (w *Watcher) Changed() <-chan struct{} { return w.changed }

// Close stops watching and waits until nothing of the Watcher runs. Closing
// twice does no harm.
func (w *Watcher) Close() {
	w.cancel()
	w.running.Wait()
}

func (w *Watcher) signal() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}
