// Package replace puts files in the place of others so that whoever reads them,
// and whatever a crash leaves, has the old file or the new one.
package replace

import "io/fs"

// A File is on the disk, beside the place that it is to have.
type File struct{ pending *pending }

// Stage writes a file that [File.Commit] gives its name. It keeps the
// permissions of the one that is there, and its owner where it may; perm is for a new one.
func Stage(name string, content []byte, perm fs.FileMode) (File, error) {
	p, err := stage(name, content, perm)
	return File{p}, err
}

// Commit puts the file in its place.
func (f File) Commit() error { return f.pending.commit() }

// Discard removes the file unless it was put in its place.
func (f File) Discard() { f.pending.discard() }

// Write replaces one file.
func Write(name string, content []byte, perm fs.FileMode) error {
	f, err := Stage(name, content, perm)
	if err != nil {
		return err
	}
	defer f.Discard()
	return f.Commit()
}
