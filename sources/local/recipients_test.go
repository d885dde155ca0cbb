package local

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParseRecipients(t *testing.T) {
	a, b := newIdentity(t).Recipient().String(), newIdentity(t).Recipient().String()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	_, line := sshKey(t, private, public, "")
	r, err := parseRecipients("x", "\ufeff# Alice\r\n"+a+"\r\n\n  "+b+"  \n"+line+"  bob@laptop with a comment\n"+a)
	must(t, err)
	want := []string{a, b, line}
	slices.Sort(want)
	if !slices.Equal(r.lines, want) || len(r.keys) != 3 {
		t.Errorf("got %q, want %q", r.lines, want)
	}
}

func TestRecipientErrors(t *testing.T) {
	const kinds = "a line is age1…, ssh-ed25519 … or ssh-rsa …; comments start with # on a line of their own"
	own := newIdentity(t).Recipient().String()
	for _, c := range []struct{ name, list, text, hint string }{
		{"broken", own + "\n# Bob\n" + own[:20] + "b" + own[21:] /* which bech32 has not */, ".aside/recipients.txt:3: this is no public key that aside supports", kinds},
		{"comment behind", own + " # me", ".aside/recipients.txt:1: this is no public key that aside supports", kinds},
		{"ssh, broken", "ssh-ed25519 AAAA", ".aside/recipients.txt:1: this is no public key that aside supports", kinds},
		{"ecdsa", "ecdsa-sha2-nistp256 AAAA", ".aside/recipients.txt:1: this is no public key that aside supports", kinds},
		{"merge conflict", "<<<<<<< HEAD\n" + own, ".aside/recipients.txt:1: this is no public key that aside supports", kinds},
		{"plugin", "age1yubikey1qwerty", ".aside/recipients.txt:1: the key belongs to an age plugin, which aside does not support", ""},
		{"private", newIdentity(t).String(), ".aside/recipients.txt:1: a private key stands where a public one is expected",
			"remove it, and use it no longer if anyone else could see the file"},
		{"empty", "", ".aside/recipients.txt lists nobody", "add your own public key, and those of your team"},
		{"comments", "# Alice\n\n#\n", ".aside/recipients.txt lists nobody", "add your own public key, and those of your team"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t)
			set(t, s, dev, "A", "1")
			before := content(t, s.Paths(dev)[0])
			write(t, filepath.Join(s.app.keys, "recipients.txt"), c.list)
			wantError(t, s.Set(t.Context(), dev, one("A", "2")), c.text, c.hint)
			wantError(t, s.Remove(t.Context(), dev, "A"), c.text, c.hint)
			if !slices.Equal(before, content(t, s.Paths(dev)[0])) {
				t.Error("the file was changed")
			}
			if read(t, s, dev)["A"] != "1" {
				t.Error("reading needs the list")
			}
		})
	}
}

func TestTeam(t *testing.T) {
	alice := newStore(t)
	set(t, alice, dev, "A", "1")
	bobKey := newIdentity(t)
	bobPublic := bobKey.Recipient().String()
	bob := asUser(alice, bobKey.String())

	notYours := ".aside/secrets/dev.age is not encrypted to your key " + bobPublic
	askFor := "ask a teammate who can read it to run: aside recipients add " + bobPublic
	_, err := bob.Read(t.Context(), dev)
	wantError(t, err, notYours, askFor)
	wantError(t, bob.Set(t.Context(), dev, one("A", "2")), notYours, askFor)
	wantError(t, bob.Remove(t.Context(), dev, "A"), notYours, askFor)

	// In a scope of his own he could write, but not read.
	wantError(t, bob.Set(t.Context(), fallback, one("B", "2")),
		"your key "+bobPublic+" is not in .aside/recipients.txt: you could not read what you set",
		"add it there, or ask a teammate who is in it to do so")
	if _, err := os.Stat(bob.Paths(fallback)[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file was made: %v", err)
	}

	// Once he is listed, the same value set again encrypts the file anew.
	list := filepath.Join(alice.app.keys, "recipients.txt")
	before := string(content(t, list))
	write(t, list, before+"# Bob\n"+bobPublic+"\n")
	var notices []string
	alice.config.Notice = func(line string) { notices = append(notices, line) }
	set(t, alice, dev, "A", "1")
	if want := ".aside/secrets/dev.age can now be read by " + bobPublic + " too"; !slices.Equal(notices, []string{want}) {
		t.Errorf("notices %q, want %q", notices, want)
	}
	if read(t, bob, dev)["A"] != "1" {
		t.Error("Bob cannot read")
	}
	set(t, bob, dev, "B", "2")
	if got := read(t, alice, dev); got["A"] != "1" || got["B"] != "2" {
		t.Error("Alice cannot read what Bob wrote")
	}

	// Once he is not, neither does he read what is written after that.
	write(t, list, before)
	set(t, alice, dev, "B", "2")
	_, err = bob.Read(t.Context(), dev)
	wantError(t, err, notYours, askFor)
}

// A new list would lock out everyone who was in the old one.
func TestMissingRecipients(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "A", "1")
	must(t, os.Remove(filepath.Join(s.app.keys, "recipients.txt")))
	text := ".aside/recipients.txt is missing, and .aside/secrets/dev.age is encrypted to those it listed"
	hint := "bring it back, from the repository for example, or write the public keys of all who may read into it"
	wantError(t, s.Set(t.Context(), dev, one("A", "2")), text, hint)
	wantError(t, s.Set(t.Context(), fallback, one("A", "2")), text, hint)
	if read(t, s, dev)["A"] != "1" {
		t.Error("reading needs the list")
	}
}

func TestMixedRecipients(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "A", "1")
	list := filepath.Join(s.app.keys, "recipients.txt")
	hybrid := hybridRecipient(t)
	write(t, list, string(content(t, list))+hybrid+"\n")
	err := s.Set(t.Context(), dev, one("A", "2"))
	if err == nil || !strings.HasPrefix(err.Error(), "cannot encrypt to the keys in .aside/recipients.txt: incompatible recipients") {
		t.Errorf("got %v", err)
	}
}
