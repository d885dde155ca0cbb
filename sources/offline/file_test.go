package offline

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aside-cli/aside/sources"
)

// keep keeps a value and returns where.
func keep(t testing.TB, c Config, value string) string {
	t.Helper()
	src := &remote{}
	src.set("1", value)
	s := New(src, c)
	if _, err := s.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s.file.path
}

// without returns what is read of c while the store is down.
func without(t *testing.T, c Config) string {
	t.Helper()
	src := &remote{}
	src.fail(errDown, errDown)
	return strings.TrimPrefix(outcome(t, New(src, c)), "awssm: the host cannot be reached: connection refused")
}

func TestFileTellsNothing(t *testing.T) {
	c := newConfig(t)
	path := keep(t, c, "hunter2")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"hunter2", "aHVudGVyMg", "awssm", "dev", "app"} {
		if bytes.Contains(append([]byte(filepath.Base(path)), text...), []byte(word)) {
			t.Errorf("the file tells %q", word)
		}
	}
	if runtime.GOOS != "windows" {
		for path, want := range map[string]os.FileMode{path: 0o600, c.Dir: 0o700 | os.ModeDir} {
			if info, err := os.Stat(path); err != nil || info.Mode() != want {
				t.Errorf("%s: mode %v, %v", path, info.Mode(), err)
			}
		}
		if err := os.Chmod(c.Dir, 0o755); err != nil {
			t.Fatal(err)
		}
		keep(t, c, "2")
		if info, err := os.Stat(c.Dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("an open folder stays open: %v, %v", info.Mode(), err)
		}
	}
	if files := filesIn(t, c.Dir); len(files) != 1 {
		t.Errorf("files %q", files)
	}
}

func TestFileIsBound(t *testing.T) {
	const (
		nothing = "\ncheck the network"
		foreign = "; and what was kept of awssm cannot be used: it is damaged, or was kept with another identity or for other scopes\ncheck the network"
	)
	for name, test := range map[string]struct {
		change func(*Config)
		want   string // where the file was kept for another
		moved  string // and is put in this one's place
	}{
		"app":      {func(c *Config) { c.App = "other" }, nothing, foreign},
		"stage":    {func(c *Config) { c.Stage = "production" }, nothing, foreign},
		"store":    {func(c *Config) { c.Place, c.Store = "awssmeu-central-1", "" }, nothing, strings.Replace(foreign, "awssm", "", 1)},
		"place":    {func(c *Config) { c.Place = "us-east-1" }, nothing, foreign},
		"scopes":   {func(c *Config) { c.Scopes = c.Scopes[:1] }, foreign, foreign},
		"identity": {func(c *Config) { c.Keys = newKeys(t) }, nothing, foreign},
		"opener":   {func(c *Config) { c.Keys = &Keys{newKeys(t).Identities, c.Keys.Recipient, c.Keys.Secret} }, foreign, foreign},
		"itself":   {func(c *Config) {}, ": using the values of 0 seconds ago", ": using the values of 0 seconds ago"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newConfig(t)
				path := keep(t, c, "hunter2")
				test.change(&c)
				got := func() string {
					return strings.TrimPrefix(without(t, c), "A=hunter2\nawssm: the host cannot be reached: connection refused")
				}
				equal(t, "beside", got(), test.want)
				if err := os.Rename(path, newFile(c).path); err != nil {
					t.Fatal(err)
				}
				equal(t, "in its place", got(), test.moved)
			})
		})
	}
}

// Whoever can write to the folder, and knows the public key, can make no values.
func TestForged(t *testing.T) {
	c := newConfig(t)
	forger := c
	forger.Keys = &Keys{c.Keys.Identities, c.Keys.Recipient, sources.NewSecret("guess")}
	made := keep(t, forger, "evil")
	if err := os.Rename(made, newFile(c).path); err != nil {
		t.Fatal(err)
	}
	if got := without(t, c); strings.Contains(got, "evil") {
		t.Errorf("got %s", got)
	}
}

func TestDamaged(t *testing.T) {
	c := newConfig(t)
	path := keep(t, c, "hunter2")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const want = "; and what was kept of awssm cannot be used: it is damaged, or was kept with another identity or for other scopes\ncheck the network"
	damage := map[string][]byte{"empty": {}, "text": []byte("hunter2"), "longer": append(bytes.Clone(whole), 'x')}
	for _, at := range []int{0, len(form), len(form) + 31, len(form) + 32, len(whole) / 2, len(whole) - 1} {
		flipped := bytes.Clone(whole)
		flipped[at] ^= 1
		damage["flipped"+string(rune('a'+at%26))] = flipped
		damage["cut"+string(rune('a'+at%26))] = whole[:at]
	}
	for name, content := range damage {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		equal(t, name, without(t, c), want)
	}
	off := c
	off.Offline = true
	equal(t, "offline", outcome(t, New(&remote{}, off)), "offline: what was kept of awssm cannot be used: it is damaged, or was kept with another identity or for other scopes\n"+
		"run it once while the store can be reached")
	keep(t, c, "new")
	if got := without(t, c); !strings.HasPrefix(got, "A=new\n") {
		t.Errorf("a good read does not mend the file: %s", got)
	}
}

