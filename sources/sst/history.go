package sst

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/history"
)

// A change is a version of one secret, with its value.
type change struct {
	sources.Version
	value sources.Secret
}

// History implements [sources.Historian]. What S3 keeps are versions of the
// object that holds all secrets of the scope, in a bucket whose versioning SST
// switches on when it makes it. A version of a secret is one of the object, in
// which its value is not what it was in the one before. S3 does not tell who
// made it.
//
// Only the newest 100 versions of the object are looked into. Where there are
// older ones, it is not known since when the secret has the oldest value found,
// so that version has no time.
func (s *Store) History(ctx context.Context, scope sources.Scope, name string) ([]sources.Version, error) {
	changes, err := s.changes(ctx, scope, name)
	if err != nil {
		return nil, s.wrap(err)
	}
	return history.Shorten(versions(changes)), nil
}

// Rollback implements [sources.Historian]. The version may be given by as much
// of the beginning of its ID as no other has.
func (s *Store) Rollback(ctx context.Context, scope sources.Scope, name, version string) error {
	changes, err := s.changes(ctx, scope, name)
	if err != nil {
		return s.wrap(err)
	}
	list := versions(changes)
	chosen := 0
	if version, err = history.Complete(list, version); err == nil {
		chosen, err = history.Choose(list, version)
	}
	if err != nil {
		return s.wrap(fmt.Errorf("%s in %s: %w", name, scope, err))
	}
	return s.Set(ctx, scope, map[string]sources.Secret{name: changes[chosen].value})
}

func versions(changes []change) []sources.Version {
	var list []sources.Version
	for _, c := range changes {
		list = append(list, c.Version)
	}
	return list
}

// changes returns the versions of a secret, newest first.
func (s *Store) changes(ctx context.Context, scope sources.Scope, name string) ([]change, error) {
	place, ok := named(scope)
	if !ok {
		return nil, noScope(scope)
	}
	ctx, cancel := s.aws.session.Limit(ctx)
	defer cancel()
	snapshots, more, err := s.aws.snapshots(ctx, place)
	if err != nil {
		return nil, err
	}
	if err := s.look(ctx, place, name, snapshots); err != nil {
		return nil, err
	}
	snapshots = slices.DeleteFunc(snapshots, func(v snapshot) bool { return v.unusable })
	var changes []change
	for i, v := range snapshots {
		before, at := snapshot{}, v.time
		if i+1 < len(snapshots) {
			before = snapshots[i+1]
		} else if more {
			at = time.Time{}
		}
		if v.found == before.found && v.value.Equal(before.value) {
			continue
		}
		changes = append(changes, change{sources.Version{ID: v.id, Time: at, Removed: !v.found, Current: changes == nil}, v.value})
	}
	if changes == nil {
		return nil, fmt.Errorf("%s in %s: %w", name, scope, sources.ErrNotFound)
	}
	return changes, nil
}
