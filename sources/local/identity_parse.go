package local

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"

	"github.com/aside-cli/aside/sources"
)

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
	if len(id.keys) == 0 {
		id.first = sources.NewSecret(line)
	}
	id.keys = append(id.keys, key)
	id.publics = append(id.publics, public.String())
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
	return &identity{
		keys:    []age.Identity{key},
		publics: []string{strings.TrimSpace(string(ssh.MarshalAuthorizedKey(line)))},
		first:   sources.NewSecret(string(text)),
	}, nil
}
