package sst

import (
	"context"
	"crypto/cipher"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/aside-cli/aside/sources"
)

// Read implements [sources.Store]. The values of a scope are sorted by name.
func (s *store) Read(ctx context.Context, scopes ...sources.Scope) ([]sources.Value, error) {
	all := make([]contents, len(scopes))
	err := eachScope(ctx, scopes, func(ctx context.Context, i int, name string) (err error) {
		all[i], err = s.load(ctx, name)
		return err
	})
	if err != nil {
		return nil, s.wrap(err)
	}
	var values []sources.Value
	for i, scope := range scopes {
		values = append(values, s.values(scope, all[i])...)
	}
	return values, nil
}

// eachScope calls f for each of the scopes that SST has, all at once.
func eachScope(ctx context.Context, scopes []sources.Scope, f func(ctx context.Context, i int, name string) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for i, scope := range scopes {
		if name, ok := named(scope); ok {
			group.Go(func() error { return f(ctx, i, name) })
		}
	}
	return group.Wait()
}

// contents are a scope's, decrypted.
type contents struct {
	secrets map[string]string
	zipped  bool
	key     cipher.AEAD // nil where there is none yet
	object  *object     // nil where there is none yet
}

// load reads a scope.
func (s *store) load(ctx context.Context, scope string) (c contents, err error) {
	var passphrase string
	group, limited := errgroup.WithContext(ctx)
	group.Go(func() (err error) { passphrase, err = s.home.passphrase(limited, scope); return err })
	group.Go(func() (err error) { c.object, err = s.home.object(limited, scope); return err })
	if err := group.Wait(); err != nil {
		return contents{}, err
	}
	if passphrase == "" && c.object != nil {
		// Both may have been made between the two answers.
		if passphrase, err = s.home.passphrase(ctx, scope); err != nil {
			return contents{}, err
		}
	}
	c.secrets = map[string]string{}
	if passphrase == "" && c.object == nil {
		return c, nil
	}
	if c.key, err = s.parseKey(scope, passphrase); err != nil || c.object == nil {
		return c, err
	}
	keyName, objectName := s.home.names(scope)
	secrets, zipped, err := open(c.key, c.object.body)
	switch {
	case err == errSealed:
		return contents{}, sources.Hint(fmt.Errorf("%s %w with %s", objectName, err, keyName),
			"one of the two was damaged or replaced: bring an earlier version of it back")
	case err != nil:
		return contents{}, sources.Hint(fmt.Errorf("%s %w", objectName, err), "bring an earlier version of it back")
	}
	maps.Copy(c.secrets, secrets)
	c.zipped = zipped
	return c, nil
}

// parseKey returns the cipher that a scope's passphrase is the key of, which
// must be there.
func (s *store) parseKey(scope, passphrase string) (cipher.AEAD, error) {
	keyName, objectName := s.home.names(scope)
	if passphrase == "" {
		return nil, sources.Hint(fmt.Errorf("%s is missing, and %s is encrypted with it", keyName, objectName),
			"bring the passphrase back from a backup; if it is lost, delete the object and set its secrets again")
	}
	key, err := parseKey(passphrase)
	if err != nil {
		return nil, sources.Hint(fmt.Errorf("%s %w", keyName, err), "bring the passphrase back as SST made it, from a backup")
	}
	return key, nil
}

// values returns the scope's values, sorted by name.
func (s *store) values(scope sources.Scope, c contents) []sources.Value {
	values := make([]sources.Value, 0, len(c.secrets))
	for _, name := range slices.Sorted(maps.Keys(c.secrets)) {
		place, _ := named(scope)
		source := s.name + ":" + s.app + "/" + place + "/" + name
		if sources.CheckName(name) != nil {
			s.warnOnce("%q is left out: it is no name of an environment variable", source)
			continue
		}
		values = append(values, sources.Value{
			Name:   name,
			Secret: sources.NewSecret(c.secrets[name]),
			Origin: sources.Origin{Layer: scope.Layer, Source: source, Version: c.object.id},
		})
	}
	return values
}
