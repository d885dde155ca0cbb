//go:build unix

package sources

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestEnvFileFromNamedPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	source := RequiredEnvFiles("", path)
	// 1Password writes anew to each reader; a writer that says nothing changes nothing.
	for _, step := range []struct{ written, want string }{{"A=1", "1"}, {"A=2", "2"}, {"", "2"}} {
		done := make(chan error, 1)
		go func() { done <- os.WriteFile(path, []byte(step.written), 0) }()
		reading, err := source.Read(context.Background())
		if err := errors.Join(err, <-done); err != nil {
			t.Fatal(err)
		}
		if text, _ := reading.Values[0].Template.Literal(); len(reading.Values) != 1 || text != step.want {
			t.Errorf("after %q: %d values, %q", step.written, len(reading.Values), text)
		}
	}
}

// A pipe without a writer, and one whose writer says nothing, do not hold up
// whoever wants to stop.
func TestReadingFromNamedPipeIsCancelled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	source := RequiredEnvFiles("", path)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := source.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a writer: %v", err)
	}

	ctx, cancel = context.WithCancel(context.Background())
	opened := make(chan *os.File)
	go func() {
		w, err := os.OpenFile(path, os.O_WRONLY, 0) // waits for the reader
		if err != nil {
			t.Error(err)
		}
		cancel()
		opened <- w
	}()
	_, err := source.Read(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("with a silent writer: %v", err)
	}
	w := <-opened
	w.Close()
}

// As --env-file <(command) does it: what was read once is gone from the pipe.
func TestEnvFileFromProcessSubstitution(t *testing.T) {
	if _, err := os.Stat("/dev/fd"); err != nil {
		t.Skip("no /dev/fd here: ", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("A=1\n"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	source := RequiredEnvFiles("/", fmt.Sprintf("/dev/fd/%d", r.Fd()))
	for range 2 {
		reading, err := source.Read(context.Background())
		if err != nil || len(reading.Values) != 1 || reading.Values[0].Name != "A" {
			t.Fatalf("got %d values, %v", len(reading.Values), err)
		}
	}
}

func TestNamedPipeWithoutWriterIsNotWaitedForAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	source := RequiredEnvFiles("", path)
	go os.WriteFile(path, []byte("A=1\n"), 0o600)
	for range 2 {
		r, err := source.Read(t.Context())
		if err != nil || len(r.Values) != 1 || r.Values[0].Name != "A" {
			t.Fatalf("%v, %v", r.Values, err)
		}
	}
}

func TestCancelledReadLeavesNoWriterBehind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	for range 100 {
		source := RequiredEnvFiles("", path)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		source.Read(ctx)
		cancel()
		// Nobody but this one may be the writer of the next reader.
		written := make(chan error, 1)
		go func() { written <- os.WriteFile(path, []byte("A=1\n"), 0o600) }()
		r, err := source.Read(t.Context())
		if err != nil || len(r.Values) != 1 {
			t.Fatalf("%v, %v", r.Values, err)
		}
		if err := <-written; err != nil {
			t.Fatal(err)
		}
	}
}
