package local

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/group"
	"github.com/aside-cli/aside/sources/internal/history"
)

// maxVersions is how many versions of a secret are kept, the newest included.
const maxVersions = 10

var _ sources.Historian = (*Store)(nil)

// History implements [sources.Historian].
func (s *Store) History(ctx context.Context, scope sources.Scope, name string) ([]sources.Version, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := s.file(scope)
	if err != nil {
		return nil, err
	}
	// The archive comes second: what a writer moves there meanwhile is then
	// found twice, not nowhere.
	doc, err := s.document(f)
	if err != nil {
		return nil, err
	}
	archive, err := s.document(f.archive())
	if err != nil {
		return nil, err
	}
	entries, err := versions(name, archive, doc)
	if err != nil {
		return nil, f.damaged(err)
	}
	if len(entries) == 0 {
		return nil, notFound([]sources.Scope{scope}, name)
	}
	return listed(entries), nil
}

// listed returns the versions of one secret as they are told.
func listed(entries []entry) []sources.Version {
	var list []sources.Version
	for i, e := range entries {
		at, _ := time.Parse(time.RFC3339, e.stamp.updated) // zero where another program wrote something else
		list = append(list, sources.Version{
			ID: strconv.Itoa(e.version), Time: at, By: e.stamp.by, Removed: e.removed, Current: i == 0,
		})
	}
	return list
}

// document reads the file, or returns an empty document where there is none.
func (s *Store) document(f file) (*document, error) {
	sealed, err := f.load()
	if err != nil {
		return nil, err
	}
	if sealed == nil {
		return &document{}, nil
	}
	id, err := s.config.identity(f.shown)
	if err != nil {
		return nil, err
	}
	return f.open(sealed, id)
}

// Rollback implements [sources.Historian]. Where the secret has that value
// already, nothing is written.
func (s *Store) Rollback(ctx context.Context, scope sources.Scope, name, version string) error {
	scopes := []sources.Scope{scope}
	if err := s.mustExist(scopes, name); err != nil {
		return err
	}
	return s.edit(ctx, scopes, func(e *edit) error {
		p := e.pages[0]
		archive, err := e.archive(p)
		if err != nil {
			return err
		}
		entries, err := versions(name, archive.doc, p.doc)
		if err != nil {
			return p.damaged(err)
		}
		if len(entries) == 0 {
			return notFound(scopes, name)
		}
		chosen, err := history.Choose(listed(entries), version)
		if err != nil {
			return fmt.Errorf("%s in %s: %w", name, scope, err)
		}
		together := entries[0].group
		files, err := s.files(group.Scopes(together, scope))
		if err != nil {
			return err
		}
		for _, f := range files {
			if _, err := e.open(&e.pages, f); err != nil {
				return err
			}
		}
		for _, p := range e.pages {
			p.doc.set(map[string]sources.Secret{name: entries[chosen].value}, together, e.now)
		}
		return nil
	})
}

// versions returns what is known of the secret, newest first.
func versions(name string, archive, doc *document) ([]entry, error) {
	all, err := earlier(name, archive.earlier+doc.earlier)
	if err != nil {
		return nil, err
	}
	for _, e := range doc.entries {
		if e.name == name {
			all = append(all, e)
		}
	}
	slices.Reverse(all)
	var entries []entry
	for _, e := range all {
		// A crash leaves versions in both files, and an older document that was
		// brought back from the repository makes some that never came to be.
		if n := len(entries); n < maxVersions && (n == 0 || e.version < entries[n-1].version) {
			entries = append(entries, e)
		}
	}
	return entries, nil
}
