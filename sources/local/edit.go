package local

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aside-cli/aside/sources"
)

// An edit is a change to files of one folder, which is made with every other
// writer locked out, and written at once.
type edit struct {
	dir      folder
	id       *identity
	to       *recipients
	now      stamp
	pages    []*page
	archives []*page // see archive.go
}

// A page is a file that an edit has opened.
type page struct {
	file
	doc *document
	new bool // there is no such file yet
}

// edit lets change work on the documents of the scopes, which lie in one
// folder, and writes those that changed, or whose recipients did: all or none,
// as far as [replaceAll] can. It refuses to write what the user's own identity
// could not read.
func (s *Store) edit(ctx context.Context, scopes []sources.Scope, change func(*edit) error) error {
	files, err := s.files(scopes)
	if err != nil {
		return err
	}
	if files[0].dir.files == "" {
		return sources.Hint(fmt.Errorf("there is no folder for the %s", scopes[0]), "set HOME or XDG_DATA_HOME")
	}
	e, unlock, err := s.begin(ctx, files[0].dir)
	if err != nil {
		return err
	}
	defer unlock()
	for _, f := range files {
		if _, err := e.open(&e.pages, f); err != nil {
			return err
		}
	}
	if err := change(e); err != nil {
		return err
	}
	if err := e.moveToArchive(); err != nil {
		return err
	}
	if readable, err := e.to.readableBy(e.id); err != nil {
		return e.dir.cannotEncrypt(err)
	} else if !readable {
		return sources.Hint(
			fmt.Errorf("your key %s is not in %s: you could not read what you set", e.id.publics[0], e.dir.shownList()),
			"add it there, or ask a teammate who is in it to do so")
	}
	drafts, notices, err := e.seal("")
	if err != nil {
		return err
	}
	if err := replaceAll(drafts); err != nil {
		return err
	}
	for _, line := range notices {
		s.config.Notice(line)
	}
	return nil
}

// begin locks the folder, and makes what is missing there.
func (s *Store) begin(ctx context.Context, dir folder) (e *edit, unlock func(), err error) {
	release, err := dir.lock()
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			release()
		}
	}()
	if err := ctx.Err(); err != nil { // the lock may have taken its time
		return nil, nil, err
	}
	id, err := s.config.identityToWrite()
	if err != nil {
		return nil, nil, err
	}
	to, err := dir.recipients(id, s.config.User)
	if err != nil {
		return nil, nil, err
	}
	now := stamp{time.Now().UTC().Format(time.RFC3339), strings.ToValidUTF8(s.config.User, "")}
	return &edit{dir: dir, id: id, to: to, now: now}, release, nil
}

// open adds the file to the pages, unless it is one of them.
func (e *edit) open(pages *[]*page, f file) (*page, error) {
	if i := slices.IndexFunc(*pages, func(p *page) bool { return p.path == f.path }); i >= 0 {
		return (*pages)[i], nil
	}
	sealed, err := f.load()
	if err != nil {
		return nil, err
	}
	p := &page{file: f, doc: &document{}, new: sealed == nil}
	if !p.new {
		if p.doc, err = f.open(sealed, e.id); err != nil {
			return nil, err
		}
	}
	*pages = append(*pages, p)
	return p, nil
}

// seal encrypts what has to be written, and says who else can read it then, but
// for the key that the user asked to add.
func (e *edit) seal(asked string) (drafts []draft, notices []string, err error) {
	for _, p := range slices.Concat(e.archives, e.pages) {
		before := p.doc.recipients
		if !p.doc.changed && (p.new || slices.Equal(e.to.lines, before)) {
			continue
		}
		p.doc.recipients = e.to.lines
		sealed, err := p.seal(p.doc, e.to)
		if err != nil {
			return nil, nil, err
		}
		drafts = append(drafts, draft{p.path, p.shown, sealed, 0o600})
		added := slices.DeleteFunc(e.to.notIn(before), func(line string) bool { return line == asked })
		if len(before) > 0 && len(added) > 0 {
			notices = append(notices, p.shown+" can now be read by "+strings.Join(added, ", ")+" too")
		}
	}
	return drafts, notices, nil
}
