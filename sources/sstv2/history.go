package sstv2

import (
	"context"
	"fmt"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/parameters"
)

// History implements [sources.Historian]. Parameter Store keeps the last 100
// versions of a secret, and none of one that was removed, as one is whose value
// leaves the Advanced tier. Nothing is decrypted.
func (s *Store) History(ctx context.Context, scope sources.Scope, name string) ([]sources.Version, error) {
	path, client, err := s.place(ctx, scope, name)
	if err != nil {
		return nil, wrap(err)
	}
	list, err := client.History(ctx, path)
	if err != nil {
		return nil, wrap(fmt.Errorf("%s: %w", path, err))
	}
	return list, nil
}

// Rollback implements [sources.Historian]. Of the versions only the chosen one
// is decrypted.
func (s *Store) Rollback(ctx context.Context, scope sources.Scope, name, version string) error {
	path, client, err := s.place(ctx, scope, name)
	if err != nil {
		return wrap(err)
	}
	value, err := client.Earlier(ctx, path, version)
	if err != nil {
		return wrap(fmt.Errorf("%s: %w", path, err))
	}
	return s.Set(ctx, scope, map[string]sources.Secret{name: value})
}

// place returns the parameter that holds a secret, and a client to ask for it.
func (s *Store) place(ctx context.Context, scope sources.Scope, name string) (path string, client parameters.Client, err error) {
	if path, err = s.path(scope, name); err == nil {
		client, err = parameters.NewClient(ctx, s.aws)
	}
	return path, client, err
}
