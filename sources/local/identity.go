package local

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"github.com/rogpeppe/go-internal/lockedfile"
	"golang.org/x/crypto/ssh"

	"github.com/aside-cli/aside/sources"
)

// An identity is what decrypts. Any of its keys will do.
type identity struct {
	keys   []age.Identity
	public string // the first key's public one, as a line of recipients.txt
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
		return nil, sources.Hint(errors.New("there is no place to make an identity in"),
			"set ASIDE_IDENTITY or ASIDE_IDENTITY_FILE, or HOME")
	}
	return c.makeIdentity()
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
	case c.IdentityFile == "" && (missing || empty):
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

// makeIdentity makes the default identity. Of several processes that try at
// once, the first does, and the others use what it made.
func (c Config) makeIdentity() (*identity, error) {
	file := c.DefaultIdentity
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, cannot("make the identity", file, err)
	}
	f, err := lockedfile.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, cannot("make the identity", file, err)
	}
	defer f.Close()
	if text, err := io.ReadAll(f); err != nil {
		return nil, cannot("read the identity", file, err)
	} else if len(text) > 0 {
		return parseIdentity(file, text)
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, fmt.Errorf("cannot make an identity: %w", err)
	}
	text := fmt.Sprintf("# made by aside on %s\n# public key: %s\n%s\n",
		time.Now().UTC().Format(time.RFC3339), key.Recipient(), key)
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		f.Truncate(0) // half a key would stand in the way of the next attempt
		return nil, cannot("make the identity", file, err)
	}
	c.Notice("made an identity, " + file + ": keep a copy, without it nobody can read what you set")
	return &identity{[]age.Identity{key}, key.Recipient().String()}, nil
}

// parseIdentity reads an age identity file or an SSH private key. Errors name
// where the text is from, and quote nothing of it.
func parseIdentity(where string, text []byte) (*identity, error) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	switch {
	case bytes.HasPrefix(text, []byte("age-encryption.org/")),
		bytes.HasPrefix(text, []byte("-----BEGIN AGE ENCRYPTED FILE-----")):
		return nil, sources.Hint(fmt.Errorf("the identity in %s is protected by a passphrase, which aside does not ask for", where),
			"decrypt it with age -d, or use another identity")
	case bytes.HasPrefix(text, []byte("-----BEGIN ")):
		return parseSSHKey(where, text)
	}
	id := &identity{}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := id.add(line); err != nil {
			return nil, sources.Hint(fmt.Errorf("%s:%d: %w", where, n, err),
				"an identity is a line that starts with AGE-SECRET-KEY-1, or an SSH private key")
		}
	}
	if len(id.keys) == 0 {
		return nil, sources.Hint(fmt.Errorf("%s holds no identity", where),
			"an identity is a line that starts with AGE-SECRET-KEY-1, or an SSH private key")
	}
	return id, nil
}

// add adds the age identity that line holds.
func (id *identity) add(line string) error {
	var key age.Identity
	var public fmt.Stringer
	switch {
	case strings.HasPrefix(line, "AGE-SECRET-KEY-1"):
		k, err := age.ParseX25519Identity(line)
		if err != nil {
			return errors.New("the age identity is damaged")
		}
		key, public = k, k.Recipient()
	case strings.HasPrefix(line, "AGE-SECRET-KEY-PQ-1"):
		k, err := age.ParseHybridIdentity(line)
		if err != nil {
			return errors.New("the age identity is damaged")
		}
		key, public = k, k.Recipient()
	case strings.HasPrefix(line, "AGE-PLUGIN-"):
		return errors.New("the identity belongs to an age plugin, which aside does not support")
	case strings.HasPrefix(line, "age1"), strings.HasPrefix(line, "ssh-"):
		return errors.New("a public key stands where the private one is expected")
	default:
		return errors.New("this is no identity")
	}
	if id.public == "" {
		id.public = public.String()
	}
	id.keys = append(id.keys, key)
	return nil
}

// parseSSHKey does what [agessh.ParseIdentity] does, and keeps the public key,
// which that one does not give out.
func parseSSHKey(where string, text []byte) (*identity, error) {
	raw, err := ssh.ParseRawPrivateKey(text)
	if locked := (*ssh.PassphraseMissingError)(nil); errors.As(err, &locked) {
		return nil, sources.Hint(fmt.Errorf("the SSH key in %s is protected by a passphrase, which aside does not ask for", where),
			"use a key without one, or an age identity")
	}
	if err != nil {
		return nil, sources.Hint(fmt.Errorf("the SSH key in %s is damaged, or no private key", where),
			"ssh-ed25519 and ssh-rsa keys are supported")
	}
	var key age.Identity
	var public any
	switch k := raw.(type) {
	case *ed25519.PrivateKey:
		key, err = agessh.NewEd25519Identity(*k)
		public = k.Public()
	case ed25519.PrivateKey: // from a PKCS #8 file
		key, err = agessh.NewEd25519Identity(k)
		public = k.Public()
	case *rsa.PrivateKey:
		key, err = agessh.NewRSAIdentity(k)
		public = k.Public()
	default:
		err = errors.ErrUnsupported
	}
	var line ssh.PublicKey
	if err == nil {
		line, err = ssh.NewPublicKey(public)
	}
	if err != nil {
		return nil, sources.Hint(fmt.Errorf("the SSH key in %s is of a kind that cannot decrypt", where),
			"ssh-ed25519 and ssh-rsa keys are supported")
	}
	return &identity{[]age.Identity{key}, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(line)))}, nil
}
