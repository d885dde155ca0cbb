package local

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/group"
)

var _ sources.GroupStore = (*Store)(nil)

// Set implements [sources.Store]: all of the secrets or none, in one write.
// Where every one has its value already, nothing is written. The first Set
// makes the folder, the list of recipients and, if there is none, an identity.
// It refuses to write what the user's own identity could not read.
func (s *Store) Set(ctx context.Context, scope sources.Scope, secrets map[string]sources.Secret) error {
	return s.SetGroup(ctx, []sources.Scope{scope}, secrets)
}

// SetGroup implements [sources.GroupStore]: all of the secrets in all of the
// scopes or none, but for a crash between the renames of two files, after which
// the group is to be set or removed again.
func (s *Store) SetGroup(ctx context.Context, scopes []sources.Scope, secrets map[string]sources.Secret) error {
	for name, secret := range secrets {
		if err := sources.CheckName(name); err != nil {
			return err
		}
		if err := sources.CheckValue(name, secret); err != nil {
			return err
		}
	}
	scopes, together, err := group.Of(scopes)
	if err != nil || len(secrets) == 0 {
		return err
	}
	return s.edit(ctx, scopes, func(e *edit) error {
		for _, name := range slices.Sorted(maps.Keys(secrets)) {
			for _, p := range e.pages {
				old := p.doc.find(name)
				if old == nil {
					continue
				}
				if err := group.CheckSet(name, old.group, together, scopes[0].Shared); err != nil {
					return err
				}
			}
		}
		for _, p := range e.pages {
			p.doc.set(secrets, together, e.now)
		}
		return nil
	})
}

// Remove implements [sources.Store].
func (s *Store) Remove(ctx context.Context, scope sources.Scope, name string) error {
	return s.RemoveGroup(ctx, []sources.Scope{scope}, name)
}

// RemoveGroup implements [sources.GroupStore].
func (s *Store) RemoveGroup(ctx context.Context, scopes []sources.Scope, name string) error {
	scopes, together, err := group.Of(scopes)
	if err != nil {
		return err
	}
	if err := s.mustExist(scopes, name); err != nil {
		return err
	}
	return s.edit(ctx, scopes, func(e *edit) error {
		found := false
		for _, p := range e.pages {
			old := p.doc.find(name)
			if old == nil {
				continue
			}
			if err := group.CheckRemove(name, old.group, together, scopes[0].Shared); err != nil {
				return err
			}
			p.doc.remove(name, e.now)
			found = true
		}
		if !found {
			return notFound(scopes, name)
		}
		return nil
	})
}

// mustExist returns the error of a secret that is not there, unless one of the
// scopes has a file: what is not there needs no lock, identity or folder.
func (s *Store) mustExist(scopes []sources.Scope, name string) error {
	files, err := s.files(scopes)
	if err != nil {
		return err
	}
	for _, f := range files {
		if sealed, err := f.load(); err != nil || sealed != nil {
			return err
		}
	}
	return notFound(scopes, name)
}

func notFound(scopes []sources.Scope, name string) error {
	var in []string
	for _, scope := range scopes {
		in = append(in, scope.String())
	}
	return fmt.Errorf("%s in %s: %w", name, strings.Join(in, ", "), sources.ErrNotFound)
}
