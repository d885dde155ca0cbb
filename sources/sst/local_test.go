package sst

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/aside-cli/aside/sources"
)

// keepLocal stores a reference as SST does, for a scope.
func keepLocal(t *testing.T, s *LocalStore, scope string, ref reference) {
	t.Helper()
	passphrase, object := s.files.names(scope)
	for name, content := range map[string]string{passphrase: ref.Passphrase, object: string(ref.Body)} {
		must(t, os.MkdirAll(filepath.Dir(name), 0o755))
		must(t, os.WriteFile(name, []byte(content), 0o644))
	}
}

func localText(t *testing.T, s *LocalStore, scope string) string {
	t.Helper()
	passphrase, object := s.files.names(scope)
	key, err := os.ReadFile(passphrase)
	must(t, err)
	body, err := os.ReadFile(object)
	must(t, err)
	text, _ := described(t, string(key), body)
	return text
}

func mode(t *testing.T, name string) string {
	t.Helper()
	info, err := os.Stat(name)
	must(t, err)
	return info.Mode().String()
}

func TestLocal(t *testing.T) {
	for _, ref := range references(t) {
		t.Run(ref.Name, func(t *testing.T) {
			s := newLocal(t)
			keepLocal(t, s, "dev", ref)
			keepLocal(t, s, "_fallback", ref)
			values := read(t, s, dev, fallbacks)
			want := "stage Empty=\nstage StripeKey=sk_test_<&>\u2028\nstage Text=é\n\"quoted\"\t\\ $HOME 🔑\x7f\x01\n"
			equal(t, "values", show(values), want+strings.ReplaceAll(want, "stage ", "fallback "))
			equal(t, "source", values[0].Origin.Source, "sst-local:my-app/dev/Empty")

			must(t, s.Remove(t.Context(), dev, "Text"))
			set(t, s, dev, "Empty", "no more")
			equal(t, "text", localText(t, s, "dev"), `{"Empty":"no more","StripeKey":"sk_test_\u003c\u0026\u003e\u2028"}`)
			_, object := s.files.names("dev")
			body, err := os.ReadFile(object)
			must(t, err)
			if zipped := gunzip(body) != nil; zipped != ref.Zipped {
				t.Errorf("gzipped %t, want %t", zipped, ref.Zipped)
			}
			if runtime.GOOS != "windows" {
				equal(t, "mode", mode(t, object), "-rw-r--r--")
			}
		})
	}
}

func TestLocalFirstSecret(t *testing.T) {
	s := newLocal(t)
	equal(t, "nothing there", show(read(t, s, dev, fallbacks)), "")
	err := s.Remove(t.Context(), dev, "A")
	equal(t, "Remove", failure(err), "sst-local: A in stage dev: not found\n")
	isNotFound(t, err)

	set(t, s, dev, "A", "1")
	set(t, s, fallbacks, "A", "0")
	set(t, s, dev, "B", "2")
	equal(t, "stage", localText(t, s, "dev"), `{"A":"1","B":"2"}`)
	equal(t, "fallback", localText(t, s, "_fallback"), `{"A":"0"}`)
	passphrase, object := s.files.names("dev")
	equal(t, "object", object, filepath.Join(s.files.dir, "secret", "my-app", "dev.json"))
	equal(t, "passphrase", passphrase, filepath.Join(s.files.dir, "passphrase", "my-app", "dev.json"))
	if runtime.GOOS != "windows" {
		equal(t, "modes", mode(t, object)+mode(t, passphrase), "-rw-------"+"-rw-------")
	}
	paths := s.Paths(dev, sources.TypeScope("preview"), fallbacks)
	fallbackKey, fallbackObject := s.files.names("_fallback")
	equal(t, "paths", strings.Join(paths, "\n"), strings.Join([]string{object, passphrase, fallbackObject, fallbackKey}, "\n"))
	left, err := filepath.Glob(filepath.Join(filepath.Dir(object), ".*"))
	must(t, err)
	equal(t, "beside it", strings.Join(left, " "), filepath.Join(filepath.Dir(object), ".aside.lock"))
}

func TestLocalSetAtOnce(t *testing.T) {
	dir := t.TempDir()
	const writers = 20
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			s, err := NewLocal(LocalConfig{App: "my-app", Dir: dir})
			if err == nil {
				err = s.Set(t.Context(), dev, pairs(fmt.Sprint("NAME_", i), "x"))
			}
			if err != nil {
				t.Error(failure(err))
			}
		})
	}
	group.Wait()
	s, err := NewLocal(LocalConfig{App: "my-app", Dir: dir})
	must(t, err)
	if values := read(t, s, dev); len(values) != writers {
		t.Errorf("%d of %d are left", len(values), writers)
	}
}

