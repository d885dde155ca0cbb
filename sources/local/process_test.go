//go:build unix

package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aside-cli/aside/sources"
)

// The test binary starts itself as another process that uses the store in the
// folder ASIDE_TEST_DIR, in the way that ASIDE_TEST_CHILD names.
func TestMain(m *testing.M) {
	child, ok := children[os.Getenv("ASIDE_TEST_CHILD")]
	if !ok {
		os.Exit(m.Run())
	}
	if err := child(New(configIn(os.Getenv("ASIDE_TEST_DIR"))), os.Getenv("ASIDE_TEST_ARG")); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s\n", err, sources.HintOf(err))
		os.Exit(1)
	}
	os.Exit(0)
}

var children = map[string]func(s *Store, arg string) error{
	// Sets a name in the scope of that number.
	"set": func(s *Store, arg string) error {
		scope, name, _ := strings.Cut(arg, " ")
		n, err := strconv.Atoi(scope)
		if err != nil {
			return err
		}
		return s.Set(context.Background(), everyScope()[n], one(name, "value of "+name))
	},
	// Counts on from arg, and says after each number that it is stored.
	"count": func(s *Store, arg string) error {
		n, err := strconv.Atoi(arg)
		for ; err == nil; n++ {
			if err = s.Set(context.Background(), dev, one("COUNT", counted(n))); err == nil {
				_, err = fmt.Println(n)
			}
		}
		return err
	},
	// The same for a group.
	"count together": func(s *Store, arg string) error {
		n, err := strconv.Atoi(arg)
		for ; err == nil; n++ {
			if err = s.SetGroup(context.Background(), together(preview, production), one("COUNT", counted(n))); err == nil {
				_, err = fmt.Println(n)
			}
		}
		return err
	},
	"nobody": func(s *Store, arg string) error {
		if os.Geteuid() == 0 {
			if err := syscall.Setuid(65534); err != nil {
				return err
			}
		}
		return s.Set(context.Background(), dev, one("A", "new"))
	},
	"limited": func(s *Store, arg string) error {
		limit := syscall.Rlimit{Cur: 4096, Max: 4096}
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			return err
		}
		return s.Set(context.Background(), dev, one("A", strings.Repeat("x", 8192)))
	},
}

func child(t *testing.T, how, dir, arg string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "ASIDE_TEST_CHILD="+how, "ASIDE_TEST_DIR="+dir, "ASIDE_TEST_ARG="+arg)
	return cmd
}

func everyScope() []sources.Scope {
	scopes := []sources.Scope{dev, preview, fallback}
	for _, scope := range scopes[:3] {
		scope.Shared = true
		scopes = append(scopes, scope)
	}
	return scopes
}

// All start with nothing: the folders, the identity and the lists are made once.
func TestConcurrentSetInManyProcesses(t *testing.T) {
	s := newStore(t)
	const n = 20
	var cmds []*exec.Cmd
	scopes := everyScope()
	output := make([]bytes.Buffer, n*len(scopes))
	for i := range output {
		cmd := child(t, "set", s.config.Root, fmt.Sprintf("%d NAME_%d", i%len(scopes), i))
		cmd.Stderr = &output[i]
		must(t, cmd.Start())
		cmds = append(cmds, cmd)
	}
	for i, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %s", err, &output[i])
		}
	}
	for i, scope := range scopes {
		got := read(t, s, scope)
		if len(got) != n {
			t.Errorf("%s holds %d secrets", scope, len(got))
		}
		for j := i; j < len(output); j += len(scopes) {
			if name := fmt.Sprint("NAME_", j); got[name] != "value of "+name {
				t.Errorf("%s in %s is lost", name, scope)
			}
		}
	}
}

// A value that is long enough to be written in parts, and to fill the archive.
func counted(n int) string { return strings.Repeat(fmt.Sprintf("%08d\n", n), 5000) }

// killWhile starts the child again and again, at the number after the last one
// that was stored, and kills it at some moment. It calls check with the last
// number that the child said was stored, which returns the number that is.
func killWhile(t *testing.T, s *Store, how string, rounds int, check func(round, said int) (stored int)) {
	t.Helper()
	stored := 0
	if testing.Short() {
		rounds /= 10
	}
	for round := range rounds {
		cmd := child(t, how, s.config.Root, strconv.Itoa(stored+1))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		if !lines.Scan() {
			t.Fatal("the child stored nothing")
		}
		kill := time.AfterFunc(rand.N(20*time.Millisecond), func() { cmd.Process.Kill() })
		said := 0
		for more := true; more; more = lines.Scan() {
			said, err = strconv.Atoi(lines.Text())
			must(t, err)
		}
		cmd.Wait()
		kill.Stop()
		stored = check(round, said)
	}
	t.Logf("%d kills, %d writes", rounds, stored)
}

