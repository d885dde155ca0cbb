package local

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
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

// snapshot returns the content of every file of the store by name.
func snapshot(t testing.TB, s *Store) map[string]string {
	t.Helper()
	files := map[string]string{}
	must(t, filepath.WalkDir(s.app.keys, func(name string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files[name] = string(content(t, name))
		}
		return err
	}))
	return files
}

func TestTwoPeople(t *testing.T) {
	alice := by(newStore(t), "alice@laptop")
	var notices []string
	alice.config.Notice = func(line string) { notices = append(notices, line) }
	big := strings.Repeat("x", archiveAt)
	set(t, alice, dev, "A", big)
	set(t, alice, dev, "A", "1") // the first value goes to the archive
	set(t, alice, fallback, "B", "2")
	set(t, alice, sources.Scope{Layer: sources.Fallback, Shared: true}, "MINE", "3")
	key := newIdentity(t)
	bob, bobKey := asUser(alice, key.String()), key.Recipient().String()
	files := []string{".aside/secrets/_fallback.age", ".aside/secrets/dev.age", ".aside/secrets/history.dev.age"}

	reads := func(ok bool) {
		t.Helper()
		for _, scope := range []sources.Scope{dev, fallback} {
			if _, err := bob.Read(t.Context(), scope); (err == nil) != ok {
				t.Errorf("Bob reads %s: %v", scope, err)
			}
		}
		if _, err := bob.History(t.Context(), dev, "A"); (err == nil) != ok {
			t.Errorf("Bob reads the history: %v", err)
		}
	}
	reads(false)
	_, err := bob.AddRecipient(t.Context(), false, bobKey, "Bob")
	wantError(t, err, ".aside/secrets/_fallback.age is not encrypted to your key "+bobKey,
		"ask a teammate who can read it to run: aside recipients add "+bobKey)
	reads(false)

	notices = nil
	written, err := alice.AddRecipient(t.Context(), false, " "+bobKey+"\n", "Bob")
	must(t, err)
	if !slices.Equal(written, files) || len(notices) > 0 {
		t.Errorf("wrote %q, said %q", written, notices)
	}
	reads(true)
	wantStory(t, bob, dev, "A", "2 alice@laptop now, 1 alice@laptop")
	must(t, bob.Rollback(t.Context(), dev, "A", "1"))
	if read(t, alice, dev)["A"] != big {
		t.Error("Alice cannot read what Bob wrote")
	}
	list, err := alice.Recipients(false)
	must(t, err)
	own, err := alice.Identity()
	must(t, err)
	if want := []Recipient{{own.Public, "alice@laptop", true}, {bobKey, "Bob", false}}; !slices.Equal(list, want) {
		t.Errorf("\n got %v\nwant %v", list, want)
	}
	if list, err = bob.Recipients(false); err != nil || list[0].Own || !list[1].Own {
		t.Errorf("got %+v, %v", list, err)
	}

	// Again: nothing is left to do.
	before := snapshot(t, alice)
	if written, err = alice.AddRecipient(t.Context(), false, bobKey, "Robert"); err != nil || len(written) > 0 {
		t.Errorf("wrote %q, %v", written, err)
	}
	for name, text := range snapshot(t, alice) {
		if before[name] != text {
			t.Errorf("%s was changed", name)
		}
	}

	removed, written, err := alice.RemoveRecipient(t.Context(), false, "Bob", false)
	must(t, err)
	if removed.Key != bobKey || removed.Name != "Bob" || !slices.Equal(written, files) {
		t.Errorf("removed %s, wrote %q", removed, written)
	}
	reads(false)
	set(t, alice, dev, "A", "new")
	set(t, alice, preview, "C", "new")
	reads(false)
	if _, err := bob.Read(t.Context(), preview); err == nil {
		t.Error("Bob reads a new file")
	}
	if text := string(content(t, alice.app.list())); strings.Contains(text, "Bob") || strings.Contains(text, bobKey) {
		t.Errorf("the list is\n%s", text)
	}
	for _, name := range alice.Paths(dev, fallback, preview) {
		if _, err := age.Decrypt(bytes.NewReader(content(t, name)), key); err == nil {
			t.Errorf("%s can be read", name)
		}
	}
	if _, err := os.Stat(alice.shared.list()); err != nil {
		t.Error(err)
	}
}

