package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"
)

// A staged file is on the disk, under another name than its own.
type staged struct{ temp, name string }

func stage(name string, content []byte, _ fs.FileMode) (*staged, error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"*")
	if err != nil {
		return nil, err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		os.Remove(f.Name())
		return nil, err
	}
	return &staged{f.Name(), name}, nil
}

// commit puts the file in its place. Windows renames over no file that someone
// has open, as readers have it for a moment.
func (s *staged) commit() error {
	for deadline := time.Now().Add(2 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		err := os.Rename(s.temp, s.name)
		inUse := errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
		if !inUse || time.Now().After(deadline) {
			return err
		}
	}
}

func (s *staged) discard() { os.Remove(s.temp) } // fails once it is renamed
