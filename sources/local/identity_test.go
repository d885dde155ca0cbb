package local

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/aside-cli/aside/sources"
)

func TestIdentityKinds(t *testing.T) {
	x25519 := newIdentity(t)
	hybrid, err := age.GenerateHybridIdentity()
	must(t, err)
	edPublic, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	edKey, edLine := sshKey(t, edPrivate, edPublic, "")
	rsaPrivate, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	rsaKey, rsaLine := sshKey(t, rsaPrivate, rsaPrivate.Public(), "")
	for _, c := range []struct{ name, key, public string }{
		{"age", x25519.String(), x25519.Recipient().String()},
		{"age-keygen", "# created: today\n# public key: x\r\n\n " + x25519.String() + "\r\n", x25519.Recipient().String()},
		{"two", "\ufeff" + x25519.String() + "\n" + newIdentity(t).String(), x25519.Recipient().String()},
		{"post-quantum", hybrid.String(), hybrid.Recipient().String()},
		{"ssh-ed25519", edKey, edLine},
		{"ssh-rsa", "\n" + rsaKey, rsaLine},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := asUser(newStore(t), c.key)
			set(t, s, dev, "A", "value")
			set(t, s, dev, "B", "value")
			if got := read(t, s, dev); got["A"] != "value" || got["B"] != "value" {
				t.Errorf("read %d values", len(got))
			}
			if got := string(content(t, filepath.Join(s.app.keys, "recipients.txt"))); !strings.HasSuffix(got, "\n"+c.public+"\n") {
				t.Errorf("recipients.txt is\n%swant %s", got, c.public)
			}
		})
	}
}

func TestIdentityErrors(t *testing.T) {
	const kinds = "an identity is a line that starts with AGE-SECRET-KEY-1, or an SSH private key"
	const sshKinds = "ssh-ed25519 and ssh-rsa keys are supported"
	good := newIdentity(t).String()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	locked, line := sshKey(t, private, public, "passphrase")
	open, _ := sshKey(t, private, public, "")
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	ecKey, _ := sshKey(t, ec, ec.Public(), "")
	for _, c := range []struct{ name, key, text, hint string }{
		{"damaged", "#\n" + good[:40] + "1" + good[41:], "key:2: the age identity is damaged", kinds},
		{"cut short", good[:50], "key:1: the age identity is damaged", kinds},
		{"post-quantum, damaged", "AGE-SECRET-KEY-PQ-1XYZ", "key:1: the age identity is damaged", kinds},
		{"plugin", "AGE-PLUGIN-YUBIKEY-1XYZ", "key:1: the identity belongs to an age plugin, which aside does not support", kinds},
		{"public", newIdentity(t).Recipient().String(), "key:1: a public key stands where the private one is expected", kinds},
		{"public ssh", line, "key:1: a public key stands where the private one is expected", kinds},
		{"anything", "hunter2", "key:1: this is no identity", kinds},
		{"comments", "# nothing\n", "key holds no identity", kinds},
		{"nothing", "", "key holds no identity", kinds},
		{"age passphrase", "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl", "the identity in key is protected by a passphrase, which aside does not ask for", "decrypt it with age -d, or use another identity"},
		{"ssh passphrase", locked, "the SSH key in key is protected by a passphrase, which aside does not ask for", "use a key without one, or an age identity"},
		{"ssh cut short", open[:len(open)/2], "the SSH key in key is damaged, or no private key", sshKinds},
		{"ecdsa", ecKey, "the SSH key in key is of a kind that cannot decrypt", sshKinds},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parseIdentity("key", []byte(c.key))
			wantError(t, err, c.text, c.hint)
		})
	}
}

