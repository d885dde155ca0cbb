package watch

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A trace is what was found on the way to a set of files at one moment.
type trace struct {
	taken time.Time // before the first file was looked at

	// names are the paths that were looked up, all symlinks before them
	// resolved: an event about any other is of no interest.
	names map[string]struct{}

	// passed are the folders that the ways lead through.
	passed map[string]struct{}

	// watched are the folders to watch, and files. True: a folder, for what is in
	// it, a file or a symlink on the way. False: only for their own fate, and not
	// worth a complaint if it may not be had. Of the folders that a way merely
	// leads through those count that lie inside another one: in those further up,
	// such as /tmp, too much happens.
	watched map[string]bool

	states []state // one a file
}

// A state is what tells one content of a file from the next, or why there is none.
type state struct {
	trouble             string
	mode                uint32
	device, inode       uint64
	size, mtime, change int64 // bytes, and nanoseconds since 1970
}

// A system takes its timestamps from a clock that moves on up to 10 ms at a
// time: two writes within one step look alike.
const clockStep = 20 * time.Millisecond

// maxLinks is how many symlinks on one way make a loop, as in the Linux kernel.
const maxLinks = 40

// look takes a trace of paths, which are absolute.
func look(paths []string) trace {
	t := trace{
		taken:   time.Now(),
		names:   map[string]struct{}{},
		passed:  map[string]struct{}{},
		watched: map[string]bool{},
		states:  make([]state, len(paths)),
	}
	for i, path := range paths {
		t.follow(path)
		t.states[i] = stateOf(path)
	}
	for dir := range t.passed {
		if t.inside(dir) && !t.watched[dir] {
			t.watched[dir] = false
		}
	}
	return t
}

// inside reports whether dir lies below a folder that is watched for what is in
// it. The root folder does not count: everything does.
func (t *trace) inside(dir string) bool {
	for up := filepath.Dir(dir); up != root(dir); up = filepath.Dir(up) {
		if t.watched[up] {
			return true
		}
	}
	return false
}

// follow walks from the root to path, through every symlink.
func (t *trace) follow(path string) {
	dir, rest := root(path), split(path)
	links := 0
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			dir = filepath.Dir(dir)
			continue
		}
		step := filepath.Join(dir, name)
		t.names[step] = struct{}{}
		info, err := os.Lstat(step)
		switch {
		case err != nil:
			t.watched[dir] = true
			return
		case info.Mode()&fs.ModeSymlink != 0:
			t.watched[dir] = true
			target, err := os.Readlink(step)
			if links++; err != nil || links > maxLinks {
				return
			}
			if filepath.IsAbs(target) {
				dir = root(target)
			}
			rest = append(split(target), rest...)
		case len(rest) == 0:
			t.watched[dir] = true
			// One that is a mount of its own, as by docker run -v ./.env:/app/.env, or
			// that has another name, may be changed through another folder.
			if watchesFiles && info.Mode().IsRegular() {
				t.watched[step] = false
			}
		default:
			dir = step
			t.passed[dir] = struct{}{}
		}
	}
}

func root(path string) string {
	return filepath.VolumeName(path) + string(filepath.Separator)
}

// split cuts a path into its elements, without its volume and what says nothing.
func split(path string) []string {
	path = path[len(filepath.VolumeName(path)):]
	var elements []string
	for element := range strings.SplitSeq(filepath.ToSlash(path), "/") {
		if element != "" && element != "." {
			elements = append(elements, element)
		}
	}
	return elements
}

// changed reports whether any file differs from what it was. With event it is
// known that something happened, and a file that had changed just before t was
// taken counts as different: its state may not show it.
func (t trace) changed(next trace, event bool) bool {
	for i, s := range t.states {
		fresh := time.Unix(0, s.change).After(t.taken.Add(-clockStep))
		if s != next.states[i] || event && fresh {
			return true
		}
	}
	return false
}
