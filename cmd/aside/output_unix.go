//go:build unix

package main

import (
	"path/filepath"

	"github.com/google/renameio/v2"
)

// writePrivate puts data into the file at once, readable by its owner alone
// from the start, whoever could read the file that it replaces.
func writePrivate(name string, data []byte) error {
	if special(name) {
		return writeInto(name, data)
	}
	f, err := renameio.NewPendingFile(name, renameio.WithTempDir(filepath.Dir(name)), renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer f.Cleanup()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}
