package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/aside-cli/aside/sources"
)

// A folder is where the files of an app or of the shared scope lie, with the
// list of those who can read them.
type folder struct {
	keys, files           string // recipients.txt and the lock; the encrypted files
	shownKeys, shownFiles string // the same, as the user is told of them
	perm                  fs.FileMode
	committed             bool // to a repository, with the code
}

// What git is told about a folder that is committed: to leave out the lock and
// temporary files, and never to merge two encrypted files as if they were text.
var gitFiles = map[string]string{
	".gitignore":     "*\n!.gitignore\n!.gitattributes\n!recipients.txt\n!secrets/\n!secrets/*.age\n",
	".gitattributes": "*.age binary\n",
}

// lock makes the folder and keeps every other writer out of it.
func (d folder) lock() (unlock func(), err error) {
	if err := os.MkdirAll(d.files, d.perm); err != nil {
		return nil, cannot("make the folder", d.shownFiles, err)
	}
	unlock, err = lockedfile.MutexAt(filepath.Join(d.keys, ".lock")).Lock()
	if err != nil {
		return nil, cannot("lock", path.Join(d.shownKeys, ".lock"), err)
	}
	return unlock, nil
}

// recipients reads the list, or makes it with id in it. Who calls it has the lock.
func (d folder) recipients(id *identity) (*recipients, error) {
	name, shown := filepath.Join(d.keys, "recipients.txt"), path.Join(d.shownKeys, "recipients.txt")
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = d.makeRecipients(name, shown, id)
		if err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, cannot("read", shown, err)
	}
	return parseRecipients(shown, string(text))
}

func (d folder) makeRecipients(name, shown string, id *identity) ([]byte, error) {
	// With a new list, the next write would lock out those of the old one.
	entries, err := os.ReadDir(d.files)
	if err != nil {
		return nil, cannot("read", d.shownFiles, err)
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".age" {
			return nil, sources.Hint(fmt.Errorf("%s is missing, and %s is encrypted to those it listed", shown, path.Join(d.shownFiles, e.Name())),
				"bring it back, from the repository for example, or write the public keys of all who may read into it")
		}
	}
	if d.committed {
		for file, text := range gitFiles {
			file = filepath.Join(d.keys, file)
			if _, err := os.Lstat(file); err == nil {
				continue
			}
			if err := replace(file, []byte(text), 0o644); err != nil {
				return nil, cannot("write", path.Join(d.shownKeys, filepath.Base(file)), err)
			}
		}
	}
	text := []byte("# Who can read the secrets: age or SSH public keys, one a line.\n" + id.public + "\n")
	if err := replace(name, text, 0o644); err != nil {
		return nil, cannot("write", shown, err)
	}
	return text, nil
}

// sweep removes what writers that were killed left of the file. Who calls it
// has the lock, so no temporary file is in use.
func (d folder) sweep(file string) {
	entries, _ := os.ReadDir(d.files)
	for _, e := range entries {
		if rest, ok := strings.CutPrefix(e.Name(), "."+file); ok && strings.Trim(rest, "0123456789") == "" {
			os.Remove(filepath.Join(d.files, e.Name()))
		}
	}
}

// cannot says what failed to be done with the file shown, and why: without the
// path that the system's error repeats.
func cannot(do, shown string, err error) error {
	hint := "check that " + shown + " may be read"
	if !strings.HasPrefix(do, "read") {
		hint = "nothing was changed: check that the folder may be written, and that the disk has room"
	}
	why := err
	var inPath *fs.PathError
	var inLink *os.LinkError
	switch {
	case errors.As(err, &inPath):
		why = inPath.Err
	case errors.As(err, &inLink):
		why = inLink.Err
	}
	return sources.Hint(fmt.Errorf("cannot %s %s: %w", do, shown, why), hint)
}
