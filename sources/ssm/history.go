package ssm

import (
	"context"
	"fmt"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/group"
	"github.com/aside-cli/aside/sources/internal/parameters"
)

// History implements [sources.Historian]. Parameter Store keeps the last 100
// versions of a secret, and none of one that was removed. Nothing is decrypted.
func (s *Store) History(ctx context.Context, scope sources.Scope, name string) ([]sources.Version, error) {
	client, err := parameters.NewClient(ctx, s.aws)
	if err != nil {
		return nil, wrap(err)
	}
	targets, err := s.targets(ctx, client, []sources.Scope{scope}, name)
	if err != nil {
		return nil, wrap(err)
	}
	list, err := client.History(ctx, targets[0].full())
	if err != nil {
		return nil, wrap(fmt.Errorf("%s: %w", targets[0].full(), err))
	}
	return list, nil
}

// Rollback implements [sources.Historian]. Of the versions only the chosen one
// is decrypted.
func (s *Store) Rollback(ctx context.Context, scope sources.Scope, name, version string) error {
	client, err := parameters.NewClient(ctx, s.aws)
	if err != nil {
		return wrap(err)
	}
	targets, err := s.grouped(ctx, client, []sources.Scope{scope}, name)
	if err != nil {
		return wrap(err)
	}
	t := targets[0]
	value, err := client.Earlier(ctx, t.full(), version)
	if err != nil {
		return wrap(fmt.Errorf("%s: %w", t.full(), err))
	}
	return s.SetGroup(ctx, group.Scopes(t.group, scope), map[string]sources.Secret{name: value})
}
