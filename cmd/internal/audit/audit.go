// Package audit keeps the log of who did what with which secret, by name: the
// file .aside/audit.jsonl of a root, a JSON object a line. No value is in it, and
// of a command's arguments none but the program's name.
package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/aside-cli/aside/sources"
)

const (
	folder  = ".aside"
	current = "audit.jsonl"
	older   = "audit.jsonl.1"
	lock    = ".audit.lock"
	maxSize = 10 << 20 // bytes, after which current becomes older
)

// What is done with secrets, and with who may read them.
const (
	Set      = "set"
	Remove   = "remove"
	Load     = "load"
	Copy     = "copy"
	Reveal   = "reveal"
	Rollback = "rollback"
	Export   = "export"
	Run      = "run"

	AddRecipient    = "add recipient"
	RemoveRecipient = "remove recipient"
)

// A Record says what was done.
type Record struct {
	Time    time.Time `json:"time"` // in UTC
	Who     string    `json:"who"`  // see [Who]
	Action  string    `json:"action"`
	Stage   string    `json:"stage,omitempty"`
	Scope   string    `json:"scope,omitempty"`   // as sources.Scope prints it, or a list of recipients
	Names   []string  `json:"names,omitempty"`   // of the secrets
	Link    string    `json:"link,omitempty"`    // that a run was given
	Command string    `json:"command,omitempty"` // that was run: the name of the program alone
}

// ErrReadOnly is wrapped by the error of a log that may not be written, as on
// the read-only file system of a container.
var ErrReadOnly = errors.New("read-only")

// A Log is the log of one root. It holds no open file. It is safe for concurrent
// use, by other processes too.
type Log struct{ root string }

// In returns the log of root.
func In(root string) Log { return Log{root} }

// Append adds a record in one write. It sets a Time that is zero, and cuts
// Command down to the name of the program. A root without a folder .aside has no
// log: nothing is written or made there, and that is no error. The record is not
// synced to the disk.
//
// A full file becomes the older one, whose records are dropped.
func (l Log) Append(r Record) error {
	if r.Time.IsZero() {
		r.Time = time.Now()
	}
	r.Time = r.Time.UTC().Truncate(time.Millisecond)
	if r.Command != "" {
		r.Command = filepath.Base(r.Command)
	}
	line, err := json.Marshal(r)
	if err != nil {
		return cannotWrite(err)
	}
	// A root opened as such follows no symbolic link that leads out of it, which
	// someone may have put into the repository.
	dir, err := os.OpenRoot(filepath.Join(l.root, folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return cannotWrite(err)
	}
	defer dir.Close()
	if err := write(dir, append(line, '\n')); err != nil {
		return cannotWrite(err)
	}
	return nil
}

func write(dir *os.Root, line []byte) error {
	info, err := dir.Lstat(current)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("is no regular file")
	case info.Size()+int64(len(line)) > maxSize:
		rotate(dir, info)
	}
	f, err := dir.OpenFile(current, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(whole(f, line))
	return err
}

// whole returns the line, on a line of its own where a full disk cut the last
// one short.
func whole(f *os.File, line []byte) []byte {
	var last [1]byte
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return line
	}
	if _, err := f.ReadAt(last[:], info.Size()-1); err == nil && last[0] != '\n' {
		return append([]byte{'\n'}, line...)
	}
	return line
}

// rotate makes the full file the older one, unless another process has. Where it
// cannot, the file grows on, and the next record tries again.
func rotate(dir *os.Root, full fs.FileInfo) {
	unlock, err := lockedfile.MutexAt(filepath.Join(dir.Name(), lock)).Lock()
	if err != nil {
		return
	}
	defer unlock()
	if now, err := dir.Lstat(current); err == nil && os.SameFile(now, full) {
		dir.Rename(current, older)
	}
}

func cannotWrite(err error) error {
	why := err
	if inPath := (*fs.PathError)(nil); errors.As(err, &inPath) {
		why = inPath.Err
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		why = fmt.Errorf("%w: %w", ErrReadOnly, why)
	}
	return sources.Hint(fmt.Errorf("cannot write %s/%s: %w", folder, current, why),
		"what was done is done, but the log does not tell: check that the file may be written")
}

// Who returns the user of this process and the machine: alice@laptop. What
// cannot be found out is "?".
func Who() string {
	name, host := "?", "?"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return name + "@" + host
}
