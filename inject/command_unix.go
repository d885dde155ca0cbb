//go:build unix

package inject

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// caselessNames: A and a are two variables.
const caselessNames = false

// executable returns an error unless the effective user may execute file. What
// it returns to be appended to the name is for other systems.
func executable(file string) (extension string, err error) {
	if err := unix.Faccessat(unix.AT_FDCWD, file, unix.X_OK, unix.AT_EACCESS); err != nil {
		return "", &fs.PathError{Op: "exec", Path: file, Err: err}
	}
	return "", nil
}
