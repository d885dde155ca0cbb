package local

import (
	"bytes"
	"io"
	"testing"

	"filippo.io/age"

	"github.com/aside-cli/aside/sources"
)

func TestKeys(t *testing.T) {
	if keys, err := (Config{}).Keys(); keys != nil || err != nil {
		t.Errorf("without an identity: %v, %v", keys, err)
	}
	if _, err := (Config{Identity: sources.NewSecret("AGE-SECRET-KEY-1NOPE")}).Keys(); err == nil {
		t.Error("a damaged identity is no error")
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := Config{Identity: sources.NewSecret("# mine\n" + key.String() + "\n")}.Keys()
	if err != nil {
		t.Fatal(err)
	}
	if keys.Secret.Reveal() != key.String() {
		t.Error("the secret is not the key's text")
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, keys.Recipient)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "hello")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(&sealed, keys.Identities...)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != "hello" {
		t.Errorf("%q, %v", got, err)
	}
}
