//go:build !windows

package replace

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What root replaces can still be read by its owner.
func TestOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	name := filepath.Join(t.TempDir(), "file")
	if err := Write(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(name, 65534, 65533); err != nil {
		t.Fatal(err)
	}
	if err := Write(name, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); s.Uid != 65534 || s.Gid != 65533 || info.Mode().Perm() != 0o600 {
		t.Errorf("%d:%d, %v", s.Uid, s.Gid, info.Mode())
	}
}
