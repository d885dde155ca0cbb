package local

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"

	"github.com/aside-cli/aside/sources"
)

// A file holds one scope.
type file struct {
	dir   folder
	path  string
	shown string // the path as the user is told it: relative to the root, with slashes
}

// load returns the encrypted content, or nil where there is no file.
func (f file) load() ([]byte, error) {
	if f.dir.files == "" { // no shared folder is known
		return nil, nil
	}
	sealed, err := os.ReadFile(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, cannot("read", f.shown, err)
	}
	return sealed, nil
}

// open decrypts the content. What age says about it is not passed on: of a file
// that was never encrypted it quotes the first line.
func (f file) open(sealed []byte, id *identity) (*document, error) {
	clear, err := age.Decrypt(bytes.NewReader(sealed), id.keys...)
	if none := (*age.NoIdentityMatchError)(nil); errors.As(err, &none) {
		return nil, sources.Hint(fmt.Errorf("%s is not encrypted to your key %s", f.shown, id.public),
			"ask a teammate who can read it to add your key to "+f.dir.shownKeys+"/recipients.txt and to set a secret in the same scope, which encrypts it anew")
	}
	var text bytes.Buffer
	if err == nil {
		text.Grow(len(sealed))
		_, err = io.Copy(&text, clear)
	}
	switch {
	case err != nil && !bytes.HasPrefix(sealed, []byte("age-encryption.org/v1\n")):
		return nil, f.damaged(errors.New("is no file that age encrypted, or only a piece of one"))
	case err != nil:
		return nil, f.damaged(errors.New("is damaged or cut short"))
	}
	doc, err := decode(text.String())
	if errors.Is(err, errNewer) {
		return nil, sources.Hint(fmt.Errorf("%s %w", f.shown, err), "update aside")
	}
	if err != nil {
		return nil, f.damaged(err)
	}
	return doc, nil
}

func (f file) damaged(err error) error {
	hint := "put back a copy of it that is whole"
	if f.dir.committed {
		hint += ": git checkout -- " + f.shown
	}
	return sources.Hint(fmt.Errorf("%s %w", f.shown, err), hint)
}

// seal encrypts the document, and makes sure that id can read it back.
func (f file) seal(doc *document, to *recipients, id *identity) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to.keys...)
	if err != nil {
		return nil, fmt.Errorf("cannot encrypt to the keys in %s/recipients.txt: %w", f.dir.shownKeys, err)
	}
	w.Write(doc.encode()) // to a buffer, which takes all
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("cannot encrypt %s: %w", f.shown, err)
	}
	if _, err := age.Decrypt(bytes.NewReader(sealed.Bytes()), id.keys...); err != nil {
		return nil, sources.Hint(
			fmt.Errorf("your key %s is not in %s/recipients.txt: you could not read what you set", id.public, f.dir.shownKeys),
			"add it there, or ask a teammate who is in it to do so")
	}
	return sealed.Bytes(), nil
}

// write replaces the file at once, on the disk too. Who calls it has the lock.
func (f file) write(sealed []byte) error {
	f.dir.sweep(filepath.Base(f.path))
	if err := replace(f.path, sealed, 0o600); err != nil {
		return cannot("write", f.shown, err)
	}
	return nil
}
