package sst

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
	"unicode/utf8"

	"github.com/aside-cli/aside/sources"
)

// How often a change is tried while other writers are faster, and how long is
// waited in between: up to a first delay, which doubles, up to the longest.
const (
	maxWrites  = 20
	firstDelay = 25 * time.Millisecond
	maxDelay   = time.Second
)

// Set implements [sources.Store]. It stores all of the secrets or none.
func (s *store) Set(ctx context.Context, scope sources.Scope, secrets map[string]sources.Secret) error {
	for name, secret := range secrets {
		if !settable(name) {
			return s.wrap(sources.Hint(fmt.Errorf("%s is no name that SST accepts for a secret", name),
				"its names start with a capital letter, as in StripeKey; env: in aside.yaml says which variable one becomes"))
		}
		if !utf8.ValidString(secret.Reveal()) {
			return s.wrap(sources.Hint(fmt.Errorf("%s is not valid UTF-8: SST cannot keep it", name),
				"encode it first, with base64 for example"))
		}
	}
	return s.update(ctx, scope, func(all map[string]string) (changed bool, err error) {
		for name, secret := range secrets {
			value, ok := all[name]
			changed = changed || !ok || value != secret.Reveal()
			all[name] = secret.Reveal()
		}
		return changed, nil
	})
}

// settable reports whether sst secret set takes the name.
func settable(name string) bool {
	return name != "" && 'A' <= name[0] && name[0] <= 'Z' && sources.CheckName(name) == nil
}

// Remove implements [sources.Store].
func (s *store) Remove(ctx context.Context, scope sources.Scope, name string) error {
	tried := false
	return s.update(ctx, scope, func(all map[string]string) (changed bool, err error) {
		_, ok := all[name]
		switch {
		case !ok && tried:
			return false, nil // perhaps by us: the answer to a write can get lost
		case !ok:
			return false, fmt.Errorf("%s in %s: %w", name, scope, sources.ErrNotFound)
		}
		delete(all, name)
		tried = true
		return true, nil
	})
}

// update lets change edit the scope's secrets, until they could be replaced
// before anyone else did.
func (s *store) update(ctx context.Context, scope sources.Scope, change func(map[string]string) (changed bool, err error)) error {
	name, ok := named(scope)
	if !ok {
		return s.wrap(noScope(scope))
	}
	unlock, err := s.home.lock()
	if err != nil {
		return s.wrap(err)
	}
	defer unlock()
	for attempt := range maxWrites {
		if attempt > 0 {
			select {
			case <-time.After(rand.N(min(firstDelay<<attempt, maxDelay))):
			case <-ctx.Done():
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.try(ctx, name, change); !errors.Is(err, errConflict) {
			return s.wrap(err)
		}
	}
	_, objectName := s.home.names(name)
	return s.wrap(sources.Hint(fmt.Errorf("other writers change %s all the time: nothing was set", objectName), "try again in a while"))
}

// noScope is the error of a scope that SST does not have.
func noScope(scope sources.Scope) error {
	return sources.Hint(fmt.Errorf("SST has no secrets for the %s", scope),
		"SST knows stages and fallbacks only: use --stage or --fallback")
}

// try reads, changes and writes once.
func (s *store) try(ctx context.Context, scope string, change func(map[string]string) (changed bool, err error)) error {
	c, err := s.load(ctx, scope)
	if err != nil {
		return err
	}
	if changed, err := change(c.secrets); err != nil || !changed {
		return err
	}
	if c.key == nil {
		passphrase, err := s.home.addPassphrase(ctx, scope, newPassphrase())
		if err != nil {
			return err
		}
		if c.key, err = parseKey(passphrase); err != nil {
			keyName, _ := s.home.names(scope)
			return sources.Hint(fmt.Errorf("%s %w", keyName, err), "delete it: a new one is made with the first secret")
		}
	}
	return s.home.replace(ctx, scope, seal(c.key, c.secrets, c.zipped), c.zipped, c.object)
}
