package sources

import (
	"os"

	"golang.org/x/sys/unix"
)

// beingWritten reports whether somebody has the file at path open for writing,
// where that is known: not of the files of others, nor in every file system, and
// network file systems may say it of every file. Who writes is in the way of a
// lease. One that was got is given back at once, because whoever opens the file
// waits for that. (The SIGIO that tells of them Go ignores.)
func beingWritten(path string) (written, known bool) {
	file, err := os.Open(path)
	if err != nil {
		return false, false
	}
	defer file.Close()
	_, err = unix.FcntlInt(file.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
	if err == nil {
		unix.FcntlInt(file.Fd(), unix.F_SETLEASE, unix.F_UNLCK)
	}
	written = err == unix.EAGAIN
	return written, written || err == nil
}
