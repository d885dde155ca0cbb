package local

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/aside-cli/aside/sources"
)

// by returns the same store in the hands of user, with the same key.
func by(s *Store, user string) *Store {
	c := s.config
	c.User = user
	return New(c)
}

// story tells the versions in one line: "3 alice now, 2 bob removed, 1 alice".
func story(t testing.TB, s *Store, scope sources.Scope, name string) string {
	t.Helper()
	versions, err := s.History(t.Context(), scope, name)
	must(t, err)
	var parts []string
	for i, v := range versions {
		part := v.ID
		if v.By != "" {
			part += " " + v.By
		}
		if v.Removed {
			part += " removed"
		}
		if v.Current {
			part += " now"
		}
		if v.Current != (i == 0) || time.Since(v.Time).Abs() > time.Minute {
			t.Errorf("version %d is %+v", i, v)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func wantStory(t testing.TB, s *Store, scope sources.Scope, name, want string) {
	t.Helper()
	if got := story(t, s, scope, name); got != want {
		t.Errorf("history of %s\n got %s\nwant %s", name, got, want)
	}
}

func TestHistory(t *testing.T) {
	s := newStore(t)
	alice, bob := by(s, "alice@laptop"), by(s, "bob@desktop")
	set(t, alice, dev, "A", "1")
	wantStory(t, s, dev, "A", "1 alice@laptop now")
	set(t, bob, dev, "A", "2")
	set(t, bob, dev, "A", "2")
	set(t, bob, dev, "OTHER", "x")
	must(t, alice.Remove(t.Context(), dev, "A"))
	wantStory(t, s, dev, "A", "3 alice@laptop removed now, 2 bob@desktop, 1 alice@laptop")
	if got := read(t, s, dev); len(got) != 1 {
		t.Errorf("%d secrets are left, want 1", len(got))
	}
	wantError(t, s.Remove(t.Context(), dev, "A"), "A in stage dev: not found", "")
	set(t, s, dev, "A", "2")
	wantStory(t, s, dev, "A", "4 now, 3 alice@laptop removed, 2 bob@desktop, 1 alice@laptop")
	wantStory(t, s, dev, "OTHER", "1 bob@desktop now")
}

func TestHistoryOfNothing(t *testing.T) {
	s := newStore(t)
	for range 2 {
		for _, scope := range []sources.Scope{dev, fallback} {
			_, err := s.History(t.Context(), scope, "A")
			wantError(t, err, "A in "+scope.String()+": not found", "")
			if !errors.Is(err, sources.ErrNotFound) {
				t.Errorf("%v does not wrap ErrNotFound", err)
			}
			wantError(t, s.Rollback(t.Context(), scope, "A", ""), "A in "+scope.String()+": not found", "")
		}
		set(t, s, dev, "B", "1")
	}
	_, err := s.History(t.Context(), sources.StageScope("../x"), "A")
	wantError(t, err, `"../x" is no valid name of a stage`, "use letters, digits and -")
}

func TestRollback(t *testing.T) {
	s := newStore(t)
	rollback := func(version, want string) {
		t.Helper()
		must(t, s.Rollback(t.Context(), dev, "A", version))
		if got := read(t, s, dev)["A"]; got != want {
			t.Errorf("after a rollback to %q: %q, want %q", version, got, want)
		}
	}
	set(t, s, dev, "A", "one")
	wantError(t, s.Rollback(t.Context(), dev, "A", ""), "A in stage dev: earlier version not found", "")
	set(t, s, dev, "A", "two\xff")
	set(t, s, dev, "A", "three")
	rollback("", "two\xff")
	rollback("", "three") // the one before is what the last rollback took back
	rollback("1", "one")
	rollback("6", "one") // is the newest: nothing happens
	wantStory(t, s, dev, "A", "6 now, 5, 4, 3, 2, 1")
	must(t, by(s, "bob").Remove(t.Context(), dev, "A"))
	rollback("", "one")
	wantStory(t, s, dev, "A", "8 now, 7 bob removed, 6, 5, 4, 3, 2, 1")
	rollback("", "one") // passes over the removal
	err := s.Rollback(t.Context(), dev, "A", "7")
	wantError(t, err, "A in stage dev: version 7 is its removal", "remove it again, or choose another version")
	for _, version := range []string{"9", "0", "-1", "x", "01"} {
		err := s.Rollback(t.Context(), dev, "A", version)
		wantError(t, err, "A in stage dev: version "+version+" not found", "aside secret history shows which versions there are")
		if !errors.Is(err, sources.ErrNotFound) {
			t.Errorf("%v does not wrap ErrNotFound", err)
		}
	}
}

// clear returns the decrypted text of a file of the store's.
func clear(t testing.TB, s *Store, name string) string {
	t.Helper()
	id, err := s.config.identity("")
	must(t, err)
	r, err := age.Decrypt(bytes.NewReader(content(t, name)), id.keys...)
	must(t, err)
	text, err := io.ReadAll(r)
	must(t, err)
	return string(text)
}

// Ten versions are kept, and an older value is nowhere any more; whether the
// versions are in the scope's file or in the archive.
func TestTenVersionsAreKept(t *testing.T) {
	for _, size := range []int{1, archiveAt / 30, archiveAt / 3, archiveAt - 1000} {
		t.Run(fmt.Sprint("values of ", size), func(t *testing.T) {
			s := newStore(t)
			value := func(n int) string { return strings.Repeat(fmt.Sprintf("<%d>", n), 1+size/4) }
			set(t, s, dev, "OTHER", "1")
			set(t, s, dev, "OTHER", "2")
			for n := 1; n <= 40; n++ {
				set(t, s, dev, "A", value(n))
			}
			wantStory(t, s, dev, "A", "40 now, 39, 38, 37, 36, 35, 34, 33, 32, 31")
			wantStory(t, s, dev, "OTHER", "2 now, 1")

			f, err := s.file(dev)
			must(t, err)
			all := clear(t, s, f.path)
			_, err = os.Stat(f.archive().path)
			if archived := err == nil; archived != (10*size > archiveAt) {
				t.Errorf("archived: %t", archived)
			} else if archived {
				all += clear(t, s, f.archive().path)
			}
			// The two files know nothing of each other's number of versions.
			for n := 1; n <= 40-2*maxVersions; n++ {
				if strings.Contains(all, fmt.Sprintf(`"<%d>`, n)) {
					t.Errorf("value %d is still kept", n)
				}
			}
			if len(clear(t, s, f.path)) > archiveAt+2*len(value(0))+1000 {
				t.Error("a run has too much to read")
			}
			must(t, s.Rollback(t.Context(), dev, "A", "31"))
			if read(t, s, dev)["A"] != value(31) {
				t.Error("the oldest one does not come back")
			}
			must(t, s.Remove(t.Context(), dev, "A"))
			wantStory(t, s, dev, "A", "42 removed now, 41, 40, 39, 38, 37, 36, 35, 34, 33")
		})
	}
}

// A run does not read the archive, so it does not care what became of it; and
// only who would write it must know.
func TestDamagedArchive(t *testing.T) {
	s := newStore(t)
	big := strings.Repeat("x", archiveAt)
	set(t, s, dev, "A", big)
	set(t, s, dev, "A", "2")
	f, err := s.file(dev)
	must(t, err)
	write(t, f.archive().path, "x")

	if read(t, s, dev)["A"] != "2" {
		t.Error("not read")
	}
	set(t, s, dev, "A", big)
	text := ".aside/secrets/history.dev.age is no file that age encrypted, or only a piece of one"
	hint := "put back a copy of it that is whole: git checkout -- .aside/secrets/history.dev.age"
	_, err = s.History(t.Context(), dev, "A")
	wantError(t, err, text, hint)
	wantError(t, s.Rollback(t.Context(), dev, "A", ""), text, hint)
	wantError(t, s.Set(t.Context(), dev, one("A", "3")), text, hint)
	if read(t, s, dev)["A"] != big {
		t.Error("the value was changed")
	}
}

// Between the two writes of an edit a crash leaves the archive new and the
// document old; a checkout may leave it older still.
func TestDocumentOlderThanItsArchive(t *testing.T) {
	s := newStore(t)
	big := func(n int) string { return fmt.Sprint(n) + strings.Repeat("x", archiveAt-10) }
	set(t, s, dev, "A", big(1))
	set(t, s, dev, "A", big(2))
	name := s.Paths(dev)[0]
	second := content(t, name)
	set(t, s, dev, "A", big(3))
	set(t, s, dev, "A", big(4))
	wantStory(t, s, dev, "A", "4 now, 3, 2, 1")
	write(t, name, string(second))
	wantStory(t, s, dev, "A", "2 now, 1")
	set(t, s, dev, "A", "another")
	wantStory(t, s, dev, "A", "3 now, 2, 1")
	must(t, s.Rollback(t.Context(), dev, "A", "2"))
	if read(t, s, dev)["A"] != big(2) {
		t.Error("version 2 is another one")
	}
	wantStory(t, s, dev, "A", "4 now, 3, 2, 1")
}

func TestEarlierVersionsThatAreNone(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "A", "1")
	id, err := age.ParseIdentities(bytes.NewReader(content(t, s.config.DefaultIdentity)))
	must(t, err)
	to := id[0].(*age.X25519Identity).Recipient()
	for _, c := range []struct{ line, want string }{
		{`{"A":{"value":"` + planted + `"}}`, "holds no document of aside's"},
		{`{"A":` + planted, "holds no document of aside's"},
		{`{"A":{"value":"x","version":1}}}`, "holds no document of aside's"},
		{`{"A":{"value":"` + planted + `\u0000","version":1}}`, "holds a secret whose name or value is not valid"},
		{`{"A":{"value":"x","version":1},"B":{"value":"` + planted + `","version":1}}`, "holds a secret whose name or value is not valid"},
	} {
		write(t, s.Paths(dev)[0], string(ageFile(t, to, `{"version":2,"secrets":{"A":{"value":"now","version":2}}}`+"\n"+c.line+"\n")))
		text := ".aside/secrets/dev.age " + c.want
		_, err := s.History(t.Context(), dev, "A")
		wantError(t, err, text, restoreHint)
		wantError(t, s.Rollback(t.Context(), dev, "A", ""), text, restoreHint)
		if read(t, s, dev)["A"] != "now" {
			t.Error("not read")
		}
		set(t, s, dev, "B", "1")
		if !strings.HasSuffix(clear(t, s, s.Paths(dev)[0]), "\n"+c.line+"\n") {
			t.Errorf("%s was not kept", c.line)
		}
	}
}

func TestLayout1(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "A", "x")
	id, err := age.ParseIdentities(bytes.NewReader(content(t, s.config.DefaultIdentity)))
	must(t, err)
	old := `{"version":1,"recipients":["` + id[0].(*age.X25519Identity).Recipient().String() + `"],"secrets":{` +
		`"A":{"value":"one","updated":"2026-01-02T03:04:05Z","version":3},` +
		`"B":{"base64":"/w==","updated":"2026-01-02T03:04:05Z","version":1}}}`
	write(t, s.Paths(dev)[0], string(ageFile(t, id[0].(*age.X25519Identity).Recipient(), old)))

	values, err := s.Read(t.Context(), dev)
	must(t, err)
	if len(values) != 2 || values[0].Secret.Reveal() != "one" || values[0].Origin.Version != "3" || values[1].Secret.Reveal() != "\xff" {
		t.Errorf("read %+v", values)
	}
	versions, err := s.History(t.Context(), dev, "A")
	must(t, err)
	want := []sources.Version{{ID: "3", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Current: true}}
	if !slices.Equal(versions, want) {
		t.Errorf("got %+v, want %+v", versions, want)
	}
	set(t, s, dev, "A", "one") // changes nothing, so the file stays
	if clear(t, s, s.Paths(dev)[0]) != old {
		t.Error("the file was written again")
	}
	set(t, by(s, "alice"), dev, "A", "two")
	must(t, s.Rollback(t.Context(), dev, "A", "3"))
	if got := read(t, s, dev); got["A"] != "one" || got["B"] != "\xff" {
		t.Error("a value is lost")
	}
	versions, err = s.History(t.Context(), dev, "A")
	must(t, err)
	if len(versions) != 3 || versions[1].By != "alice" || versions[2].ID != "3" || versions[2].Time != want[0].Time {
		t.Errorf("got %+v", versions)
	}
}
