package sst

import (
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// replaceFile puts a file with this content in the place of name. A crash
// leaves the old one or the new one. An existing file keeps its mode; a new one
// is the user's alone, though SST would let others read it.
func replaceFile(name string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if old, err := os.Stat(name); err == nil && runtime.GOOS != "windows" {
		if err := f.Chmod(old.Mode().Perm()); err != nil {
			f.Close()
			return err
		}
	}
	if err := fill(f, content); err != nil {
		return err
	}
	// Windows renames over no file that someone has open, as readers have it
	// for a moment.
	for deadline := time.Now().Add(2 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		err = os.Rename(f.Name(), name)
		if err == nil || runtime.GOOS != "windows" || time.Now().After(deadline) {
			return err
		}
	}
}

// fill writes and closes a file, and sees it to the disk.
func fill(f *os.File, content []byte) error {
	_, err := f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}