// A clock that was set back makes no values young for ever.
func TestFromTheFuture(t *testing.T) {
	c := newConfig(t)
	for ahead, want := range map[time.Duration]string{
		30 * time.Second:          ": using the values of 0 seconds ago",
		3*time.Hour + time.Minute: "; and what was kept of awssm is from the future, 3 hours from now\ncheck the network",
	} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(ahead)
			keep(t, c, "1")
		})
		synctest.Test(t, func(t *testing.T) {
			got := strings.TrimPrefix(without(t, c), "A=1\nawssm: the host cannot be reached: connection refused")
			equal(t, ahead.String(), got, want)
		})
	}
}

func TestClear(t *testing.T) {
	c := newConfig(t)
	if n, err := Clear(c.Dir); n != 0 || err != nil {
		t.Errorf("no folder: %d, %v", n, err)
	}
	path := keep(t, c, "1")
	other := c
	other.Stage = "production"
	keep(t, other, "2")
	for _, name := range []string{filepath.Base(path) + "-123", "key.cache", "notes.txt", strings.Repeat("a", 32) + ".txt"} {
		if err := os.WriteFile(filepath.Join(c.Dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := Clear(c.Dir); n != 3 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
	equal(t, "left", strings.Join(filesIn(t, c.Dir), " "), strings.Repeat("a", 32)+".txt key.cache notes.txt")
	equal(t, "read afterwards", without(t, c), "\ncheck the network")

	full := filepath.Join(c.Dir, strings.Repeat("b", 32)+".cache", "x")
	if err := os.MkdirAll(full, 0o700); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		_, err := Clear(c.Dir)
		equal(t, "not removed", failure(err), "cannot remove "+filepath.Dir(full)+": directory not empty\ncheck that the folder may be written")
		_, err = Clear(filepath.Join(c.Dir, "notes.txt"))
		equal(t, "no folder", failure(err), "cannot read "+filepath.Join(c.Dir, "notes.txt")+": not a directory\ncheck that the folder may be read")
	}
}

// Two processes keep values at once, and others read: none sees half of a file.
func TestKeptAtOnce(t *testing.T) {
	c := newConfig(t)
	keep(t, c, "first")
	var writers, readers sync.WaitGroup
	done := make(chan bool)
	for range 3 {
		writers.Go(func() {
			for range 50 {
				keep(t, c, strings.Repeat("x", 100_000))
			}
		})
	}
	readers.Go(func() {
		for {
			if got := without(t, c); !strings.HasPrefix(got, "A=") {
				t.Errorf("got %.200s", got)
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	writers.Wait()
	close(done)
	readers.Wait()
}

func TestUnknownContent(t *testing.T) {
	for _, test := range []struct{ plain, want string }{
		{`{"values": [{"name": "A", "value": "aGk=", "layer": "stage"}]}`, "no error"},
		{`{"values": "hunter2"}`, "its content is not understood\n"},
		{`{"values": [{"name": "A", "value": "hunter2!", "layer": "stage"}]}`, "its content is not understood\n"},
		{`{"values": [{"name": "A", "layer": "env"}]}`, "it holds a value of the layer \"env\"\n"},
		{`null`, "no error"},
	} {
		_, _, err := decode([]byte(test.plain))
		equal(t, test.plain, failure(err), test.want)
	}
}

// No content of a file makes the reader panic, and nothing but what was kept is
// ever read.
func FuzzOpen(f *testing.F) {
	c := newConfig(f)
	path := keep(f, c, "hunter2")
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole, []byte(`{"saved": "2026-01-02T03:04:05Z", "values": [{"name": "A", "value": "aGk=", "layer": "stage"}]}`))
	f.Add(whole[:100], []byte(`{"values": [{}]}`))
	f.Add([]byte(form), []byte("null"))
	file := newFile(c)
	f.Fuzz(func(t *testing.T, content, plain []byte) {
		if values, _, err := file.open(content); err == nil && !bytes.Equal(content, whole) || err != nil && values != nil {
			t.Errorf("%d values, %v", len(values), err)
		}
		values, saved, err := decode(plain)
		if err != nil {
			return
		}
		again, err := encode(values, saved)
		if err != nil {
			t.Skip("a time that JSON has no form for: ", err)
		}
		if back, _, err := decode(again); err != nil || len(back) != len(values) {
			t.Errorf("%d values became %d, %v", len(values), len(back), err)
		}
	})
}

func BenchmarkKeep(b *testing.B) {
	c := newConfig(b)
	var values []sources.Value
	for range 100 {
		values = append(values, stored("A", "a value of the usual length"))
	}
	file := newFile(c)
	for b.Loop() {
		if err := file.save(values); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	c := newConfig(b)
	keep(b, c, "1")
	file := newFile(c)
	for b.Loop() {
		if _, _, err := file.load(); err != nil {
			b.Fatal(err)
		}
	}
}
