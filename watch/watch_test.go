package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Long enough that a burst stays one on a busy machine.
const debounce = 250 * time.Millisecond

const deadline = 20 * time.Second

func startWatcher(t testing.TB, c Config) *Watcher {
	t.Helper()
	w, err := Start(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// signalled waits for a signal.
func signalled(t testing.TB, w *Watcher) {
	t.Helper()
	select {
	case <-w.Changed():
	case <-time.After(deadline):
		t.Fatal("the change was not signalled")
	}
}

// quietNow fails if another signal comes.
func quietNow(t testing.TB, w *Watcher) {
	t.Helper()
	select {
	case <-w.Changed():
		t.Fatal("signalled without a change")
	case <-time.After(2*debounce + 50*time.Millisecond):
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write creates path, and its folders, with content.
func write(t testing.TB, path, content string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(content), 0o600))
}

// lines is a log that tests look into.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newLog() (*slog.Logger, *lines) {
	l := new(lines)
	noTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{ReplaceAttr: noTime})), l
}

func TestStartRefusesBadInterval(t *testing.T) {
	_, err := Start(t.Context(), Config{Polls: []Poll{{Name: "awssm"}}})
	if err == nil || err.Error() != "poll awssm: the interval 0s is not above zero" {
		t.Errorf("error %v", err)
	}
}

func TestNothingToWatch(t *testing.T) {
	w := startWatcher(t, Config{})
	w.Close()
	w.Close()
	select {
	case <-w.Changed():
		t.Error("signalled")
	default:
	}
}

func TestRelativePath(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	w := startWatcher(t, Config{Files: []string{".env"}})
	t.Chdir(t.TempDir())
	write(t, filepath.Join(dir, ".env"), "A=1")
	signalled(t, w)
}

// Signals that nobody receives are one.
func TestSignalIsNotQueued(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	w := startWatcher(t, Config{Files: []string{path}})
	for i := range 20 {
		write(t, path, fmt.Sprint("A=", i))
		time.Sleep(time.Millisecond)
	}
	signalled(t, w)
	if n := len(w.changed); n > 1 || cap(w.changed) != 1 {
		t.Errorf("%d signals wait", n)
	}
}

func TestContextEndsWatcher(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w, err := Start(ctx, Config{Files: []string{filepath.Join(t.TempDir(), ".env")}})
	must(t, err)
	cancel()
	w.running.Wait()
	w.Close()
}

// Close ends a check that is under way.
func TestCloseCancelsCheck(t *testing.T) {
	started := make(chan struct{})
	var seen error
	w := startWatcher(t, Config{Polls: []Poll{{Name: "slow", Every: time.Hour, Check: func(ctx context.Context) (string, error) {
		close(started)
		<-ctx.Done()
		seen = ctx.Err()
		return "", seen
	}}}})
	<-started
	w.Close()
	if !errors.Is(seen, context.Canceled) {
		t.Errorf("the check ended with %v", seen)
	}
}

// BenchmarkLatency measures from the change on disk to the signal, without debounce.
func BenchmarkLatency(b *testing.B) {
	path := filepath.Join(b.TempDir(), ".env")
	w := startWatcher(b, Config{Files: []string{path}})
	var sum, worst time.Duration
	for i := 0; b.Loop(); i++ {
		write(b, path+".tmp", fmt.Sprint("A=", i))
		changed := time.Now()
		must(b, os.Rename(path+".tmp", path))
		<-w.Changed()
		d := time.Since(changed)
		sum, worst = sum+d, max(worst, d)
	}
	b.ReportMetric(float64(sum.Microseconds())/float64(b.N), "µs/signal")
	b.ReportMetric(float64(worst.Microseconds()), "µs-worst")
}

// BenchmarkLook is what one check of four files in a common project costs.
func BenchmarkLook(b *testing.B) {
	dir := b.TempDir()
	var paths []string
	for _, name := range []string{".env", ".env.local", ".env.dev", ".env.dev.local"} {
		paths = append(paths, filepath.Join(dir, name))
	}
	write(b, paths[0], "A=1")
	for b.Loop() {
		look(paths)
	}
}
