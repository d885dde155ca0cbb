package local

import (
	"path"
	"path/filepath"
	"strings"
)

// The earlier versions of secrets are lines of a document, {"NAME":{…}}, the
// oldest first, that are only looked into when someone asks for them. When they
// are more than archiveAt bytes, they move to the archive, a file beside the
// scope's own that no run reads, and that most changes need not write. It is a
// document without secrets.
const archiveAt = 64 << 10

// archive returns the file that the scope's earlier versions move to. No scope
// has its name: history.dev.age beside dev.age.
func (f file) archive() file {
	rename := func(name string) string { return "history." + name }
	return file{
		f.dir,
		filepath.Join(filepath.Dir(f.path), rename(filepath.Base(f.path))),
		path.Join(path.Dir(f.shown), rename(path.Base(f.shown))),
	}
}

// archive opens the page's archive. It is written before the page: after a crash
// between the two, versions are in both.
func (e *edit) archive(p *page) (*page, error) {
	return e.open(&e.archives, p.file.archive())
}

// moveToArchive moves the earlier versions of pages that have too many of them.
func (e *edit) moveToArchive() error {
	for _, p := range e.pages {
		if len(p.doc.earlier) <= archiveAt {
			continue
		}
		archive, err := e.archive(p)
		if err != nil {
			return err
		}
		archive.doc.earlier = keepNewest(without(archive.doc.earlier, p.doc.earlier) + p.doc.earlier)
		p.doc.earlier = ""
		archive.doc.changed, p.doc.changed = true, true
	}
	return nil
}

// remember adds the entries to the document's earlier versions.
func (d *document) remember(old []entry) {
	if len(old) == 0 {
		return
	}
	buf := []byte(d.earlier)
	for _, e := range old {
		buf = append(e.appendTo(append(buf, '{')), "}\n"...)
	}
	d.earlier = keepNewest(string(buf))
}

// earlier returns the versions of name among the lines.
func earlier(name, lines string) ([]entry, error) {
	var entries []entry
	for line := range strings.Lines(lines) {
		if nameIn(line) != name {
			continue
		}
		s := &scanner{text: line}
		s.object(func(name string) { entries = append(entries, decodeEntry(s, name)) })
		if s.end(); s.bad {
			return nil, errNoDocument
		}
	}
	for _, e := range entries {
		if e.name != name || !e.valid() {
			return nil, errWrongSecret
		}
	}
	return entries, nil
}

// keepNewest drops the oldest lines of the names that have more than
// maxVersions: all but one of those are shown, beside the newest version, but
// after a crash the archive may hold that one too.
func keepNewest(lines string) string {
	count := map[string]int{}
	full := false
	for line := range strings.Lines(lines) {
		if name := nameIn(line); name != "" {
			count[name]++
			full = full || count[name] > maxVersions
		}
	}
	if !full {
		return lines
	}
	var kept strings.Builder
	kept.Grow(len(lines))
	for line := range strings.Lines(lines) {
		if name := nameIn(line); count[name] > maxVersions {
			count[name]--
			continue
		}
		kept.WriteString(line)
	}
	return kept.String()
}

// without returns lines but for those that are in others.
func without(lines, others string) string {
	drop := map[string]bool{}
	for line := range strings.Lines(others) {
		drop[line] = true
	}
	var kept strings.Builder
	kept.Grow(len(lines))
	for line := range strings.Lines(lines) {
		if !drop[line] {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// nameIn returns the name that a line of an earlier version starts with.
func nameIn(line string) string {
	rest, ok := strings.CutPrefix(line, `{"`)
	name, _, end := strings.Cut(rest, `"`)
	if !ok || !end {
		return ""
	}
	return name
}
