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

// list and shownList name the list of recipients.
func (d folder) list() string      { return filepath.Join(d.keys, "recipients.txt") }
func (d folder) shownList() string { return path.Join(d.shownKeys, "recipients.txt") }

// listed reads the list of recipients: nil where there is none yet.
func (d folder) listed() (*recipients, error) {
	text, err := os.ReadFile(d.list())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, cannot("read", d.shownList(), err)
	}
	return parseRecipients(d.shownList(), string(text))
}

// recipients reads the list, or makes it with the user's id in it. Who calls it
// has the lock.
func (d folder) recipients(id *identity, user string) (*recipients, error) {
	r, err := d.listed()
	if err == nil && r == nil {
		return d.makeRecipients(id, user)
	}
	return r, err
}

func (d folder) makeRecipients(id *identity, user string) (*recipients, error) {
	// With a new list, the next write would lock out those of the old one.
	names, err := d.sealedFiles()
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		return nil, sources.Hint(fmt.Errorf("%s is missing, and %s is encrypted to those it listed", d.shownList(), path.Join(d.shownFiles, names[0])),
			"bring it back, from the repository for example, or write the public keys of all who may read into it")
	}
	var drafts []draft
	if d.committed {
		for name, text := range gitFiles {
			file := filepath.Join(d.keys, name)
			if _, err := os.Lstat(file); err != nil {
				drafts = append(drafts, draft{file, path.Join(d.shownKeys, name), []byte(text), 0o644})
			}
		}
	}
	text := "# Who can read the secrets: age or SSH public keys, one a line, the name above it.\n\n" +
		recipientLines(id.publics[0], user)
	drafts = append(drafts, draft{d.list(), d.shownList(), []byte(text), 0o644})
	if err := replaceAll(drafts); err != nil {
		return nil, err
	}
	return parseRecipients(d.shownList(), text)
}

// sealedFiles returns the names of the encrypted files.
func (d folder) sealedFiles() (names []string, err error) {
	entries, err := os.ReadDir(d.files)
	if err != nil {
		return nil, cannot("read", d.shownFiles, err)
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".age" && e.Name()[0] != '.' {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func (d folder) cannotEncrypt(err error) error {
	return fmt.Errorf("cannot encrypt to the keys in %s: %w", d.shownList(), err)
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
