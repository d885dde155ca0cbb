package local

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/aside-cli/aside/sources"
)

// An Identity tells of what decrypts, and gives nothing of it out.
type Identity struct {
	Public string // the public key, as a line of recipients.txt
	From   string // the file that holds the identity, or ASIDE_IDENTITY
}

// Identity returns the user's own: of several keys the first, which is the one
// that new lists of recipients are made with. The error wraps
// [sources.ErrNotFound] where there is none.
func (s *Store) Identity() (Identity, error) {
	id, err := s.config.findIdentity()
	if err != nil {
		return Identity{}, err
	}
	if id == nil {
		return Identity{}, sources.Hint(fmt.Errorf("identity %w", sources.ErrNotFound), "to make one: aside identity new")
	}
	own := Identity{Public: id.publics[0], From: s.config.identityFile()}
	if s.config.Identity.Len() > 0 {
		own.From = "ASIDE_IDENTITY"
	}
	return own, nil
}

// NewIdentity makes an identity, in the file that ASIDE_IDENTITY_FILE names or
// in the default one. Where that holds one, it is an error, unless another is
// set: then the new key is put before those that are there, and they stay, so
// that what was encrypted to them can still be read. Of two calls at the same
// moment with another set, the later one wins.
func (s *Store) NewIdentity(another bool) (Identity, error) {
	file := s.config.identityFile()
	switch {
	case s.config.Identity.Len() > 0:
		return Identity{}, sources.Hint(errors.New("the identity is the one in ASIDE_IDENTITY, a new one would not be used"),
			"unset ASIDE_IDENTITY first")
	case file == "":
		return Identity{}, noPlace()
	}
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Identity{}, cannot("read the identity", file, err)
	}
	if len(text) == 0 {
		id, _, err := makeIdentity(file) // or another process did, just now
		if err != nil {
			return Identity{}, err
		}
		return Identity{id.publics[0], file}, nil
	}
	if !another {
		return Identity{}, sources.Hint(fmt.Errorf("there is an identity already, in %s", file),
			"aside identity show prints its public key; --another puts a new key before it")
	}
	return addKey(file, text)
}

// addKey puts a new key before those of the file, which holds text.
func addKey(file string, text []byte) (Identity, error) {
	if _, err := parseIdentity(file, text); err != nil {
		return Identity{}, err
	}
	if bytes.Contains(text, []byte("-----BEGIN ")) {
		return Identity{}, sources.Hint(fmt.Errorf("%s holds an SSH key: a file holds one of those alone", file),
			"name another file in ASIDE_IDENTITY_FILE")
	}
	id, line, err := newKey()
	if err != nil {
		return Identity{}, err
	}
	whole := append([]byte(line), bytes.TrimPrefix(text, []byte("\ufeff"))...)
	if err := replaceAll([]draft{{file, file, whole, 0o600}}); err != nil {
		return Identity{}, err
	}
	return Identity{id.publics[0], file}, nil
}
