//go:build !windows

package local

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// A staged file is on the disk, under another name than its own.
type staged struct{ *renameio.PendingFile }

func stage(name string, content []byte, perm fs.FileMode) (*staged, error) {
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
	return &staged{f}, nil
}

// commit puts the file in its place.
func (s *staged) commit() error {
	dir := filepath.Dir(s.Name())
	if err := s.CloseAtomicallyReplace(); err != nil {
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

func (s *staged) discard() { s.Cleanup() }
