package replace

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"
)

type pending struct{ temp, name string }

func stage(name string, content []byte, _ fs.FileMode) (*pending, error) {
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
	return &pending{f.Name(), name}, nil
}

// commit tries again for a while: Windows renames over no file that someone
// has open, as readers have it for a moment.
func (p *pending) commit() error {
	for deadline := time.Now().Add(2 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		err := os.Rename(p.temp, p.name)
		inUse := errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
		if !inUse || time.Now().After(deadline) {
			return err
		}
	}
}

func (p *pending) discard() { os.Remove(p.temp) } // fails once it is renamed
