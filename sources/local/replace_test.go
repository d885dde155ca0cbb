package local

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A folder stands where a file is to be: that shows only when the others are
// ready, or even written.
func TestReplaceAllOrSome(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	write(t, a, "old")
	write(t, filepath.Join(b, "file"), "")
	in := func(name string) draft { return draft{name, filepath.Base(name), []byte("new"), 0o600} }

	err := replaceAll([]draft{in(b), in(a)})
	if err == nil || !strings.HasPrefix(err.Error(), "cannot write b: ") || string(content(t, a)) != "old" {
		t.Errorf("%v, a is %s", err, content(t, a))
	}
	err = replaceAll([]draft{in(a), in(filepath.Join(dir, "missing", "c"))})
	if err == nil || !strings.HasPrefix(err.Error(), "cannot write c: ") || string(content(t, a)) != "old" {
		t.Errorf("%v, a is %s", err, content(t, a))
	}
	if runtime.GOOS != "windows" { // where the system has other words for it
		wantError(t, replaceAll([]draft{in(a), in(b)}), "cannot write b: file exists, after a was written",
			"give the same command again: it finishes what is half done")
	}
	entries, err := os.ReadDir(dir)
	must(t, err)
	if len(entries) != 2 {
		t.Errorf("left behind: %v", entries)
	}
}
