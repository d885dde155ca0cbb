package inject

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/aside-cli/aside/sources"
)

// A deliverer keeps the files of one run. Its zero value has none.
type deliverer struct {
	folder *folder           // nil before the first file
	placed map[string]string // the files that are there, by the names of their variables: fixed paths, or ""
}

// check returns an error if something cannot be delivered. It changes nothing.
func (d *deliverer) check(parcels []parcel) error {
	for _, p := range parcels {
		var err error
		switch _, mine := d.placed[p.name]; {
		case p.Form == AsDescriptor:
			err = canSeal()
		case p.Path != "" && !mine:
			err = checkFree(p.Path)
		case p.Path != "":
			err = checkFolder(filepath.Dir(p.Path))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// deliver makes the files of l, and none but these are left. It returns a launch
// that names them, to be closed once the command has started. Nothing of an
// earlier command may be left.
func (d *deliverer) deliver(l launch) (launch, error) {
	for name := range d.placed {
		if !l.has(name) {
			d.remove(name)
		}
	}
	l.environ = slices.Clone(l.environ)
	for _, p := range l.parcels {
		where, err := d.hand(&l, p)
		if err != nil {
			l.close()
			return l, fmt.Errorf("%s: %w", p.name, err)
		}
		fillIn(l.environ, FileVariable(p.name), where)
	}
	return l, nil
}

// hand makes one file and returns its path.
func (d *deliverer) hand(l *launch, p parcel) (string, error) {
	if p.Form == AsFile {
		return d.put(p)
	}
	fd, err := seal(p.secret)
	if err != nil {
		return "", err
	}
	l.fds = append(l.fds, fd)
	return fmt.Sprintf("/proc/self/fd/%d", fd), nil
}

func (l launch) has(name string) bool {
	return slices.ContainsFunc(l.parcels, func(p parcel) bool { return p.name == name && p.Form == AsFile })
}

// update brings the files of a command that runs up to date: those that changes
// are about.
func (d *deliverer) update(l launch, changes []Change) error {
	for _, c := range changes {
		i := slices.IndexFunc(l.parcels, func(p parcel) bool { return p.name == c.Name })
		if i < 0 {
			d.remove(c.Name)
			continue
		}
		if _, err := d.put(l.parcels[i]); err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	return nil
}

// put writes a file, by a rename, and returns its path.
func (d *deliverer) put(p parcel) (string, error) {
	if d.folder == nil || d.lost() {
		if d.folder != nil {
			d.folder.close()
		}
		var err error
		if d.folder, err = newFolder(); err != nil {
			return "", err
		}
	}
	if d.placed == nil {
		d.placed = map[string]string{}
	}
	if p.Path == "" {
		d.placed[p.name] = ""
		return filepath.Join(d.folder.path, p.name), hintRoom(d.folder.write(p.name, p.secret))
	}
	if _, mine := d.placed[p.name]; !mine {
		if err := claim(p.Path); err != nil {
			return "", err
		}
	}
	d.placed[p.name] = p.Path
	return p.Path, hintRoom(d.folder.writeTo(p.Path, p.name, p.secret))
}

// lost reports whether the folder is gone that the command was told of.
func (d *deliverer) lost() bool { return d.folder != nil && !d.folder.there() }

// hintRoom says what to do about a file system that is full: that of a container's
// /dev/shm is small.
func hintRoom(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return sources.Hint(err, "make room there, or set XDG_RUNTIME_DIR to a folder elsewhere that you alone can write to")
	}
	return err
}

// remove removes a file, if there is one.
func (d *deliverer) remove(name string) {
	path, ok := d.placed[name]
	if !ok {
		return
	}
	if path != "" {
		os.Remove(path)
	}
	d.folder.forget(name)
	delete(d.placed, name)
}

// clear removes all files: the command has ended.
func (d *deliverer) clear() {
	for name := range maps.Clone(d.placed) {
		d.remove(name)
	}
}

func (d *deliverer) close() {
	d.clear()
	if d.folder != nil {
		d.folder.close()
	}
}

// checkFree returns an error unless a file can be made at path without
// overwriting one.
func checkFree(path string) error {
	if err := checkFolder(filepath.Dir(path)); err != nil {
		return err
	}
	_, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && staleLink(path):
		return nil
	case err != nil:
		return err
	case inUse(path) || linkInUse(path):
		return sources.Hint(fmt.Errorf("another run of aside has its file at %s", path), "end that one first, or give each a path of its own")
	}
	return sources.Hint(fmt.Errorf("%s is there already, and it is none of aside's files", path), "remove or rename it (a run that was killed before a reboot may have left it), or choose another path")
}

// claim makes an empty file at path, which is this run's from here on.
func claim(path string) error {
	if staleLink(path) {
		os.Remove(path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		if taken := checkFree(path); taken != nil {
			return taken
		}
		return err
	}
	return f.Close()
}
