package local

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

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
	case errors.Is(err, fs.ErrNotExist), !f.dir.committed && errors.Is(err, syscall.ENOTDIR): // HOME may be /dev/null
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
		key := id.publics[0]
		if strings.Contains(key, " ") { // that of SSH
			key = "'" + key + "'"
		}
		return nil, sources.Hint(fmt.Errorf("%s is not encrypted to your key %s", f.shown, id.publics[0]),
			"ask a teammate who can read it to run: aside recipients add "+key)
	}
	var text strings.Builder
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

// seal encrypts the document.
func (f file) seal(doc *document, to *recipients) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to.keys...)
	if err == nil {
		w.Write(doc.encode()) // to a buffer, which takes all
		err = w.Close()
	}
	if err != nil {
		return nil, f.dir.cannotEncrypt(err)
	}
	return sealed.Bytes(), nil
}
