package inject

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/aside-cli/aside/sources"
)

// Files lie in BASE/aside-UID/RUN/NAME. Beside each there may be:
//
//	NAME.new   the next content
//	NAME.path  the path of a file elsewhere that has the content, or is empty
//	.lock      locked while the run lives
//
// So whoever finds the lock free knows what is left of a run that was killed,
// and which files elsewhere were its own: those with a content that it wrote.
const (
	newSuffix  = ".new"
	pathSuffix = ".path"
	deadSuffix = ".dead" // of a folder that is being removed
	lockName   = ".lock"
)

// A folder is private to the user and to one run.
type folder struct {
	root *os.Root
	home *os.Root // where it lies, with those of other runs
	id   string
	path string
	lock *os.File
}

// bases are where folders can lie: in memory first.
func bases() []string {
	var all []string
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		all = append(all, dir)
	}
	if runtime.GOOS == "linux" {
		all = append(all, "/dev/shm")
	}
	if dir, err := filepath.Abs(os.TempDir()); err == nil { // the command may run elsewhere
		all = append(all, dir)
	}
	return all
}

// openHome opens the user's own folder in base. Other users may write to base, so
// the folder must be one that they have no part in, and no symlink.
func openHome(base string) (*os.Root, error) {
	path := filepath.Join(base, homeName())
	before, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !private(before) {
		return nil, fmt.Errorf("%s is not a folder of this user alone", path)
	}
	if info, err := os.Stat(base); err != nil || !trusted(info) {
		return nil, fmt.Errorf("others can rename what lies in %s", base)
	}
	home, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	if after, err := home.Stat("."); err != nil || !os.SameFile(before, after) {
		home.Close()
		return nil, fmt.Errorf("%s was replaced", path)
	}
	return home, nil
}

// newFolder makes the folder of this run.
func newFolder() (*folder, error) {
	var first error
	for _, base := range bases() {
		f, err := newFolderIn(base)
		if err == nil {
			return f, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, sources.Hint(fmt.Errorf("no folder for files with secrets can be made: %w", first),
		"set XDG_RUNTIME_DIR to a folder that you alone can write to")
}

func newFolderIn(base string) (*folder, error) {
	err := os.Mkdir(filepath.Join(base, homeName()), 0o700)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	home, err := openHome(base)
	if err != nil {
		return nil, err
	}
	// Another run that sweeps may take a folder that is not locked yet for a dead one.
	for range 100 {
		var f *folder
		if f, err = makeFolder(home); err == nil {
			return f, nil
		}
	}
	home.Close()
	return nil, err
}

func makeFolder(home *os.Root) (*folder, error) {
	id := strings.ToLower(rand.Text()[:16])
	if err := home.Mkdir(id, 0o700); err != nil {
		return nil, err
	}
	root, err := home.OpenRoot(id)
	if err != nil {
		return nil, err
	}
	lock, err := hold(root)
	if err != nil {
		root.Close()
		return nil, err
	}
	f := &folder{root: root, home: home, id: id, path: filepath.Join(home.Name(), id), lock: lock}
	if !f.there() {
		root.Close()
		lock.Close()
		return nil, fmt.Errorf("%s was removed", f.path)
	}
	return f, nil
}

// hold locks a folder until the file that it returns is closed, or its process
// ends. It is an error if somebody holds it already.
func hold(dir *os.Root) (*os.File, error) {
	f, err := dir.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := tryLock(f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// there reports whether the folder still is where it was made. The folders of
// users who have logged out are removed by some systems.
func (f *folder) there() bool {
	named, err := f.home.Lstat(f.id)
	if err != nil {
		return false
	}
	open, err := f.root.Stat(".")
	return err == nil && os.SameFile(named, open)
}

func (f *folder) close() {
	f.root.Close()
	f.home.RemoveAll(f.id)
	f.lock.Close()
	f.home.Close()
}

// write gives the file called name a content: a reader finds the old one or the
// new one, and nothing else.
func (f *folder) write(name string, content sources.Secret) error {
	if err := f.writeNew(name, content); err != nil {
		return err
	}
	return f.root.Rename(name+newSuffix, name)
}

func (f *folder) writeNew(name string, content sources.Secret) error {
	return f.root.WriteFile(name+newSuffix, []byte(content.Reveal()), 0o600)
}

// writeTo is write for a file at path, which is this run's already.
func (f *folder) writeTo(path, name string, content sources.Secret) error {
	if err := f.root.WriteFile(name+pathSuffix, []byte(path), 0o600); err != nil {
		return err
	}
	if err := f.writeNew(name, content); err != nil {
		return err
	}
	if err := replace(path, temporary(path, f.id), content); err != nil {
		return err
	}
	return f.root.Rename(name+newSuffix, name)
}

// replace writes a new file and gives it the name path.
func replace(path, temporary string, content sources.Secret) error {
	os.Remove(temporary)
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(content.Reveal())
	if e := file.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		os.Remove(temporary)
	}
	return err
}

// temporary is the name that a file has before it gets the name path.
func temporary(path, id string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".aside-"+id)
}

// forget removes what the folder has of a file.
func (f *folder) forget(name string) {
	for _, suffix := range []string{"", newSuffix, pathSuffix} {
		f.root.Remove(name + suffix)
	}
}