func TestLocalFails(t *testing.T) {
	ref := references(t)[0]
	for name, test := range map[string]struct {
		damage func(t *testing.T, passphrase, object string)
		want   string
	}{
		"no passphrase": {func(t *testing.T, passphrase, _ string) { must(t, os.Remove(passphrase)) },
			"PASSPHRASE is missing, and OBJECT is encrypted with it\nbring the passphrase back from a backup; if it is lost, delete the object and set its secrets again"},
		"cut": {func(t *testing.T, _, object string) { must(t, os.Truncate(object, 30)) },
			"OBJECT cannot be decrypted with PASSPHRASE\none of the two was damaged or replaced: bring an earlier version of it back"},
		"a folder": {func(t *testing.T, _, object string) {
			must(t, os.Remove(object))
			must(t, os.Mkdir(object, 0o700))
		}, "cannot read OBJECT: is a directory\ncheck that it may be read"},
		"too large": {func(t *testing.T, _, object string) { must(t, os.Truncate(object, maxObject+1)) },
			"OBJECT is larger than 16 MiB\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newLocal(t)
			keepLocal(t, s, "dev", ref)
			passphrase, object := s.files.names("dev")
			test.damage(t, passphrase, object)
			want := "sst-local: " + strings.NewReplacer("PASSPHRASE", passphrase, "OBJECT", object).Replace(test.want)
			_, err := s.Read(t.Context(), fallbacks, dev)
			equal(t, "Read", failure(err), want)
			equal(t, "Set", failure(s.Set(t.Context(), dev, pairs("A", "1"))), want)
		})
	}
	t.Run("a passphrase without a key", func(t *testing.T) {
		s := newLocal(t)
		keepLocal(t, s, "dev", ref)
		passphrase, object := s.files.names("dev")
		must(t, os.Truncate(passphrase, 0))
		must(t, os.Remove(object))
		equal(t, "Read", show(read(t, s, dev)), "")
		equal(t, "Set", failure(s.Set(t.Context(), dev, pairs("A", "1"))),
			"sst-local: "+passphrase+" is no base64 of a key\ndelete it: a new one is made with the first secret")
	})
	t.Run("read-only", func(t *testing.T) {
		if os.Geteuid() == 0 || runtime.GOOS == "windows" {
			// root may write anywhere: a file in the folder's place stops it, too.
			file := filepath.Join(t.TempDir(), "file")
			must(t, os.WriteFile(file, nil, 0o600))
			s, err := NewLocal(LocalConfig{App: "my-app", Dir: file})
			must(t, err)
			if got := failure(s.Set(t.Context(), dev, pairs("A", "1"))); !strings.HasPrefix(got, "sst-local: cannot write "+file) ||
				!strings.HasSuffix(got, "\nnothing was changed: check that the folder may be written, and that the disk has room") {
				t.Error(got)
			}
			return
		}
		s := newLocal(t)
		keepLocal(t, s, "dev", ref)
		_, object := s.files.names("dev")
		set(t, s, dev, "A", "1") // makes the lock
		must(t, os.Chmod(filepath.Dir(object), 0o500))
		if got := failure(s.Set(t.Context(), dev, pairs("A", "2"))); !strings.HasPrefix(got, "sst-local: cannot write ") {
			t.Error(got)
		}
	})
}

func TestLocalDir(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want map[string]string // by GOOS
	}{
		{map[string]string{"HOME": "/home/a", "XDG_CONFIG_HOME": "/cfg"},
			map[string]string{"linux": "/cfg/sst/state", "darwin": "/home/a/Library/Application Support/sst/state"}},
		{map[string]string{"HOME": "/home/a"},
			map[string]string{"linux": "/home/a/.config/sst/state", "darwin": "/home/a/Library/Application Support/sst/state"}},
		{map[string]string{"HOME": "/home/a", "XDG_CONFIG_HOME": "cfg"},
			map[string]string{"darwin": "/home/a/Library/Application Support/sst/state"}},
		{map[string]string{"AppData": `C:\Users\a\AppData`}, map[string]string{"windows": `C:\Users\a\AppData\sst\state`}},
		{nil, nil},
	} {
		equal(t, "folder", LocalDir(func(name string) string { return test.env[name] }), test.want[runtime.GOOS])
	}
	_, err := NewLocal(LocalConfig{App: "a"})
	equal(t, "no folder", failure(err), "sst-local: it is not known where SST keeps its state\nset HOME, on Windows AppData")
}
