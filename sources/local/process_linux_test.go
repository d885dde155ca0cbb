package local

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestFullDisk(t *testing.T) {
	s := newStore(t)
	set(t, s, fallback, "A", "x") // makes the identity, elsewhere
	disk := filepath.Join(s.config.Root, "disk")
	must(t, os.Mkdir(disk, 0o755))
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=128k"); err != nil {
		t.Skipf("no disk to fill, a tmpfs cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { must(t, syscall.Unmount(disk, 0)) })
	c := s.config
	c.Root = disk
	s = New(c)
	set(t, s, dev, "A", "old")

	filler := filepath.Join(disk, "filler")
	err := os.WriteFile(filler, make([]byte, 1<<20), 0o600)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	wantError(t, s.Set(t.Context(), dev, one("A", strings.Repeat("x", 8192))),
		"cannot write .aside/secrets/dev.age: no space left on device",
		"nothing was changed: check that the folder may be written, and that the disk has room")
	oldStays(t, s)

	must(t, os.Remove(filler))
	set(t, s, dev, "A", "new")
}
