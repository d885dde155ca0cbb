package sstv2

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
	"github.com/aside-cli/aside/sources/internal/parameters"
)

// Set implements [sources.Store].
func (s *Store) Set(ctx context.Context, scope sources.Scope, secrets map[string]sources.Secret) error {
	names := slices.Sorted(maps.Keys(secrets))
	paths := make([]string, len(names))
	for i, name := range names {
		var err error
		if paths[i], err = s.path(scope, name); err == nil {
			err = parameters.CheckValue(paths[i], secrets[name])
		}
		if err != nil {
			return wrap(err)
		}
	}
	client, err := parameters.NewClient(ctx, s.aws)
	if err != nil {
		return wrap(err)
	}
	return wrap(parameters.WriteAll(ctx, len(names), func(ctx context.Context, i int) error {
		if err := write(ctx, client, paths[i], secrets[names[i]].Reveal()); err != nil {
			return fmt.Errorf("%s: %w", paths[i], err)
		}
		return nil
	}))
}

// write puts a parameter in the cheapest tier that it fits in. The advanced one
// cannot be left, but by removing the parameter first.
func write(ctx context.Context, client parameters.Client, path, value string) error {
	err := put(ctx, client, path, value)
	if !wasAdvanced(err) {
		return err
	}
	if err := client.Delete(ctx, path); err != nil && !errors.Is(err, sources.ErrNotFound) {
		return err
	}
	if err := put(ctx, client, path, value); err != nil {
		return sources.Hint(fmt.Errorf("%w: it was removed to leave the advanced tier, and could not be set again", err), "set it again")
	}
	return nil
}

func put(ctx context.Context, client parameters.Client, path, value string) error {
	tier := types.ParameterTierStandard
	if len(value) > parameters.StandardSize {
		tier = types.ParameterTierAdvanced
	}
	_, err := awsconf.Call(ctx, client.Session, client.PutParameter, &ssm.PutParameterInput{
		Name: &path, Value: &value, Tier: tier, Type: types.ParameterTypeSecureString, Overwrite: aws.Bool(true),
	})
	return err
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
	path, client, err := s.place(ctx, scope, name)
	if err != nil {
		return wrap(err)
	}
	if err := client.Delete(ctx, path); err != nil {
		return wrap(fmt.Errorf("%s: %w", path, err))
	}
	return nil
}
