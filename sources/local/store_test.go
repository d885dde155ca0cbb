package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/aside-cli/aside/sources"
)

func TestEveryScopeHasItsFile(t *testing.T) {
	s := newStore(t)
	shared := func(scope sources.Scope) sources.Scope { scope.Shared = true; return scope }
	dir := filepath.ToSlash(s.config.Shared)
	scopes := []struct {
		scope  sources.Scope
		source string
	}{
		{dev, ".aside/secrets/dev.age"},
		{shared(dev), dir + "/dev.age"},
		{sources.TypeScope("preview"), ".aside/secrets/type.preview.age"},
		{shared(sources.TypeScope("preview")), dir + "/type.preview.age"},
		{fallback, ".aside/secrets/_fallback.age"},
		{shared(fallback), dir + "/_fallback.age"},
	}
	var all []sources.Scope
	for i, c := range scopes {
		set(t, s, c.scope, "NAME", fmt.Sprint("value ", i))
		all = append(all, c.scope)
	}
	values, err := s.Read(t.Context(), all...)
	must(t, err)
	if len(values) != len(scopes) {
		t.Fatalf("%d values, want %d", len(values), len(scopes))
	}
	for i, c := range scopes {
		want := sources.Origin{Layer: c.scope.Layer, Source: c.source, Version: "1", Shared: c.scope.Shared}
		if v := values[i]; v.Name != "NAME" || v.Origin != want || v.Secret.Reveal() != fmt.Sprint("value ", i) {
			t.Errorf("%s: got %s %+v, want %+v", c.scope, v.Name, v.Origin, want)
		}
		path := s.Paths(c.scope)[0]
		if !strings.HasSuffix(filepath.ToSlash(path), c.source) || !filepath.IsAbs(path) {
			t.Errorf("%s: path %s", c.scope, path)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestValuesComeBackByteForByte(t *testing.T) {
	values := map[string]string{
		"EMPTY":     "",
		"SPACE":     " a b ",
		"LINES":     "-----BEGIN KEY-----\nabc\r\ndef\n-----END KEY-----\n\n",
		"QUOTES":    `"'` + "`" + `\ \" \\ $X ${Y} $$`,
		"HTML":      "<a href='x'>&amp;</a>\u2028\u2029",
		"CONTROL":   "\x01\x02\x1b[31m\x7f\t",
		"UNICODE":   "schlüssel 🔑 \ufeff \ufffd",
		"BINARY":    "\xff\xfe\x80\xc3(\xed\xa0\x80",
		"HALF_RUNE": "abc\xf0\x9f\x94",
		"LONG":      strings.Repeat("x\n", sources.MaxValue/2),
		"LONG_BYTE": strings.Repeat("\xff", sources.MaxValue),
	}
	s := newStore(t)
	secrets := map[string]sources.Secret{}
	for name, value := range values {
		secrets[name] = sources.NewSecret(value)
	}
	must(t, s.Set(t.Context(), dev, secrets))
	if got := read(t, s, dev); !maps.Equal(got, values) {
		for name := range values {
			if got[name] != values[name] {
				t.Errorf("%s: got %q, want %q", name, got[name], values[name])
			}
		}
	}
	list, err := s.Read(t.Context(), dev)
	must(t, err)
	if !slices.IsSortedFunc(list, func(a, b sources.Value) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the values are not sorted by name")
	}
}

// The layout is read here by age and encoding/json alone, as another program would.
func TestLayout(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "B", "text")
	set(t, s, dev, "A", "\xff")
	set(t, s, dev, "B", "newer")

	id, err := age.ParseIdentities(bytes.NewReader(content(t, s.config.DefaultIdentity)))
	must(t, err)
	r, err := age.Decrypt(bytes.NewReader(content(t, s.Paths(dev)[0])), id...)
	must(t, err)
	text, err := io.ReadAll(r)
	must(t, err)
	var doc struct {
		Version    int
		Recipients []string
		Secrets    map[string]struct {
			Value   *string
			Base64  []byte
			Updated time.Time
			Version int
		}
	}
	lines := json.NewDecoder(bytes.NewReader(text))
	must(t, lines.Decode(&doc))
	a, b := doc.Secrets["A"], doc.Secrets["B"]
	if doc.Version != 2 || len(doc.Secrets) != 2 || len(doc.Recipients) != 1 ||
		a.Value != nil || string(a.Base64) != "\xff" || a.Version != 1 ||
		b.Base64 != nil || *b.Value != "newer" || b.Version != 2 || time.Since(b.Updated).Abs() > time.Minute {
		t.Errorf("got %s", text)
	}
	if bytes.Index(text, []byte(`"A"`)) > bytes.Index(text, []byte(`"B"`)) {
		t.Errorf("the names are not in order: %s", text)
	}
}

func TestFirstSet(t *testing.T) {
	s := newStore(t)
	var notices []string
	s.config.Notice = func(line string) { notices = append(notices, line) }
	set(t, s, dev, "A", "1")
	set(t, s, dev, "A", "2")

	file := s.config.DefaultIdentity
	want := "made an identity, " + file + ": keep a copy, without it nobody can read what you set"
	if !slices.Equal(notices, []string{want}) {
		t.Errorf("notices %q, want once %q", notices, want)
	}
	id, err := parseIdentity("", content(t, file))
	must(t, err)
	if got := string(content(t, filepath.Join(s.app.keys, "recipients.txt"))); !strings.HasPrefix(got, "#") || !strings.HasSuffix(got, "\n"+id.publics[0]+"\n") {
		t.Errorf("recipients.txt is\n%s", got)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for name, mode := range map[string]os.FileMode{
		file:            0o600,
		s.Paths(dev)[0]: 0o600,
		s.app.keys:      0o755,
		s.app.files:     0o755,
		filepath.Join(s.app.keys, "recipients.txt"): 0o644,
		filepath.Join(s.app.keys, ".gitignore"):     0o644,
	} {
		info, err := os.Stat(name)
		must(t, err)
		// The umask of who runs the test may take more away.
		if got := info.Mode().Perm(); got&^mode != 0 || got&0o600 != 0o600 {
			t.Errorf("%s has mode %o, want %o", name, got, mode)
		}
	}
}

func TestSharedFolderIsPrivate(t *testing.T) {
	s := newStore(t)
	set(t, s, sources.Scope{Layer: sources.Fallback, Shared: true}, "A", "1")
	entries, err := os.ReadDir(s.config.Shared)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{".lock", "_fallback.age", "recipients.txt"}; !slices.Equal(names, want) {
		t.Errorf("the shared folder holds %q, want %q", names, want)
	}
	if info, err := os.Stat(s.config.Shared); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestSameValueWritesNothing(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "A", "1")
	before := content(t, s.Paths(dev)[0])
	set(t, s, dev, "A", "1")
	must(t, s.Set(t.Context(), dev, nil))
	if !bytes.Equal(before, content(t, s.Paths(dev)[0])) {
		t.Error("the file was written again")
	}
}

func TestSetOfNothingMakesNothing(t *testing.T) {
	s := newStore(t)
	must(t, s.Set(t.Context(), dev, nil))
	if entries, err := os.ReadDir(s.config.Root); err != nil || len(entries) > 0 {
		t.Errorf("made %v, %v", entries, err)
	}
}

func TestVersionCountsChanges(t *testing.T) {
	s := newStore(t)
	for _, value := range []string{"1", "2", "2", "3"} {
		set(t, s, dev, "A", value)
	}
	values, err := s.Read(t.Context(), dev)
	must(t, err)
	if got := values[0].Origin.Version; got != "3" {
		t.Errorf("version %s, want 3", got)
	}
}

func TestRemove(t *testing.T) {
	s := newStore(t)
	must(t, s.Set(t.Context(), dev, map[string]sources.Secret{"A": sources.NewSecret("1"), "B": sources.NewSecret("2")}))
	must(t, s.Remove(t.Context(), dev, "A"))
	if got := read(t, s, dev); !maps.Equal(got, map[string]string{"B": "2"}) {
		t.Errorf("left %d", len(got))
	}
	must(t, s.Remove(t.Context(), dev, "B"))
	if got := read(t, s, dev); len(got) > 0 {
		t.Errorf("left %d", len(got))
	}
	for scope, text := range map[sources.Scope]string{
		dev:      "A in stage dev: not found",
		fallback: "A in fallback: not found",
	} {
		err := s.Remove(t.Context(), scope, "A")
		wantError(t, err, text, "")
		if !errors.Is(err, sources.ErrNotFound) {
			t.Errorf("%v does not wrap ErrNotFound", err)
		}
	}
}

// What does not exist is empty, and asks for no identity.
func TestReadOfNothing(t *testing.T) {
	for _, c := range []Config{configIn(t.TempDir()), {Root: t.TempDir(), Identity: sources.NewSecret("broken")}} {
		s := New(c)
		values, err := s.Read(t.Context(), dev, fallback, sources.Scope{Layer: sources.Fallback, Shared: true})
		if len(values) > 0 || err != nil {
			t.Errorf("got %d values, %v", len(values), err)
		}
		wantError(t, s.Remove(t.Context(), dev, "A"), "A in stage dev: not found", "")
		if entries, err := os.ReadDir(c.Root); err != nil || len(entries) > 0 {
			t.Errorf("reading made %v, %v", entries, err)
		}
	}
}

func TestBadArguments(t *testing.T) {
	s := newStore(t)
	for _, name := range []string{"", ".", "..", "../x", "a/b", `a\b`, "a.b", "_fallback", "dev\x00", "käse"} {
		scope := sources.StageScope(name)
		text := fmt.Sprintf("%q is no valid name of a stage", name)
		_, err := s.Read(t.Context(), scope)
		wantError(t, err, text, "use letters, digits and -")
		wantError(t, s.Set(t.Context(), scope, one("A", "1")), text, "use letters, digits and -")
		wantError(t, s.Remove(t.Context(), scope, "A"), text, "use letters, digits and -")
		if paths := s.Paths(scope); len(paths) > 0 {
			t.Errorf("%q has the paths %q", name, paths)
		}
	}
	_, err := s.Read(t.Context(), sources.Scope{Layer: sources.Env})
	wantError(t, err, "the layer env is no place for stored secrets", "")
	wantError(t, s.Set(t.Context(), dev, one("A", strings.Repeat("x", sources.MaxValue+1))),
		"A is 65537 bytes long: a secret holds at most 65536", "keep the file elsewhere and store where it is")
	if err := s.Set(t.Context(), dev, one("A B", "1")); err == nil {
		t.Error("a name with a space was stored")
	}
	shared := sources.Scope{Layer: sources.Fallback, Shared: true}
	wantError(t, New(Config{Root: t.TempDir()}).Set(t.Context(), shared, one("A", "1")),
		"there is no folder for the shared fallback", "set HOME or XDG_DATA_HOME")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Read(ctx, dev); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v", err)
	}
	if err := s.Set(ctx, dev, one("A", "1")); !errors.Is(err, context.Canceled) {
		t.Errorf("set: %v", err)
	}
}

// A file that a writer was killed over is removed by the next one; what the
// user put there is not.
func TestSweep(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "A", "1")
	stale, other := filepath.Join(s.app.files, ".dev.age123"), filepath.Join(s.app.files, ".dev.age-notes")
	write(t, stale, "half")
	write(t, other, "mine")
	set(t, s, dev, "A", "2")
	if _, err := os.Stat(stale); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: %v", stale, err)
	}
	if string(content(t, other)) != "mine" {
		t.Error("a file of the user's was changed")
	}
}

func TestConcurrentSetInOneProcess(t *testing.T) {
	s := newStore(t)
	var wg sync.WaitGroup
	errs := make(chan error, 50)
	for i := range 50 {
		wg.Go(func() { errs <- s.Set(t.Context(), dev, one(fmt.Sprint("NAME_", i), fmt.Sprint(i))) })
	}
	wg.Wait()
	for range 50 {
		must(t, <-errs)
	}
	got := read(t, s, dev)
	for i := range 50 {
		if got[fmt.Sprint("NAME_", i)] != fmt.Sprint(i) {
			t.Errorf("NAME_%d is lost", i)
		}
	}
}
