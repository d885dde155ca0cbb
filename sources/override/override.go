// Package override reads .secrets.local.cue: what one developer wants secrets
// to be on their own machine, in the format of Encore's file of that name.
//
// The file holds pairs in CUE syntax, NAME: "value", and comments. Strings may
// be of every form that CUE has: "…", """ over several lines """, raw #"…"#.
// Nothing is evaluated: whatever else CUE can say is an error.
//
// CUE's own scanner cuts the file into tokens. Its parser and its package for
// literals are left alone, because they bring decimal numbers along, whose
// tables would cost every start of the program 1.5 ms. The tests hold this
// package against both.
package override

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/aside-cli/aside/sources"
)

// Name is the name of the file.
const Name = ".secrets.local.cue"

// MaxFile limits the size of the file, in bytes.
const MaxFile = 1 << 20

// New returns a source of the file in the folder root. Without the file it is
// empty. Errors name file, line, column and key, never a value.
func New(root string) sources.FileSource {
	return file{filepath.Join(root, Name)}
}

type file struct{ path string }

// Paths implements [sources.FileSource].
func (f file) Paths() []string { return []string{f.path} }

// Read implements [sources.Source].
func (f file) Read(context.Context) (sources.Reading, error) {
	src, err := f.content()
	if errors.Is(err, fs.ErrNotExist) {
		return sources.Reading{}, nil
	}
	if err != nil {
		return sources.Reading{}, fileError(err)
	}
	values, err := parse(src)
	if err != nil {
		return sources.Reading{}, err
	}
	return sources.Reading{Values: values}, nil
}

var (
	errIrregular = errors.New("is no regular file")
	errTooLarge  = fmt.Errorf("is larger than %d MiB", MaxFile>>20)
)

func (f file) content() ([]byte, error) {
	// Before it is opened: a named pipe would wait for its writer.
	info, err := os.Stat(f.path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errIrregular
	}
	r, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	src, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err == nil && len(src) > MaxFile {
		err = errTooLarge
	}
	return src, err
}

// fileError says what is wrong with the file, and what to do.
func fileError(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		err = path.Err // without a path: the user knows the file by its name
	}
	switch err {
	case errIrregular:
		return sources.Hint(fmt.Errorf("%s %w", Name, err), "put a file of lines like NAME: \"value\" in its place, or remove it")
	case errTooLarge:
		return sources.Hint(fmt.Errorf("%s %w", Name, err), "keep large values in files of their own, and here only where they are")
	}
	hint := "mend the file, or remove it: nothing needs it"
	if errors.Is(err, fs.ErrPermission) {
		hint = "allow it to the user that aside runs as: chmod u+r"
	}
	return sources.Hint(fmt.Errorf("%s cannot be read: %w", Name, err), hint)
}
