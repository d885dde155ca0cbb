package local

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/aside-cli/aside/sources"
)

// An identity is what decrypts. Any of its keys will do.
type identity struct {
	keys    []age.Identity
	publics []string       // their public keys, as lines of recipients.txt
	first   sources.Secret // the text of the first of them
}

// identity reads the user's identity, to decrypt shown with.
func (c Config) identity(shown string) (*identity, error) {
	id, err := c.findIdentity()
	if err == nil && id == nil {
		hint := "set ASIDE_IDENTITY or ASIDE_IDENTITY_FILE"
		if c.DefaultIdentity != "" {
			hint += ", or put the key into " + c.DefaultIdentity
		}
		err = sources.Hint(fmt.Errorf("there is no identity to decrypt %s with", shown), hint)
	}
	return id, err
}

// identityToWrite reads the user's identity, or makes one.
func (c Config) identityToWrite() (*identity, error) {
	id, err := c.findIdentity()
	if err != nil {
		return nil, err
	}
	if id != nil {
		c.warnIfOpen()
		return id, nil
	}
	if c.DefaultIdentity == "" {
		return nil, noPlace()
	}
	id, made, err := makeIdentity(c.DefaultIdentity)
	if made {
		c.Notice("made an identity, " + c.DefaultIdentity + ": keep a copy, without it nobody can read what you set")
	}
	return id, err
}

func noPlace() error {
	return sources.Hint(errors.New("there is no place to make an identity in"),
		"set ASIDE_IDENTITY or ASIDE_IDENTITY_FILE, or HOME")
}

// findIdentity returns nil where there is none.
func (c Config) findIdentity() (*identity, error) {
	if c.Identity.Len() > 0 {
		return parseIdentity("ASIDE_IDENTITY", []byte(c.Identity.Reveal()))
	}
	file := c.identityFile()
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	missing := errors.Is(err, os.ErrNotExist)
	switch empty := err == nil && len(text) == 0; { // another process is about to write it
	case c.IdentityFile == "" && (missing || empty || errors.Is(err, syscall.ENOTDIR)): // HOME may be /dev/null
		return nil, nil
	case missing:
		return nil, sources.Hint(fmt.Errorf("there is no %s, which ASIDE_IDENTITY_FILE names", file),
			"correct ASIDE_IDENTITY_FILE, or unset it")
	case err != nil:
		return nil, cannot("read the identity", file, err)
	}
	return parseIdentity(file, text)
}

func (c Config) identityFile() string {
	if c.IdentityFile != "" {
		return c.IdentityFile
	}
	return c.DefaultIdentity
}

// warnIfOpen tells of a key that other users of the machine can read. Only who
// writes is told: mounted secrets, which are often open to all, are read.
func (c Config) warnIfOpen() {
	if c.Identity.Len() > 0 || runtime.GOOS == "windows" {
		return
	}
	if info, err := os.Stat(c.identityFile()); err == nil && info.Mode().Perm()&0o077 != 0 {
		c.Notice(fmt.Sprintf("the identity %s is open to other users (mode %04o): chmod 600 %[1]s",
			c.identityFile(), info.Mode().Perm()))
	}
}

// makeIdentity makes the file, unless it holds one. Of several processes that
// try at once, the first does, and the others use what it made.
func makeIdentity(file string) (id *identity, made bool, err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, false, cannot("make the identity", file, err)
	}
	f, err := lockedfile.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, cannot("make the identity", file, err)
	}
	defer f.Close()
	if text, err := io.ReadAll(f); err != nil {
		return nil, false, cannot("read the identity", file, err)
	} else if len(text) > 0 {
		id, err := parseIdentity(file, text)
		return id, false, err
	}
	id, text, err := newKey()
	if err != nil {
		return nil, false, err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		f.Truncate(0) // half a key would stand in the way of the next attempt
		return nil, false, cannot("make the identity", file, err)
	}
	return id, true, nil
}

// newKey returns a new identity, and the text of its file.
func newKey() (*identity, string, error) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, "", fmt.Errorf("cannot make an identity: %w", err)
	}
	public := key.Recipient().String()
	id := &identity{[]age.Identity{key}, []string{public}, sources.NewSecret(key.String())}
	return id, fmt.Sprintf("# made by aside on %s\n# public key: %s\n%s\n",
		time.Now().UTC().Format(time.RFC3339), public, key), nil
}
