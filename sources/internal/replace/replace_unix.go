//go:build !windows

package replace

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

type pending struct{ *renameio.PendingFile }

func stage(name string, content []byte, perm fs.FileMode) (*pending, error) {
	f, err := renameio.NewPendingFile(name, renameio.WithTempDir(filepath.Dir(name)),
		renameio.WithPermissions(perm), renameio.WithExistingPermissions())
	if err != nil {
		return nil, err
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
