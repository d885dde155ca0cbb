package local

import (
	"bytes"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"golang.org/x/crypto/ssh"

	"github.com/aside-cli/aside/sources"
)

var (
	dev      = sources.StageScope("dev")
	fallback = sources.FallbackScope()
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newStore returns an empty store in temporary folders, without an identity.
func newStore(t testing.TB) *Store {
	t.Helper()
	return New(configIn(t.TempDir()))
}

func configIn(dir string) Config {
	return Config{
		Root:            dir,
		Shared:          filepath.Join(dir, "shared"),
		DefaultIdentity: filepath.Join(dir, "config", "identity.txt"),
	}
}

func one(name, value string) map[string]sources.Secret {
	return map[string]sources.Secret{name: sources.NewSecret(value)}
}

func set(t testing.TB, s *Store, scope sources.Scope, name, value string) {
	t.Helper()
	must(t, s.Set(t.Context(), scope, one(name, value)))
}

// read returns the values of one scope by name.
func read(t testing.TB, s *Store, scope sources.Scope) map[string]string {
	t.Helper()
	values, err := s.Read(t.Context(), scope)
	must(t, err)
	got := map[string]string{}
	for _, v := range values {
		got[v.Name] = v.Secret.Reveal()
	}
	return got
}

func wantError(t testing.TB, err error, text, hint string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", text)
	}
	if err.Error() != text {
		t.Errorf("error\n got %s\nwant %s", err, text)
	}
	if got := sources.HintOf(err); got != hint {
		t.Errorf("hint\n got %s\nwant %s", got, hint)
	}
}

func newIdentity(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	must(t, err)
	return id
}

// asUser returns the same store for another user, whose key is identity.
func asUser(s *Store, identity string) *Store {
	c := s.config
	c.Identity, c.DefaultIdentity = sources.NewSecret(identity), ""
	return New(c)
}

func write(t testing.TB, name, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(name), 0o755))
	must(t, os.WriteFile(name, []byte(text), 0o600))
}

func content(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	must(t, err)
	return text
}

// sshKey returns a private key as ssh-keygen writes it, and its public line.
func sshKey(t testing.TB, private any, public any, passphrase string) (key, line string) {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(private, "alice@laptop")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "alice@laptop", []byte(passphrase))
	}
	must(t, err)
	p, err := ssh.NewPublicKey(public)
	must(t, err)
	return string(pem.EncodeToMemory(block)), strings.TrimSpace(string(ssh.MarshalAuthorizedKey(p)))
}

// ageFile encrypts text as the age command does.
func ageFile(t testing.TB, to age.Recipient, text string) []byte {
	t.Helper()
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to)
	must(t, err)
	_, err = w.Write([]byte(text))
	must(t, err)
	must(t, w.Close())
	return sealed.Bytes()
}

func hybridRecipient(t testing.TB) string {
	t.Helper()
	id, err := age.GenerateHybridIdentity()
	must(t, err)
	return id.Recipient().String()
}
