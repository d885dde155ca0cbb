package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aside-cli/aside/sources"
)

// A Recipient is one who can read the secrets of a folder.
type Recipient struct {
	Key  string // the public key, as a line of recipients.txt without its comment
	Name string // from the comment above the key, or behind an SSH key; or ""
	Own  bool   // the user's own identity belongs to it
}

// String names the recipient and its key.
func (r Recipient) String() string {
	if r.Name == "" {
		return r.Key
	}
	return r.Name + " (" + r.Key + ")"
}

// Recipients returns those who can read the app's secrets, or the shared ones,
// in the order of the list: none where there is no list yet. It needs no
// identity, but knows the user's own key only with it.
func (s *Store) Recipients(shared bool) ([]Recipient, error) {
	dir := s.folder(shared)
	r, err := dir.listed()
	if err != nil || r == nil {
		return nil, err
	}
	id, err := s.config.findIdentity()
	if err != nil {
		return nil, err
	}
	for i := range r.named {
		r.named[i].Own = id != nil && slices.Contains(id.publics, r.named[i].Key)
	}
	return r.named, nil
}

// Unlisted says, a line for each file, who can read it without being listed: a
// merge may bring a file that was encrypted before somebody was removed. Files
// that the user cannot read are passed over.
func (s *Store) Unlisted(shared bool) (lines []string, err error) {
	dir := s.folder(shared)
	id, err := s.config.findIdentity()
	if err != nil || id == nil || dir.files == "" {
		return nil, err
	}
	listed, err := dir.listed()
	if err != nil || listed == nil {
		return nil, err
	}
	names, err := dir.sealedFiles()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		doc, err := s.document(file{dir, filepath.Join(dir.files, name), path.Join(dir.shownFiles, name)})
		if err != nil {
			continue
		}
		left := slices.DeleteFunc(slices.Clone(doc.recipients), func(line string) bool { return slices.Contains(listed.lines, line) })
		if len(left) > 0 {
			lines = append(lines, fmt.Sprintf("%s can still be read by %s", path.Join(dir.shownFiles, name), strings.Join(left, ", ")))
		}
	}
	return lines, nil
}

// AddRecipient adds a public key to those who can read the app's secrets, or
// the shared ones, and encrypts every file anew, its earlier versions with it:
// all or none, as far as a crash between two renames allows, after which the
// same call finishes the work. An empty name is taken from an SSH key's comment.
// A key that is listed already keeps its name; the files are brought up to date.
// It returns the files that were written.
func (s *Store) AddRecipient(ctx context.Context, shared bool, key, name string) (files []string, err error) {
	key = strings.TrimSpace(key)
	if _, err := parseRecipient(key); err != nil {
		return nil, err
	}
	if strings.ContainsAny(key+name, "\r\n") {
		return nil, errors.New("a recipient is one line, and so is its name")
	}
	key, comment := cutComment(key)
	if name == "" {
		name = comment
	}
	return s.reencrypt(ctx, shared, key, func(e *edit, text string) (string, error) {
		if slices.Contains(e.to.lines, key) {
			return text, nil
		}
		return withRecipient(text, key, name), nil
	})
}

// RemoveRecipient removes the one whose key or name is who from those who can
// read the app's secrets, or the shared ones, and encrypts every file anew, as
// AddRecipient does. It refuses to remove the last one, and, unless force is
// set, the one whose leaving keeps the user from reading. What the removed one
// has read, or has in an old copy, stays readable: it has to be changed.
func (s *Store) RemoveRecipient(ctx context.Context, shared bool, who string, force bool) (removed Recipient, files []string, err error) {
	files, err = s.reencrypt(ctx, shared, "", func(e *edit, text string) (string, error) {
		found, err := e.to.find(who, e.dir.shownList())
		if err != nil {
			return "", err
		}
		removed = found
		if len(e.to.named) == 1 {
			return "", sources.Hint(fmt.Errorf("%s is the last one who can read the secrets", removed), "add another one first")
		}
		text = withoutRecipient(text, removed.Key)
		left, err := parseRecipients(e.dir.shownList(), text)
		if err != nil {
			return "", err
		}
		readable, err := left.readableBy(e.id)
		if err != nil {
			return "", e.dir.cannotEncrypt(err)
		}
		if !readable && !force {
			return "", sources.Hint(fmt.Errorf("without %s you could not read the secrets any more", removed),
				"have a teammate do it, or give --force")
		}
		return text, nil
	})
	return removed, files, err
}

// find returns the recipient whose key or name is who.
func (r *recipients) find(who, shown string) (Recipient, error) {
	key, _ := cutComment(who)
	var found []Recipient
	for _, one := range r.named {
		if one.Key == key {
			return one, nil
		}
		if who != "" && one.Name == who {
			found = append(found, one)
		}
	}
	switch len(found) {
	case 0:
		return Recipient{}, sources.Hint(fmt.Errorf("%q in %s: %w", who, shown, sources.ErrNotFound),
			"aside recipients list shows the names and keys")
	case 1:
		return found[0], nil
	}
	return Recipient{}, sources.Hint(fmt.Errorf("%s names %d recipients %q", shown, len(found), who), "give the key instead")
}

// reencrypt lets change edit the text of the list, encrypts every file of the
// folder to those it lists then, and writes the list last: where that fails half
// way, the same command finishes the work. Who can read a file then and could not
// before is told, but for the key that was asked to be added: others may have
// come into the list by a merge.
func (s *Store) reencrypt(ctx context.Context, shared bool, asked string, change func(e *edit, text string) (string, error)) (written []string, err error) {
	dir := s.folder(shared)
	if dir.files == "" {
		return nil, sources.Hint(errors.New("there is no folder for shared secrets"), "set HOME or XDG_DATA_HOME")
	}
	e, unlock, err := s.begin(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	names, err := dir.sealedFiles()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, err := e.open(&e.pages, file{dir, filepath.Join(dir.files, name), path.Join(dir.shownFiles, name)}); err != nil {
			return nil, err
		}
	}
	before, err := os.ReadFile(dir.list())
	if err != nil {
		return nil, cannot("read", dir.shownList(), err)
	}
	text, err := change(e, string(before))
	if err != nil {
		return nil, err
	}
	if e.to, err = parseRecipients(dir.shownList(), text); err != nil {
		return nil, err
	}
	if _, err := e.to.readableBy(e.id); err != nil {
		return nil, dir.cannotEncrypt(err)
	}
	drafts, notices, err := e.seal(asked)
	if err != nil {
		return nil, err
	}
	for _, d := range drafts {
		written = append(written, d.shown)
	}
	if text != string(before) {
		drafts = append(drafts, draft{dir.list(), dir.shownList(), []byte(text), 0o644})
	}
	if err := replaceAll(drafts); err != nil {
		return written, err
	}
	for _, line := range notices {
		s.config.Notice(line)
	}
	return written, nil
}
