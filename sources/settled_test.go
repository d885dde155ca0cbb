package sources

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// As (sleep 0.3; printf 'A=2\n') > .env does it.
func TestEnvFileEmptiedBeforeItIsWritten(t *testing.T) {
	dir := t.TempDir()
	source := EnvFiles(dir, ".env")
	write(t, dir, map[string]string{".env": "A=1\n"})
	for range 2 {
		read(t, source, 1)
		file, err := os.Create(filepath.Join(dir, ".env"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		time.AfterFunc(300*time.Millisecond, func() {
			file.WriteString("A=2\n")
			file.Close()
		})
		read(t, source, 1)
	}
}

// Who means to empty a file need not wait for long, and but once.
func TestEnvFileEmptied(t *testing.T) {
	dir := t.TempDir()
	source := EnvFiles(dir, ".env")
	write(t, dir, map[string]string{".env": "A=1\n"})
	read(t, source, 1)
	write(t, dir, map[string]string{".env": ""})
	for _, limit := range []time.Duration{2 * maxEmptyWait, maxEmptyWait / 2} {
		start := time.Now()
		read(t, source, 0)
		if took := time.Since(start); took > limit {
			t.Errorf("it took %v", took)
		}
	}
}

func read(t *testing.T, source Source, values int) {
	t.Helper()
	r, err := source.Read(t.Context())
	if err != nil || len(r.Values) != values {
		t.Fatalf("%d values, want %d; %v", len(r.Values), values, err)
	}
}
