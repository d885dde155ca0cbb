package offline

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/aside-cli/aside/sources"
)

// A file begins with a line that names its form, then comes the authentication
// code of what follows, which is encrypted.
const (
	form      = "aside-cache/1\n"
	extension = ".cache"
	nameSize  = 16       // bytes, before they become hexadecimal digits
	maxFile   = 64 << 20 // bytes that are read
)

// errForeign does not tell a damaged file from one of another key or place:
// neither does the code that both lack.
var errForeign = errors.New("it is damaged, or was kept with another identity or for other scopes")

// A file is where the values of one app, stage and store are kept.
type file struct {
	dir, path string
	keys      *Keys
	mac       []byte   // the key of the authentication code
	about     []string // what it binds the values to
}

func newFile(c Config) *file {
	f := &file{dir: c.Dir, keys: c.Keys, about: []string{c.App, c.Stage, c.Store, c.Place}}
	f.mac = derive(c.Keys.Secret, "aside cache: authentication")
	name := hmac.New(sha256.New, derive(c.Keys.Secret, "aside cache: file name"))
	write(name, f.about...)
	f.path = filepath.Join(c.Dir, hex.EncodeToString(name.Sum(nil)[:nameSize])+extension)
	for _, scope := range c.Scopes {
		f.about = append(f.about, scope.String())
	}
	return f
}

// derive makes the key for one purpose.
func derive(secret sources.Secret, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(secret.Reveal()), nil, purpose, sha256.Size)
	if err != nil {
		panic(err) // of a key that is too long, which 32 bytes are not
	}
	return key
}

// write feeds texts to h, so that no other list of texts comes to the same.
func write(h hash.Hash, texts ...string) {
	for _, text := range texts {
		h.Write(binary.AppendUvarint(nil, uint64(len(text))))
		io.WriteString(h, text)
	}
}

// code authenticates what is encrypted, and what it is about.
func (f *file) code(sealed []byte) []byte {
	h := hmac.New(sha256.New, f.mac)
	write(h, f.about...)
	write(h, string(sealed))
	return h.Sum(nil)
}

// save keeps the values in place of those before, at once or not at all.
func (f *file) save(values []sources.Value) error {
	plain, err := encode(values, time.Now())
	if err != nil {
		return err
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, f.keys.Recipient)
	if err != nil {
		return err
	}
	w.Write(plain) // to a buffer, which takes all
	if err := w.Close(); err != nil {
		return err
	}
	if err := f.replace(append(append([]byte(form), f.code(sealed.Bytes())...), sealed.Bytes()...)); err != nil {
		return short(err)
	}
	return nil
}

// replace does not wait for the disk: what a crash leaves of the file fails its
// authentication.
func (f *file) replace(content []byte) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	if info, err := os.Stat(f.dir); err != nil {
		return err
	} else if info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(f.dir, 0o700); err != nil {
			return err
		}
	}
	temp, err := os.CreateTemp(f.dir, filepath.Base(f.path)+"-") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // fails once it is renamed
	_, err = temp.Write(content)
	if closing := temp.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), f.path)
}

// load returns what was kept, and when.
func (f *file) load() ([]sources.Value, time.Time, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, time.Time{}, short(err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return nil, time.Time{}, short(err)
	}
	return f.open(content)
}

// open reads the content of a file.
func (f *file) open(content []byte) ([]sources.Value, time.Time, error) {
	sealed, ok := bytes.CutPrefix(content, []byte(form))
	if !ok || len(sealed) < sha256.Size {
		return nil, time.Time{}, errForeign
	}
	code, sealed := sealed[:sha256.Size], sealed[sha256.Size:]
	if !hmac.Equal(code, f.code(sealed)) {
		return nil, time.Time{}, errForeign
	}
	clear, err := age.Decrypt(bytes.NewReader(sealed), f.keys.Identities...)
	if err != nil {
		return nil, time.Time{}, errForeign
	}
	plain, err := io.ReadAll(clear)
	if err != nil {
		return nil, time.Time{}, errForeign
	}
	return decode(plain)
}

// Clear removes everything that was kept in dir, for any app, and returns how
// many files that were. There may be no such folder.
func Clear(dir string) (int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, sources.Hint(fmt.Errorf("cannot read %s: %w", dir, short(err)), "check that the folder may be read")
	}
	removed := 0
	for _, e := range entries {
		stem, _, ok := strings.Cut(e.Name(), extension)
		if name, err := hex.DecodeString(stem); !ok || err != nil || len(name) != nameSize {
			continue // not ours
		}
		path := filepath.Join(dir, e.Name())
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, sources.Hint(fmt.Errorf("cannot remove %s: %w", path, short(err)), "check that the folder may be written")
		}
		removed++
	}
	return removed, nil
}

// short leaves out the path that a system's error repeats.
func short(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	if link := (*os.LinkError)(nil); errors.As(err, &link) {
		return link.Err
	}
	return err
}
