package sstv2

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
)

// What Parameter Store holds in each tier, in bytes. The advanced one is paid for.
const (
	maxStandard = 4096
	maxAdvanced = 8192
)

// writers is how many secrets are set at a time: AWS allows 3 writes a second.
const writers = 3

// Set implements [sources.Store].
func (s *Store) Set(ctx context.Context, scope sources.Scope, secrets map[string]sources.Secret) error {
	names := slices.Sorted(maps.Keys(secrets))
	for _, name := range names {
		path, err := s.path(scope, name)
		switch length := secrets[name].Len(); {
		case err != nil:
			return wrap(err)
		case length == 0:
			return sources.Hint(fmt.Errorf("sst-v2: %s cannot be set to the empty string: Parameter Store keeps none", path),
				"set it in aside.yaml's parameters or in a .env file, or remove it")
		case length > maxAdvanced:
			return sources.Hint(fmt.Errorf("sst-v2: %s is %d bytes long: Parameter Store holds at most %d", path, length, maxAdvanced),
				"keep the value elsewhere and store where it is")
		}
	}
	client, err := s.client(ctx)
	if err != nil {
		return wrap(err)
	}
	var done atomic.Int64
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for _, name := range names {
		group.Go(func() error {
			path, err := s.path(scope, name)
			if err == nil {
				err = s.set(limited, client, path, secrets[name].Reveal())
			}
			if err == nil {
				done.Add(1)
			}
			return err
		})
	}
	err = group.Wait()
	if err != nil && len(names) > 1 {
		err = fmt.Errorf("%w (%d of %d were set)", err, done.Load(), len(names))
	}
	return wrap(err)
}

// set puts a parameter in the cheapest tier that it fits in. The advanced one
// cannot be left, but by removing the parameter first.
func (s *Store) set(ctx context.Context, client *ssm.Client, path, value string) error {
	err := s.put(ctx, client, path, value)
	if !wasAdvanced(err) {
		return err
	}
	if err := s.delete(ctx, client, path); err != nil && !errors.Is(err, sources.ErrNotFound) {
		return err
	}
	if err := s.put(ctx, client, path, value); err != nil {
		return sources.Hint(fmt.Errorf("%w: it was removed to leave the advanced tier, and could not be set again", err), "set it again")
	}
	return nil
}

func (s *Store) put(ctx context.Context, client *ssm.Client, path, value string) error {
	tier := types.ParameterTierStandard
	if len(value) > maxStandard {
		tier = types.ParameterTierAdvanced
	}
	_, err := awsconf.Call(ctx, s.aws, client.PutParameter, &ssm.PutParameterInput{
		Name: &path, Value: &value, Tier: tier, Type: types.ParameterTypeSecureString, Overwrite: aws.Bool(true),
	})
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// wasAdvanced reports whether a parameter was not put because it is in the
// advanced tier. AWS tells that in words alone.
func wasAdvanced(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ValidationException" &&
		strings.Contains(api.ErrorMessage(), "advanced-parameter tier")
}

// Remove implements [sources.Store].
func (s *Store) Remove(ctx context.Context, scope sources.Scope, name string) error {
	path, err := s.path(scope, name)
	if err != nil {
		return wrap(err)
	}
	client, err := s.client(ctx)
	if err != nil {
		return wrap(err)
	}
	return wrap(s.delete(ctx, client, path))
}

func (s *Store) delete(ctx context.Context, client *ssm.Client, path string) error {
	_, err := awsconf.Call(ctx, s.aws, client.DeleteParameter, &ssm.DeleteParameterInput{Name: &path})
	var missing *types.ParameterNotFound
	switch {
	case errors.As(err, &missing):
		err = sources.ErrNotFound
	case err == nil:
		return nil
	}
	return fmt.Errorf("%s: %w", path, err)
}