// A merge may bring a key into the list, or a file that was encrypted before a
// key was removed from it.
func TestWhatMergesBring(t *testing.T) {
	s := newStore(t)
	var notices []string
	s.config.Notice = func(line string) { notices = append(notices, line) }
	set(t, s, dev, "A", "1")
	bob, mallory := newIdentity(t).Recipient().String(), newIdentity(t).Recipient().String()
	_, err := s.AddRecipient(t.Context(), false, bob, "Bob")
	must(t, err)
	old := content(t, s.Paths(dev)[0])
	list := s.app.list()
	for _, change := range []func() error{
		func() error {
			_, err := s.AddRecipient(t.Context(), false, newIdentity(t).Recipient().String(), "Carol")
			return err
		},
		func() error {
			_, _, err := s.RemoveRecipient(t.Context(), false, "Bob", false)
			return err
		},
	} {
		before := content(t, list)
		write(t, list, string(before)+"# M\x1b[2K\n"+mallory+"\n")
		notices = nil
		must(t, change())
		if want := []string{".aside/secrets/dev.age can now be read by " + mallory + " too"}; !slices.Equal(notices, want) {
			t.Errorf("said %q, want %q", notices, want)
		}
		removed, _, err := s.RemoveRecipient(t.Context(), false, mallory, false)
		if err != nil || removed.Name != "M[2K" {
			t.Errorf("%q, %v", removed, err)
		}
	}

	if lines, err := s.Unlisted(false); len(lines) > 0 || err != nil {
		t.Errorf("%q, %v", lines, err)
	}
	write(t, s.Paths(sources.StageScope("pr"))[0], string(old))
	lines, err := s.Unlisted(false)
	if want := []string{".aside/secrets/pr.age can still be read by " + bob}; err != nil || !slices.Equal(lines, want) {
		t.Errorf("%q, %v, want %q", lines, err, want)
	}
	own, err := s.Identity()
	must(t, err)
	written, err := s.AddRecipient(t.Context(), false, own.Public, "")
	if err != nil || !slices.Equal(written, []string{".aside/secrets/pr.age"}) {
		t.Errorf("%q, %v", written, err)
	}
	if lines, err := s.Unlisted(false); len(lines) > 0 || err != nil {
		t.Errorf("%q, %v", lines, err)
	}
	for _, lone := range []*Store{New(Config{Root: s.config.Root}), newStore(t)} {
		if lines, err := lone.Unlisted(true); len(lines) > 0 || err != nil {
			t.Errorf("%q, %v", lines, err)
		}
	}
}

// A key with a blank in it is one argument in the command of the hint.
func TestHintForSSHKey(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	key, line := sshKey(t, private, public, "")
	s := newStore(t)
	set(t, s, dev, "A", "1")
	_, err = asUser(s, key).Read(t.Context(), dev)
	wantError(t, err, ".aside/secrets/dev.age is not encrypted to your key "+line,
		"ask a teammate who can read it to run: aside recipients add '"+line+"'")
}

func TestRemoveRecipientRefused(t *testing.T) {
	s := by(newStore(t), "alice@laptop")
	set(t, s, dev, "A", "1")
	own, err := s.Identity()
	must(t, err)
	alice := "alice@laptop (" + own.Public + ")"
	_, _, err = s.RemoveRecipient(t.Context(), false, own.Public, true)
	wantError(t, err, alice+" is the last one who can read the secrets", "add another one first")

	bobKey, twin := newIdentity(t), newIdentity(t).Recipient().String()
	for _, key := range []string{bobKey.Recipient().String(), twin} {
		_, err = s.AddRecipient(t.Context(), false, key, "Bob")
		must(t, err)
	}
	before := snapshot(t, s)
	for _, who := range []string{"Carol", "", "age1", newIdentity(t).Recipient().String()} {
		_, _, err = s.RemoveRecipient(t.Context(), false, who, true)
		if !errors.Is(err, sources.ErrNotFound) || sources.HintOf(err) != "aside recipients list shows the names and keys" {
			t.Errorf("%s: %v", who, err)
		}
	}
	_, _, err = s.RemoveRecipient(t.Context(), false, "Bob", true)
	wantError(t, err, `.aside/recipients.txt names 2 recipients "Bob"`, "give the key instead")
	_, _, err = s.RemoveRecipient(t.Context(), false, "alice@laptop", false)
	wantError(t, err, "without "+alice+" you could not read the secrets any more", "have a teammate do it, or give --force")
	for name, text := range snapshot(t, s) {
		if before[name] != text {
			t.Errorf("%s was changed", name)
		}
	}

	_, _, err = s.RemoveRecipient(t.Context(), false, "alice@laptop", true)
	must(t, err)
	if _, err := s.Read(t.Context(), dev); err == nil {
		t.Error("Alice still reads")
	}
	if read(t, asUser(s, bobKey.String()), dev)["A"] != "1" {
		t.Error("Bob does not read")
	}
}

