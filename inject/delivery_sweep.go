package inject

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sweepDead removes the files of runs that were killed. What cannot be read or
// removed is left alone.
func sweepDead() {
	eachRun(func(home *os.Root, id string) {
		run, err := home.OpenRoot(id)
		if err != nil {
			return
		}
		defer run.Close()
		lock, err := hold(run)
		if err != nil {
			return
		}
		defer lock.Close()
		for name, path := range paths(run) {
			removeLeft(run, name, path, id)
		}
		// It loses its name first: in a folder that is being emptied, a run that has
		// just made it could lock a file of its own, and think it safe.
		dead := id + deadSuffix
		switch err := home.Rename(id, dead); {
		case err == nil:
			home.RemoveAll(dead)
		case !errors.Is(err, fs.ErrNotExist): // Windows renames nothing that is open
			home.RemoveAll(id)
		}
	})
}

// inUse reports whether a run that lives has its file at path.
func inUse(path string) bool {
	found := false
	eachRun(func(home *os.Root, id string) {
		run, err := home.OpenRoot(id)
		if err != nil {
			return
		}
		defer run.Close()
		for _, p := range paths(run) {
			found = found || p == path
		}
	})
	return found
}

// eachRun calls f for the folders of all runs of this user.
func eachRun(f func(home *os.Root, id string)) {
	for _, base := range bases() {
		home, err := openHome(base)
		if err != nil {
			continue
		}
		entries, _ := fs.ReadDir(home.FS(), ".")
		for _, e := range entries {
			if e.IsDir() {
				f(home, e.Name())
			}
		}
		home.Close()
	}
}

// paths are the files of a run that lie elsewhere, by the names of their variables.
func paths(run *os.Root) map[string]string {
	all := map[string]string{}
	entries, _ := fs.ReadDir(run.FS(), ".")
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), pathSuffix); ok {
			if path, err := run.ReadFile(e.Name()); err == nil && filepath.IsAbs(string(path)) {
				all[name] = string(path)
			}
		}
	}
	return all
}

// removeLeft removes the file at path, unless somebody else wrote it.
func removeLeft(run *os.Root, name, path, id string) {
	os.Remove(temporary(path, id))
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxLeft {
		return
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return
	}
	own := len(content) == 0
	for _, suffix := range []string{"", newSuffix} {
		written, err := run.ReadFile(name + suffix)
		own = own || err == nil && bytes.Equal(content, written)
	}
	if own {
		os.Remove(path)
	}
}

// maxLeft limits the files that are read to see whose they are, in bytes.
const maxLeft = 64 << 20
