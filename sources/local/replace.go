package local

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/replace"
)

// A draft is a file that is to be written.
type draft struct {
	name    string
	shown   string // as the user is told it
	content []byte
	perm    fs.FileMode // of a new file: an existing one keeps its own
}

// replaceAll writes the files, each of them at once, on the disk too: a crash
// leaves the old one or the new one. None is touched before all of them are on
// the disk beside their places, so that a full disk or a folder that may not be
// written changes nothing. What is left is a crash between two renames: it
// leaves some of the files new, in the order of drafts, and the others old.
// Who calls it has the folder's lock.
func replaceAll(drafts []draft) error {
	var ready []replace.File
	defer func() {
		for _, f := range ready {
			f.Discard()
		}
	}()
	for _, d := range drafts {
		sweep(d.name)
		f, err := replace.Stage(d.name, d.content, d.perm)
		if err != nil {
			return cannot("write", d.shown, err)
		}
		ready = append(ready, f)
	}
	for i, f := range ready {
		if err := f.Commit(); err != nil {
			err = cannot("write", drafts[i].shown, err)
			if i > 0 {
				err = sources.Hint(fmt.Errorf("%w, after %s was written", err, drafts[i-1].shown),
					"give the same command again: it finishes what is half done")
			}
			return err
		}
	}
	return nil
}

// sweep removes what writers that were killed left of the file. Who calls it
// has the lock, so no temporary file is in use.
func sweep(name string) {
	dir, base := filepath.Split(name)
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if rest, ok := strings.CutPrefix(e.Name(), "."+base); ok && strings.Trim(rest, "0123456789") == "" {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