// A file that the user cannot read, or that is damaged, keeps all as they are.
func TestRecipientsAllOrNone(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "A", "1")
	set(t, s, fallback, "A", "1")
	carol := newIdentity(t).Recipient()
	_, err := s.AddRecipient(t.Context(), false, carol.String(), "Carol")
	must(t, err)
	own, err := s.Identity()
	must(t, err)
	for _, c := range []struct{ content, text, hint string }{
		{"x", noAgeText, restoreHint},
		{string(ageFile(t, carol, "{}")), ".aside/secrets/dev.age is not encrypted to your key " + own.Public,
			"ask a teammate who can read it to run: aside recipients add " + own.Public},
	} {
		write(t, s.Paths(dev)[0], c.content)
		before := snapshot(t, s)
		_, err = s.AddRecipient(t.Context(), false, newIdentity(t).Recipient().String(), "Bob")
		wantError(t, err, c.text, c.hint)
		_, _, err = s.RemoveRecipient(t.Context(), false, "Carol", false)
		wantError(t, err, c.text, c.hint)
		for name, text := range snapshot(t, s) {
			if before[name] != text {
				t.Errorf("%s was changed", name)
			}
		}
	}
}

func TestAddRecipient(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	_, line := sshKey(t, private, public, "")
	s := newStore(t)
	if list, err := s.Recipients(false); len(list) > 0 || err != nil {
		t.Errorf("%v, %v", list, err)
	}
	// Before the first secret, too: the list starts with oneself.
	written, err := s.AddRecipient(t.Context(), false, line+" bob@desktop", "")
	must(t, err)
	own, err := s.Identity()
	must(t, err)
	list, err := s.Recipients(false)
	must(t, err)
	if want := []Recipient{{own.Public, "", true}, {line, "bob@desktop", false}}; !slices.Equal(list, want) || len(written) > 0 {
		t.Errorf("wrote %q\n got %v\nwant %v", written, list, want)
	}
	_, err = s.AddRecipient(t.Context(), true, line, "")
	must(t, err)
	if list, err = s.Recipients(true); err != nil || len(list) != 2 {
		t.Errorf("%v, %v", list, err)
	}

	before := snapshot(t, s)
	for _, c := range []struct{ key, name, text, hint string }{
		{newIdentity(t).String(), "", "a private key stands where a public one is expected",
			"remove it, and use it no longer if anyone else could see the file"},
		{"bob", "", "this is no public key that aside supports",
			"a line is age1…, ssh-ed25519 … or ssh-rsa …; comments start with # on a line of their own"},
		{own.Public, "Bob\nage1", "a recipient is one line, and so is its name", ""},
		{line + "\n" + line, "", "a recipient is one line, and so is its name", ""},
		{hybridRecipient(t), "", "cannot encrypt to the keys in .aside/recipients.txt: incompatible recipients", ""},
	} {
		_, err := s.AddRecipient(t.Context(), false, c.key, c.name)
		if err == nil || !strings.HasPrefix(err.Error(), c.text) || sources.HintOf(err) != c.hint {
			t.Errorf("%q, hint %q, want %q", err, sources.HintOf(err), c.text)
		}
	}
	for name, text := range snapshot(t, s) {
		if before[name] != text {
			t.Errorf("%s was changed", name)
		}
	}
	_, err = New(Config{Root: t.TempDir()}).AddRecipient(t.Context(), true, line, "")
	wantError(t, err, "there is no folder for shared secrets", "set HOME or XDG_DATA_HOME")
}