// wantFiles looks for what the killed ones left behind.
func wantFiles(t *testing.T, s *Store, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(s.app.files)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, want) {
		t.Errorf("the folder holds %q, want %q", names, want)
	}
}

func TestKilledWhileWriting(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "OTHER", "stays")
	set(t, s, dev, "COUNT", counted(0))
	killWhile(t, s, "count", 200, func(round, said int) int {
		got := read(t, s, dev)
		stored := said
		switch got["COUNT"] {
		case counted(said):
		case counted(said + 1): // stored, and killed before it said so
			stored++
		default:
			t.Fatalf("round %d: neither the value before the kill nor the next one", round)
		}
		if got["OTHER"] != "stays" {
			t.Fatalf("round %d: another secret is lost", round)
		}
		versions, err := s.History(t.Context(), dev, "COUNT")
		must(t, err)
		for i, v := range versions {
			if v.ID != strconv.Itoa(stored+1-i) {
				t.Fatalf("round %d: version %d is %s, want %d", round, i, v.ID, stored+1-i)
			}
		}
		if len(versions) != min(maxVersions, stored+1) {
			t.Fatalf("round %d: %d of %d versions are kept", round, len(versions), stored+1)
		}
		return stored
	})
	set(t, s, dev, "COUNT", counted(1))
	set(t, s, dev, "COUNT", counted(2)) // one of the two writes the archive
	wantFiles(t, s, "dev.age", "history.dev.age")
}

// A group is written in two renames: between them one type is ahead by one.
func TestKilledWhileWritingAGroup(t *testing.T) {
	s := newStore(t)
	setGroup(t, s, counted(0), preview, production)
	apart := 0
	killWhile(t, s, "count together", 50, func(round, said int) int {
		number := func(scope sources.Scope) int {
			value := read(t, s, scope)["COUNT"]
			n, err := strconv.Atoi(value[:8])
			must(t, err)
			if value != counted(n) {
				t.Fatalf("round %d: a value is mixed", round)
			}
			return n
		}
		first, second := number(preview), number(production)
		if first-second > 1 || second > first || second < said || first > said+1 {
			t.Fatalf("round %d: %d and %d are stored, %d was said to be", round, first, second, said)
		}
		if first != second {
			apart++
		}
		return first
	})
	setGroup(t, s, "done", preview, production)
	t.Logf("%d kills between the two renames", apart)
}

func TestReadOnlyFolder(t *testing.T) {
	for _, c := range []struct {
		name     string
		readOnly func(s *Store) string
		text     string
	}{
		{"root", func(s *Store) string { must(t, os.RemoveAll(s.app.keys)); return s.config.Root },
			"cannot make the folder .aside/secrets: permission denied"},
		{".aside", func(s *Store) string { must(t, os.Remove(filepath.Join(s.app.keys, ".lock"))); return s.app.keys },
			"cannot lock .aside/.lock: permission denied"},
		{"secrets", func(s *Store) string { return s.app.files },
			"cannot write .aside/secrets/dev.age: permission denied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t)
			set(t, s, dev, "A", "old")
			// The child gives up the rights of root, so everything else must be open to it.
			must(t, os.Chmod(filepath.Dir(s.config.Root), 0o755))
			must(t, filepath.WalkDir(s.config.Root, func(name string, _ os.DirEntry, err error) error {
				return errors.Join(err, os.Chmod(name, 0o777))
			}))
			folder := c.readOnly(s)
			before, _ := os.ReadFile(s.Paths(dev)[0])
			must(t, os.Chmod(folder, 0o555))
			defer os.Chmod(folder, 0o755)
			out, err := child(t, "nobody", s.config.Root, "").CombinedOutput()
			want := c.text + "\nnothing was changed: check that the folder may be written, and that the disk has room\n"
			if err == nil || string(out) != want {
				t.Errorf("%v\n got %swant %s", err, out, want)
			}
			if after, _ := os.ReadFile(s.Paths(dev)[0]); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestUnreadableFile(t *testing.T) {
	s := newStore(t)
	must(t, os.MkdirAll(s.Paths(dev)[0], 0o755))
	_, err := s.Read(t.Context(), dev)
	wantError(t, err, "cannot read .aside/secrets/dev.age: is a directory", "check that .aside/secrets/dev.age may be read")
}

func TestFileThatMayGrowNoFurther(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "A", "old")
	out, err := child(t, "limited", s.config.Root, "").CombinedOutput()
	want := "cannot write .aside/secrets/dev.age: file too large\n" +
		"nothing was changed: check that the folder may be written, and that the disk has room\n"
	if err == nil || string(out) != want {
		t.Errorf("%v\n got %swant %s", err, out, want)
	}
	oldStays(t, s)
}

// oldStays checks that a failed write left the old file, and nothing else.
func oldStays(t *testing.T, s *Store) {
	t.Helper()
	if read(t, s, dev)["A"] != "old" {
		t.Error("the old value is gone")
	}
	if entries, err := os.ReadDir(s.app.files); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
