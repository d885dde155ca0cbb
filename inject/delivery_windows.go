package inject

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// homeName names the folder of all files of this user: the temporary folder,
// which it lies in, is the user's own.
func homeName() string { return "aside" }

func private(info fs.FileInfo) bool { return info.IsDir() }

func trusted(fs.FileInfo) bool { return true }

// tryLock locks a file that nobody has locked, until it is closed or this
// process ends.
func tryLock(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, new(windows.Overlapped))
}

// close has nothing to close: files without a name are for other systems.
func (l launch) close() {}