func TestListText(t *testing.T) {
	a, b := newIdentity(t).Recipient().String(), newIdentity(t).Recipient().String()
	for _, c := range []struct{ name, text, without, names string }{
		{"as made", "# Heading\n\n# Alice\n" + a + "\n# Bob\n" + b + "\n", "# Heading\n\n# Bob\n" + b + "\n", "Alice, Bob"},
		{"by hand", "\ufeff" + a + "\r\n\r\n##  Bob, of Ops \r\n\t" + b, "\r\n##  Bob, of Ops \r\n\t" + b, ", Bob, of Ops"},
		{"a blank between", "# Team\n\n" + a + "\n" + b + "\n", "# Team\n\n" + b + "\n", ", "},
		{"one comment for two", "# Alice\n" + b + "\n" + a + "\n", "# Alice\n" + b + "\n", "Alice, "},
		{"twice", a + "\n" + b + "\n# again\n" + a + "\n", b + "\n", ", "},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := parseRecipients("x", c.text)
			must(t, err)
			var names []string
			for _, one := range r.named {
				names = append(names, one.Name)
			}
			if got := strings.Join(names, ", "); got != c.names {
				t.Errorf("names %q, want %q", got, c.names)
			}
			if got := withoutRecipient(c.text, a); got != c.without {
				t.Errorf("\n got %q\nwant %q", got, c.without)
			}
		})
	}
	if got := withRecipient("# x\n"+a, b, "Bob"); got != "# x\n"+a+"\n# Bob\n"+b+"\n" {
		t.Errorf("got %q", got)
	}
}

func TestNewIdentity(t *testing.T) {
	s := newStore(t)
	_, err := s.Identity()
	wantError(t, err, "identity not found", "to make one: aside identity new")
	first, err := s.NewIdentity(false)
	must(t, err)
	file := s.config.DefaultIdentity
	if got, err := s.Identity(); err != nil || got != first || got.From != file {
		t.Errorf("%+v, %v", got, err)
	}
	set(t, s, dev, "A", "1")
	before := content(t, file)
	_, err = s.NewIdentity(false)
	wantError(t, err, "there is an identity already, in "+file, "aside identity show prints its public key; --another puts a new key before it")
	if !bytes.Equal(before, content(t, file)) {
		t.Error("the identity was changed")
	}

	second, err := s.NewIdentity(true)
	must(t, err)
	if got, err := s.Identity(); err != nil || got != second || second.Public == first.Public {
		t.Errorf("%+v, %v", got, err)
	}
	if read(t, s, dev)["A"] != "1" || !bytes.HasSuffix(content(t, file), before) {
		t.Error("the old key is gone")
	}
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	// The old key leaves the list once the new one is in it, without force.
	_, err = s.AddRecipient(t.Context(), false, second.Public, "")
	must(t, err)
	_, _, err = s.RemoveRecipient(t.Context(), false, first.Public, false)
	must(t, err)
	set(t, s, dev, "A", "2")

	named := s.config
	named.IdentityFile = filepath.Join(t.TempDir(), "keys", "mine.txt")
	if got, err := New(named).NewIdentity(false); err != nil || got.From != named.IdentityFile {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNewIdentityRefused(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	sshPrivate, line := sshKey(t, private, public, "")
	file := filepath.Join(t.TempDir(), "key")
	for _, c := range []struct {
		content    string
		config     Config
		text, hint string
	}{
		{"", Config{Identity: sources.NewSecret(newIdentity(t).String())},
			"the identity is the one in ASIDE_IDENTITY, a new one would not be used", "unset ASIDE_IDENTITY first"},
		{"", Config{}, "there is no place to make an identity in", "set ASIDE_IDENTITY or ASIDE_IDENTITY_FILE, or HOME"},
		{sshPrivate, Config{IdentityFile: file}, file + " holds an SSH key: a file holds one of those alone",
			"name another file in ASIDE_IDENTITY_FILE"},
		{"hunter2", Config{IdentityFile: file}, file + ":1: this is no identity",
			"an identity is a line that starts with AGE-SECRET-KEY-1, or an SSH private key"},
	} {
		write(t, file, c.content)
		_, err := New(c.config).NewIdentity(true)
		wantError(t, err, c.text, c.hint)
		if string(content(t, file)) != c.content {
			t.Error("the identity was changed")
		}
	}
	write(t, file, sshPrivate)
	if got, err := New(Config{IdentityFile: file}).Identity(); err != nil || got != (Identity{line, file}) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := asUser(newStore(t), sshPrivate).Identity(); err != nil || got != (Identity{line, "ASIDE_IDENTITY"}) {
		t.Errorf("%+v, %v", got, err)
	}
}
