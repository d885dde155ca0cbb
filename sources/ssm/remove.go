package ssm

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/group"
	"github.com/aside-cli/aside/sources/internal/parameters"
)

// Remove implements [sources.Store]. It also forgets the parameter's history.
func (s *Store) Remove(ctx context.Context, scope sources.Scope, name string) error {
	return s.RemoveGroup(ctx, []sources.Scope{scope}, name)
}

// RemoveGroup implements [sources.GroupStore]. After an error the group is to
// be removed again.
func (s *Store) RemoveGroup(ctx context.Context, scopes []sources.Scope, name string) error {
	scopes, together, err := group.Of(scopes)
	if err != nil {
		return wrap(err)
	}
	client, err := parameters.NewClient(ctx, s.aws)
	if err != nil {
		return wrap(err)
	}
	targets, err := s.grouped(ctx, client, scopes, name)
	if err != nil {
		return wrap(err)
	}
	for _, t := range targets {
		if err := group.CheckRemove(name, t.group, together, t.scope.Shared); err != nil {
			return wrap(err)
		}
	}
	found := false
	var absent []string
	for _, t := range targets {
		for _, full := range t.all {
			switch err := client.Delete(ctx, full); {
			case err == nil:
				found = true
			case errors.Is(err, sources.ErrNotFound):
				absent = append(absent, full)
			default:
				return wrap(fmt.Errorf("%s: %w", full, err))
			}
		}
	}
	if !found {
		return wrap(fmt.Errorf("%s: %w", strings.Join(absent, ", "), sources.ErrNotFound))
	}
	return nil
}
