package sst

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/replace"
)

var _ sources.FileStore = (*LocalStore)(nil)

// LocalConfig says whose secrets a LocalStore keeps, and where.
type LocalConfig struct {
	App string
	Dir string // the folder of SST's state: see [LocalDir]

	// Warn, if not nil, is told what is odd in the store, in a line that holds
	// no value; each once. It may be called from several goroutines.
	Warn func(string)
}

// A LocalStore keeps the secrets of one app where SST does whose home is "local".
type LocalStore struct {
	store
	files localHome
}

// LocalDir returns the folder where SST keeps the state of apps whose home is
// "local", or "" where the environment tells of no place for it.
func LocalDir(getenv func(string) string) string {
	dir, home := "", getenv("HOME")
	switch runtime.GOOS {
	case "windows":
		dir = getenv("AppData")
	case "darwin":
		if home != "" {
			dir = filepath.Join(home, "Library", "Application Support")
		}
	default:
		dir = getenv("XDG_CONFIG_HOME")
		if dir == "" && home != "" {
			dir = filepath.Join(home, ".config")
		}
	}
	if !filepath.IsAbs(dir) {
		return ""
	}
	return filepath.Join(dir, "sst", "state")
}

// NewLocal returns the LocalStore of an app. It reads nothing.
func NewLocal(c LocalConfig) (*LocalStore, error) {
	if err := checkApp("sst-local", c.App); err != nil {
		return nil, err
	}
	if c.Dir == "" {
		return nil, sources.Hint(errors.New("sst-local: it is not known where SST keeps its state"), "set HOME, on Windows AppData")
	}
	files := localHome{app: c.App, dir: c.Dir}
	return &LocalStore{store{name: "sst-local", app: c.App, home: files, warn: c.Warn}, files}, nil
}

// Paths implements [sources.FileStore].
func (s *LocalStore) Paths(scopes ...sources.Scope) []string {
	var paths []string
	for _, scope := range scopes {
		if name, ok := named(scope); ok {
			passphrase, object := s.files.names(name)
			paths = append(paths, object, passphrase)
		}
	}
	return paths
}

// localHome is the home of an app in the user's files.
type localHome struct{ app, dir string }

func (h localHome) file(kind, name string) string { return filepath.Join(h.dir, kind, h.app, name) }

func (h localHome) names(scope string) (passphrase, object string) {
	return h.file("passphrase", scope+".json"), h.file("secret", scope+".json")
}

func (h localHome) passphrase(_ context.Context, scope string) (string, error) {
	name, _ := h.names(scope)
	text, err := readFile(name)
	return string(text), err
}

// addPassphrase makes the file only where there is none: one that SST has made
// meanwhile must stay.
func (h localHome) addPassphrase(ctx context.Context, scope, passphrase string) (string, error) {
	name, _ := h.names(scope)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return "", cannot("write", err)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return h.passphrase(ctx, scope)
	}
	if err == nil {
		if err = fill(f, []byte(passphrase)); err != nil {
			os.Remove(name)
		}
	}
	if err != nil {
		return "", cannot("write", err)
	}
	return passphrase, nil
}

// fill writes and closes a file, and sees it to the disk.
func fill(f *os.File, content []byte) error {
	_, err := f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

func (h localHome) object(_ context.Context, scope string) (*object, error) {
	_, name := h.names(scope)
	body, err := readFile(name)
	if body == nil {
		return nil, err
	}
	return &object{body: body}, nil
}

func (h localHome) replace(_ context.Context, scope string, body []byte, _ bool, _ *object) error {
	_, name := h.names(scope)
	// A new file is the user's alone, though SST would let others read it.
	if err := replace.Write(name, body, 0o600); err != nil {
		return cannot("write", err)
	}
	return nil
}

func (h localHome) lock() (unlock func(), err error) {
	name := h.file("secret", ".aside.lock")
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, cannot("write", err)
	}
	unlock, err = lockedfile.MutexAt(name).Lock()
	if err != nil {
		return nil, cannot("lock", err)
	}
	return unlock, nil
}

// readFile returns nil where there is no file.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, cannot("read", err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxObject+1))
	switch {
	case err != nil:
		return nil, cannot("read", err)
	case len(content) > maxObject:
		return nil, fmt.Errorf("%s is larger than %d MiB", name, maxObject>>20)
	}
	return content, nil
}

// cannot says what failed to be done with which file.
func cannot(do string, err error) error {
	hint := "check that it may be read"
	if do != "read" {
		hint = "nothing was changed: check that the folder may be written, and that the disk has room"
	}
	name, why := "", err
	var inPath *fs.PathError
	var inLink *os.LinkError
	switch {
	case errors.As(err, &inPath):
		name, why = inPath.Path, inPath.Err
	case errors.As(err, &inLink):
		name, why = inLink.New, inLink.Err
	}
	return sources.Hint(fmt.Errorf("cannot %s %s: %w", do, name, why), hint)
}
