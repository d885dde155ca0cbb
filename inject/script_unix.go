//go:build unix

package inject

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/aside-cli/aside/sources"
)

// asProgram has exec start a command. A file of a format that the system does not
// know is a script without #! and started with /bin/sh, as shells do and execvp(3)
// of most systems, so env and nohup too. What the arguments of /bin/sh take comes
// on top of the limits, as with #!.
func (l launch) asProgram(exec func(launch) error) error {
	err := exec(l)
	if err != syscall.ENOEXEC {
		return err
	}
	if err := l.checkScript(); err != nil {
		return err
	}
	l.path, l.argv = "/bin/sh", append([]string{"/bin/sh", l.path}, l.argv[1:]...)
	return exec(l)
}

// checkScript returns an error where the first line, or its beginning, holds a
// NUL: shells take a file for a program by that. Text may carry data behind it.
func (l launch) checkScript() error {
	path := l.path
	if !filepath.IsAbs(path) {
		path = filepath.Join(l.dir, path)
	}
	file, err := os.Open(path)
	if err != nil {
		return errors.Unwrap(err)
	}
	defer file.Close()
	start := make([]byte, 128)
	n, _ := io.ReadFull(file, start)
	line, _, _ := bytes.Cut(start[:n], []byte("\n"))
	if bytes.IndexByte(line, 0) >= 0 {
		return sources.Hint(errors.New("it is built for another system"),
			"this one is "+runtime.GOOS+"/"+runtime.GOARCH)
	}
	return nil
}
