package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/aside-cli/aside/sources"
)

// A Filter chooses records. The zero Filter chooses all.
type Filter struct {
	Secret string    // that the record names, or "": any
	Since  time.Time // the earliest
}

func (f Filter) match(r Record) bool {
	return !r.Time.Before(f.Since) && (f.Secret == "" || slices.Contains(r.Names, f.Secret))
}

// Read returns the records that the filter chooses, in the order in which they
// were written, and how many lines hold none. Without a log there are none.
func (l Log) Read(f Filter) (records []Record, damaged int, err error) {
	files, err := l.open()
	if err != nil {
		return nil, 0, cannotRead(err)
	}
	for _, file := range files {
		defer file.Close()
	}
	for _, file := range files {
		lines := bufio.NewReader(file)
		for {
			line, err := lines.ReadBytes('\n')
			if err == io.EOF {
				break // what stands without a line end is still being written
			}
			if err != nil {
				return nil, 0, cannotRead(err)
			}
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			var r Record
			if json.Unmarshal(line, &r) != nil || r.Action == "" {
				damaged++
			} else if f.match(r) {
				records = append(records, r)
			}
		}
	}
	return records, damaged, nil
}

// open returns the files of the log, the older one first.
func (l Log) open() ([]*os.File, error) {
	dir, err := os.OpenRoot(filepath.Join(l.root, folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	var files []*os.File
	// The newer one first: when it becomes the older one meanwhile, it is found
	// twice, not never.
	for _, name := range []string{current, older} {
		file, err := dir.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	if len(files) == 2 {
		a, errA := files[0].Stat()
		b, errB := files[1].Stat()
		if errA == nil && errB == nil && os.SameFile(a, b) {
			files[1].Close()
			files = files[:1]
		}
	}
	slices.Reverse(files)
	return files, nil
}

func cannotRead(err error) error {
	if inPath := (*fs.PathError)(nil); errors.As(err, &inPath) {
		err = inPath.Err
	}
	return sources.Hint(fmt.Errorf("cannot read %s/%s: %w", folder, current, err), "check that it may be read")
}
