//go:build !windows

package local

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// replace puts a file with this content in the place of name. A crash leaves
// the old one or the new one; once it returns, the new one is on the disk. An
// existing file keeps its mode.
func replace(name string, content []byte, perm fs.FileMode) error {
	dir := filepath.Dir(name)
	err := renameio.WriteFile(name, content, perm, renameio.WithTempDir(dir), renameio.WithExistingPermissions())
	if err != nil {
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