func TestWhereTheIdentityIsFound(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "A", "1")
	right := string(content(t, s.config.DefaultIdentity))
	other := filepath.Join(t.TempDir(), "key.txt")
	write(t, other, right)

	for _, c := range []struct {
		name string
		with Config
		ok   bool
	}{
		{"inline before all", Config{Identity: sources.NewSecret(right), IdentityFile: "missing", DefaultIdentity: "missing"}, true},
		{"file before default", Config{IdentityFile: other, DefaultIdentity: "missing"}, true},
		{"default", Config{DefaultIdentity: other}, true},
		{"no fall back", Config{IdentityFile: "missing", DefaultIdentity: other}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.with.Root = s.config.Root
			_, err := New(c.with).Read(t.Context(), dev)
			if (err == nil) != c.ok {
				t.Error(err)
			}
		})
	}
}

func TestNoIdentity(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "A", "1")
	before := content(t, s.Paths(dev)[0])
	dir := t.TempDir()

	c := s.config
	c.DefaultIdentity = filepath.Join(dir, "identity.txt")
	_, err := New(c).Read(t.Context(), dev)
	wantError(t, err, "there is no identity to decrypt .aside/secrets/dev.age with",
		"set ASIDE_IDENTITY or ASIDE_IDENTITY_FILE, or put the key into "+c.DefaultIdentity)

	c.DefaultIdentity = ""
	_, err = New(c).Read(t.Context(), dev)
	wantError(t, err, "there is no identity to decrypt .aside/secrets/dev.age with", "set ASIDE_IDENTITY or ASIDE_IDENTITY_FILE")
	wantError(t, New(c).Set(t.Context(), dev, one("A", "2")), "there is no place to make an identity in",
		"set ASIDE_IDENTITY or ASIDE_IDENTITY_FILE, or HOME")

	c.IdentityFile = filepath.Join(dir, "typo.txt")
	text, hint := "there is no "+c.IdentityFile+", which ASIDE_IDENTITY_FILE names", "correct ASIDE_IDENTITY_FILE, or unset it"
	_, err = New(c).Read(t.Context(), dev)
	wantError(t, err, text, hint)
	wantError(t, New(c).Set(t.Context(), dev, one("A", "2")), text, hint)

	c.IdentityFile = dir
	_, err = New(c).Read(t.Context(), dev)
	wantError(t, err, "cannot read the identity "+dir+": is a directory", "check that "+dir+" may be read")

	if !slices.Equal(before, content(t, s.Paths(dev)[0])) {
		t.Error("the file was changed")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("made %v, %v", entries, err)
	}
}

// The home of services is often /dev/null.
func TestHomeThatIsAFile(t *testing.T) {
	home := filepath.Join(t.TempDir(), "null")
	write(t, home, "")
	s := New(FromEnv(t.TempDir(), func(name string) string { return map[string]string{"HOME": home}[name] }))
	if values, err := s.Read(t.Context(), dev, sources.Scope{Layer: sources.Fallback, Shared: true}); len(values) > 0 || err != nil {
		t.Errorf("%v, %v", values, err)
	}
	if keys, err := s.config.Keys(); keys != nil || err != nil {
		t.Errorf("%v, %v", keys, err)
	}
}

func TestIdentityThatOthersCanRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	s := newStore(t)
	set(t, s, dev, "A", "1")
	var notices []string
	s.config.Notice = func(line string) { notices = append(notices, line) }
	file := s.config.DefaultIdentity
	must(t, os.Chmod(file, 0o644))
	read(t, s, dev)
	if len(notices) > 0 {
		t.Errorf("reading said %q", notices)
	}
	set(t, s, dev, "A", "2")
	if want := "the identity " + file + " is open to other users (mode 0644): chmod 600 " + file; !slices.Equal(notices, []string{want}) {
		t.Errorf("got %q, want %q", notices, want)
	}
}

// An identity that is being made is empty for a moment; and a crash then must
// not stand in the way of the next attempt.
func TestEmptyDefaultIdentity(t *testing.T) {
	s := newStore(t)
	write(t, s.config.DefaultIdentity, "")
	set(t, s, dev, "A", "1")
	if got := read(t, s, dev); got["A"] != "1" {
		t.Error("not read back")
	}
	must(t, os.Truncate(s.config.DefaultIdentity, 0))
	if _, err := s.Read(t.Context(), dev); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
