package sources

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// All that the writer writes is one content, and one that never ends is not
// waited for by who wants to stop.
func TestEmptiedEnvFileIsReadOnceItIsClosed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, ".env")
	source := EnvFiles(dir, ".env")
	write(t, dir, map[string]string{".env": "A=1\n"})
	read(t, source, 1)
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if written, known := beingWritten(path); !written || !known {
		t.Skip("the file system has no leases")
	}

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := source.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a silent writer: %v", err)
	}
	time.AfterFunc(50*time.Millisecond, func() { file.WriteString("A=2\n") })
	time.AfterFunc(200*time.Millisecond, func() {
		file.WriteString("B=2\n")
		file.Close()
	})
	read(t, source, 2)
}

// A lease that stands in the way of somebody ends nobody.
func TestLeaseDisturbsNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	var both sync.WaitGroup
	both.Go(func() {
		for range 5000 {
			beingWritten(path)
		}
	})
	both.Go(func() {
		for range 5000 {
			if err := os.WriteFile(path, []byte("A=1\n"), 0o600); err != nil {
				t.Error(err)
			}
		}
	})
	both.Wait()
}
