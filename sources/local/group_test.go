package local

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

var (
	preview     = sources.TypeScope("preview")
	production  = sources.TypeScope("production")
	development = sources.TypeScope("development")
)

func together(scopes ...sources.Scope) []sources.Scope { return scopes }

func setGroup(t testing.TB, s *Store, value string, scopes ...sources.Scope) {
	t.Helper()
	must(t, s.SetGroup(t.Context(), scopes, one("A", value)))
}

// groups returns the value and the group of A in each of the types.
func groups(t testing.TB, s *Store) string {
	t.Helper()
	var parts []string
	for _, scope := range together(preview, production, development) {
		values, err := s.Read(t.Context(), scope)
		must(t, err)
		for _, v := range values {
			parts = append(parts, scope.Name+"="+v.Secret.Reveal()+"("+strings.Join(v.Group, " ")+")")
		}
	}
	return strings.Join(parts, " ")
}

func wantGroups(t testing.TB, s *Store, want string) {
	t.Helper()
	if got := groups(t, s); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestSetGroup(t *testing.T) {
	s := newStore(t)
	setGroup(t, s, "1", production, preview)
	wantGroups(t, s, "preview=1(preview production) production=1(preview production)")
	setGroup(t, s, "2", preview, production)
	wantGroups(t, s, "preview=2(preview production) production=2(preview production)")
	setGroup(t, s, "3", development) // a group of one is none
	wantGroups(t, s, "preview=2(preview production) production=2(preview production) development=3()")

	text := "A was set for the types preview, production together"
	hint := "remove it first: aside secret remove A --type preview,production"
	for _, scopes := range [][]sources.Scope{
		{preview}, {production}, {preview, development}, {development, production}, {development, preview, production},
	} {
		wantError(t, s.SetGroup(t.Context(), scopes, one("A", "4")), text, hint)
		if len(scopes) < 3 {
			wantError(t, s.RemoveGroup(t.Context(), scopes, "A"), text, hint)
		}
	}
	wantError(t, s.Set(t.Context(), preview, map[string]sources.Secret{"A": sources.NewSecret("4"), "B": sources.NewSecret("4")}), text, hint)
	wantError(t, s.Remove(t.Context(), preview, "A"), text, hint)
	wantGroups(t, s, "preview=2(preview production) production=2(preview production) development=3()")

	must(t, s.RemoveGroup(t.Context(), together(preview, production), "A"))
	wantGroups(t, s, "development=3()")
	set(t, s, preview, "A", "5")
	setGroup(t, s, "6", preview, development) // each had a value of its own
	wantGroups(t, s, "preview=6(development preview) development=6(development preview)")
	set(t, s, dev, "A", "7") // a stage is no type
	must(t, s.RemoveGroup(t.Context(), together(preview, production, development), "A"))
	wantGroups(t, s, "")
	err := s.RemoveGroup(t.Context(), together(preview, production), "A")
	wantError(t, err, "A in type preview, type production: not found", "")
	if !errors.Is(err, sources.ErrNotFound) {
		t.Errorf("%v does not wrap ErrNotFound", err)
	}
	wantStory(t, s, preview, "A", "6 removed now, 5, 4, 3 removed, 2, 1")
}

func TestSharedGroup(t *testing.T) {
	s := newStore(t)
	a, b := preview, production
	a.Shared, b.Shared = true, true
	setGroup(t, s, "1", a, b)
	wantError(t, s.Set(t.Context(), a, one("A", "2")), "A was set for the types preview, production together",
		"remove it first: aside secret remove A --type preview,production --shared")
	set(t, s, preview, "A", "of the app")
}

func TestScopesThatAreNoGroup(t *testing.T) {
	s := newStore(t)
	shared := preview
	shared.Shared = true
	for _, c := range []struct {
		scopes []sources.Scope
		text   string
	}{
		{nil, "no scope is given"},
		{together(preview, dev), "stage dev cannot be one of several scopes: types of stages can, all of the app or all shared"},
		{together(fallback, preview), "fallback cannot be one of several scopes: types of stages can, all of the app or all shared"},
		{together(preview, shared), "shared type preview cannot be one of several scopes: types of stages can, all of the app or all shared"},
	} {
		wantError(t, s.SetGroup(t.Context(), c.scopes, one("A", "1")), c.text, "")
		wantError(t, s.RemoveGroup(t.Context(), c.scopes, "A"), c.text, "")
	}
	if entries, err := os.ReadDir(s.config.Root); err != nil || len(entries) > 0 {
		t.Errorf("made %v, %v", entries, err)
	}
	setGroup(t, s, "1", preview, preview)
	wantGroups(t, s, "preview=1()")
}

// One file of a group that cannot be read or written keeps the other as it is.
func TestGroupAllOrNone(t *testing.T) {
	s := newStore(t)
	setGroup(t, s, "1", preview, production)
	must(t, s.SetGroup(t.Context(), together(preview), nil))
	first, second := s.Paths(preview)[0], s.Paths(production)[0]
	before, whole := content(t, first), content(t, second)
	write(t, second, "x")
	text := ".aside/secrets/type.production.age is no file that age encrypted, or only a piece of one"
	hint := "put back a copy of it that is whole: git checkout -- .aside/secrets/type.production.age"
	wantError(t, s.SetGroup(t.Context(), together(preview, production), one("A", "2")), text, hint)
	wantError(t, s.RemoveGroup(t.Context(), together(preview, production), "A"), text, hint)
	wantError(t, s.Rollback(t.Context(), preview, "A", ""), "A in type preview: earlier version not found", "")
	if !slices.Equal(before, content(t, first)) {
		t.Error("the other file was changed")
	}
	write(t, second, string(whole))

	// A file that a merge lost is made whole by the same commands.
	setGroup(t, s, "2", preview, production)
	must(t, os.Remove(second))
	wantGroups(t, s, "preview=2(preview production)")
	setGroup(t, s, "2", preview, production)
	wantGroups(t, s, "preview=2(preview production) production=2(preview production)")
	must(t, os.Remove(first))
	must(t, s.RemoveGroup(t.Context(), together(preview, production), "A"))
	wantGroups(t, s, "")
	if _, err := os.Stat(first); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty file was made: %v", err)
	}
}

func TestRollbackOfAGroup(t *testing.T) {
	s := newStore(t)
	set(t, s, preview, "A", "0")
	setGroup(t, s, "1", preview, production)
	setGroup(t, s, "2", preview, production)
	must(t, s.Rollback(t.Context(), production, "A", "1"))
	wantGroups(t, s, "preview=1(preview production) production=1(preview production)")
	must(t, s.Rollback(t.Context(), preview, "A", "1"))
	wantGroups(t, s, "preview=0(preview production) production=0(preview production)")
	must(t, s.RemoveGroup(t.Context(), together(preview, production), "A"))
	must(t, s.Rollback(t.Context(), preview, "A", ""))
	wantGroups(t, s, "preview=0()")
}
