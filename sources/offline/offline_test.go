package offline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"filippo.io/age"

	"github.com/aside-cli/aside/sources"
)

// A remote is a source that can be made to fail.
type remote struct {
	mu      sync.Mutex
	values  []sources.Value
	version string
	readErr error
	pollErr error
	asked   int
}

func (r *remote) Read(context.Context) (sources.Reading, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	if r.readErr != nil {
		return sources.Reading{}, r.readErr
	}
	return sources.Reading{Values: r.values, Warnings: []string{"its own"}}, nil
}

func (r *remote) Version(context.Context) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	return r.version, r.pollErr
}

func (r *remote) set(version, value string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.version = version
	r.values = []sources.Value{stored("A", value)}
}

func (r *remote) fail(read, poll error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.readErr, r.pollErr = read, poll
}

var (
	errDown   = sources.Hint(fmt.Errorf("awssm: the host cannot be reached: connection refused%w", quiet{sources.ErrUnreachable}), "check the network")
	errDenied = errors.New("awssm: access denied")
)

// quiet wraps an error without its text.
type quiet struct{ error }

func (quiet) Error() string   { return "" }
func (q quiet) Unwrap() error { return q.error }

func stored(name, value string) sources.Value {
	return sources.Value{
		Name: name, Secret: sources.NewSecret(value),
		Origin: sources.Origin{Layer: sources.Stage, Source: "awssm:app/dev/" + name, Version: "11112222"},
	}
}

func newKeys(t testing.TB) *Keys {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return &Keys{Identities: []age.Identity{id}, Recipient: id.Recipient(), Secret: sources.NewSecret(id.String())}
}

func newConfig(t testing.TB) Config {
	return Config{
		Dir: filepath.Join(t.TempDir(), "cache", "aside"),
		App: "app", Stage: "dev", Store: "awssm", Place: "eu-central-1",
		Scopes: []sources.Scope{sources.StageScope("dev"), sources.FallbackScope()},
		Keys:   newKeys(t),
	}
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// failure writes an error with its hint, as a user sees them.
func failure(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error() + "\n" + sources.HintOf(err)
}

// outcome writes what a source reads: values, warnings, error.
func outcome(t *testing.T, s sources.Source) string {
	t.Helper()
	r, err := s.Read(t.Context())
	if err != nil {
		if r.Values != nil || r.Warnings != nil {
			t.Error("a reading in spite of an error")
		}
		return failure(err)
	}
	var lines []string
	for _, v := range r.Values {
		lines = append(lines, v.Name+"="+v.Secret.Reveal())
	}
	return strings.Join(append(lines, r.Warnings...), "\n")
}

// filesIn returns the names of the files in a folder.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestStandsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &remote{}
		c := newConfig(t)
		s := New(src, c)

		src.fail(errDown, errDown)
		equal(t, "nothing kept yet", outcome(t, s), "awssm: the host cannot be reached: connection refused\ncheck the network")

		src.fail(nil, nil)
		src.set("1", "one")
		equal(t, "well", outcome(t, s), "A=one\nits own")

		src.fail(errDown, errDown)
		for _, step := range []struct {
			wait time.Duration
			age  string
		}{
			{0, "0 seconds"}, {time.Second, "1 second"}, {58 * time.Second, "59 seconds"}, {time.Second, "1 minute"},
			{2 * time.Minute, "3 minutes"}, {time.Hour, "1 hour"}, {22*time.Hour + 57*time.Minute, "24 hours"},
		} {
			time.Sleep(step.wait)
			equal(t, "down", outcome(t, New(src, c)), "A=one\nawssm: the host cannot be reached: connection refused: using the values of "+step.age+" ago")
		}
		time.Sleep(time.Second)
		equal(t, "too old", outcome(t, s), "awssm: the host cannot be reached: connection refused; "+
			"and what was kept of awssm is 24 hours old: at most 24 hours is allowed\ncheck the network")
		time.Sleep(3 * 24 * time.Hour)
		equal(t, "much too old", outcome(t, s), "awssm: the host cannot be reached: connection refused; "+
			"and what was kept of awssm is 4 days old: at most 24 hours is allowed\ncheck the network")
		_, err := s.Read(t.Context())
		if !errors.Is(err, sources.ErrUnreachable) {
			t.Error("still unreachable")
		}
		patient := c
		patient.MaxAge = 10 * 24 * time.Hour
		equal(t, "max-age", outcome(t, New(src, patient)), "A=one\nawssm: the host cannot be reached: connection refused: using the values of 4 days ago")

		src.fail(errDenied, errDenied)
		equal(t, "denied", outcome(t, New(src, patient)), "awssm: access denied\n")
	})
}

func TestOffline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &remote{}
		c := newConfig(t)
		src.set("1", "one")
		off := c
		off.Offline = true
		const hint = "\nrun it once while the store can be reached"
		equal(t, "nothing kept yet", outcome(t, New(src, off)), "offline: nothing was kept of awssm for the stage dev of app"+hint)
		if _, err := New(src, c).Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		src.asked = 0
		time.Sleep(90 * time.Minute)
		s := New(src, off)
		equal(t, "values", outcome(t, s), "A=one\noffline: using the values that awssm held 1 hour ago")
		for range 2 {
			if v, err := s.Version(t.Context()); v != "offline" || err != nil {
				t.Errorf("version %q, %v", v, err)
			}
		}
		time.Sleep(24 * time.Hour)
		equal(t, "too old", outcome(t, s), "offline: what was kept of awssm is 25 hours old: at most 24 hours is allowed"+hint+", or raise max-age under cache: in aside.yaml")
		if src.asked != 0 {
			t.Errorf("the source was asked %d times", src.asked)
		}
		off.Keys = nil
		equal(t, "no identity", outcome(t, New(src, off)), "offline: no values are kept without an identity and a folder for them\n"+
			"make an identity with aside identity new, and set HOME or XDG_CACHE_HOME")
	})
}

