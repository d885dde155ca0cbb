//go:build !windows

package replace

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
)

type pending struct{ *renameio.PendingFile }

func stage(name string, content []byte, perm fs.FileMode) (*pending, error) {
	f, err := renameio.NewPendingFile(name, renameio.WithTempDir(filepath.Dir(name)),
		renameio.WithPermissions(perm), renameio.WithExistingPermissions())
	if err != nil {
		return nil, err
	}
	// What root writes for another user, as in a container, stays that user's.
	if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() {
		if had, ok := info.Sys().(*syscall.Stat_t); ok {
			f.Chown(int(had.Uid), int(had.Gid)) // who may not do so has a file of their own
		}
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		f.Cleanup()
		return nil, err
	}
	return &pending{f}, nil
}

func (p *pending) commit() error {
	dir := filepath.Dir(p.Name())
	if err := p.CloseAtomicallyReplace(); err != nil {
		return err
	}
	// The file is in place. That its name is on the disk too, not every file
	// system can promise.
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
	return nil
}

func (p *pending) discard() { p.Cleanup() }
