//go:build unix

package main

import "github.com/google/renameio/v2"

// writePrivate puts data into the file at once, readable by its owner alone.
func writePrivate(name string, data []byte) error {
	if special(name) {
		return writeInto(name, data)
	}
	return renameio.WriteFile(name, data, 0o600, renameio.WithStaticPermissions(0o600))
}