// Without an identity, or a folder, the source is as it was.
func TestNothingKept(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no identity": func(c *Config) { c.Keys = nil },
		"no folder":   func(c *Config) { c.Dir = "" },
	} {
		c := newConfig(t)
		dir := c.Dir
		change(&c)
		src := &remote{}
		src.set("1", "one")
		s := New(src, c)
		equal(t, name, outcome(t, s), "A=one\nits own")
		src.fail(errDown, errDown)
		equal(t, name, outcome(t, s), "awssm: the host cannot be reached: connection refused\ncheck the network")
		if files := filesIn(t, dir); files != nil {
			t.Errorf("%s: kept %q", name, files)
		}
	}
}

// A poller asks as the supervisor does: for the version, and if that is another
// one for the values.
type poller struct {
	cache *sources.Cache
	last  string
}

func (p *poller) step(t *testing.T, what string, signalled bool, want string) {
	t.Helper()
	v, err := p.cache.Version(t.Context())
	if err == nil && v != p.last {
		p.last = v
		if !signalled {
			t.Errorf("%s: signalled", what)
		}
	} else if signalled {
		t.Errorf("%s: not signalled: %v", what, err)
	}
	equal(t, what, strings.Split(outcome(t, p.cache), "\n")[0], want)
}

// The store is down at the start, and comes back: it is read afresh.
func TestComesBack(t *testing.T) {
	src := &remote{}
	c := newConfig(t)
	src.set("1", "one")
	if _, err := New(src, c).Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	src.fail(errDown, errDown)
	cache := sources.Cached(New(src, c))
	equal(t, "started", strings.Split(outcome(t, cache), "\n")[0], "A=one")
	p := &poller{cache: cache}
	p.step(t, "down", false, "A=one")
	src.set("2", "two")
	src.fail(nil, nil)
	p.step(t, "back", true, "A=two")
	asked := src.asked
	p.step(t, "quiet", false, "A=two")
	if src.asked != asked+1 {
		t.Errorf("a quiet poll asked %d times", src.asked-asked)
	}
}

// A store that tells of a change and cannot be read then is read as soon as it
// can: what was kept is not taken for the change.
func TestDownWhileReading(t *testing.T) {
	src := &remote{}
	src.set("1", "one")
	p := &poller{cache: sources.Cached(New(src, newConfig(t)))}
	p.step(t, "first", true, "A=one")
	p.step(t, "quiet", false, "A=one")
	src.set("2", "two")
	src.fail(errDown, nil)
	p.step(t, "changed, and down", true, "A=one")
	p.step(t, "down again", true, "A=one")
	src.fail(errDown, errDown)
	p.step(t, "altogether", false, "A=one")
	src.fail(nil, nil)
	p.step(t, "back", true, "A=two")
	p.step(t, "quiet", false, "A=two")
}

func TestOrigins(t *testing.T) {
	c := newConfig(t)
	want := []sources.Value{
		stored("A", "a\x00\xff\n"),
		{Name: "B", Group: []string{"preview", "production"}, Origin: sources.Origin{Layer: sources.Type, Source: "exec:op", Line: 3, Column: 4}},
		{Name: "C", Secret: sources.NewSecret("$C"), Origin: sources.Origin{Layer: sources.Fallback, Source: "sst", Shared: true}},
	}
	src := &remote{values: want}
	if _, err := New(src, c).Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	src.fail(errDown, nil)
	r, err := New(src, c).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range r.Values {
		w := want[i]
		if v.Name != w.Name || !v.Secret.Equal(w.Secret) || v.Origin != w.Origin || !slices.Equal(v.Group, w.Group) || v.Template != nil {
			t.Errorf("%s: %q %+v %v", v.Name, v.Secret.Reveal(), v.Origin, v.Group)
		}
	}
	if len(r.Values) != len(want) {
		t.Errorf("%d values", len(r.Values))
	}
}

// What SST v2 has beside secrets is kept with them.
func TestKeepsParameters(t *testing.T) {
	c := newConfig(t)
	src := &remote{}
	src.set("1", "one")
	src.values = append(src.values, sources.Value{Name: "P", Secret: sources.NewSecret("two"), Origin: sources.Origin{Layer: sources.Parameter}})
	equal(t, "online", outcome(t, New(src, c)), "A=one\nP=two\nits own")
	c.Offline = true
	r, err := New(src, c).Read(t.Context())
	if err != nil || len(r.Values) != 2 || r.Values[1].Origin.Layer != sources.Parameter {
		t.Errorf("offline: %d values, %v", len(r.Values), err)
	}
}

// That values cannot be kept is no reason not to use them.
func TestCannotKeep(t *testing.T) {
	c := newConfig(t)
	src := &remote{}
	src.set("1", "one")
	if err := os.WriteFile(filepath.Dir(c.Dir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	reason := "not a directory"
	if runtime.GOOS == "windows" {
		reason = "The system cannot find the path specified."
	}
	equal(t, "a file in the way", outcome(t, New(src, c)), "A=one\nits own\nthe values of awssm could not be kept for working offline: "+reason)

	c = newConfig(t)
	src.values = append(src.values, sources.Value{Name: "P", Origin: sources.Origin{Layer: sources.DotEnv}})
	equal(t, "no value of a store", outcome(t, New(src, c)), "A=one\nP=\nits own\nthe values of awssm could not be kept for working offline: P is no value of a store")
}
