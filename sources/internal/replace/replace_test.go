package replace

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func content(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	for _, text := range []string{"new", "", "replaced"} {
		if err := Write(name, []byte(text), 0o600); err != nil || content(t, name) != text {
			t.Fatalf("%v, the file is %q", err, content(t, name))
		}
	}
	if runtime.GOOS != "windows" { // which has no such permissions
		for _, perm := range []fs.FileMode{0o600, 0o640} {
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != perm {
				t.Errorf("%v, %v, want %v", info.Mode(), err, perm)
			}
			if err := os.Chmod(name, 0o640); err != nil {
				t.Fatal(err)
			}
			if err := Write(name, []byte("again"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := Write(filepath.Join(dir, "missing", "file"), nil, 0o600); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if err := Write(dir, nil, 0o600); err == nil {
		t.Error("a folder was replaced")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v, left behind: %v", err, entries)
	}
}

// What is staged shows only when it is committed.
func TestStage(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := Write(name, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, commit := range []bool{false, true} {
		f, err := Stage(name, []byte("new"), 0o600)
		if err != nil || content(t, name) != "old" {
			t.Fatalf("%v, the file is %q", err, content(t, name))
		}
		if commit {
			if err := f.Commit(); err != nil {
				t.Fatal(err)
			}
		}
		f.Discard()
	}
	if content(t, name) != "new" {
		t.Errorf("the file is %q", content(t, name))
	}
	if entries, err := os.ReadDir(filepath.Dir(name)); err != nil || len(entries) != 1 {
		t.Errorf("%v, left behind: %v", err, entries)
	}
}
