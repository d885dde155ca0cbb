package awssm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
	"github.com/aside-cli/aside/sources/internal/group"
)

// Remove implements [sources.Store]. A name that is only a member of the
// scope's JSON object is not removed: the error says where it lies.
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
	client, err := s.client(ctx)
	if err != nil {
		return wrap(err)
	}
	targets, err := s.look(ctx, client, scopes, name)
	if err != nil {
		return wrap(err)
	}
	targets = slices.DeleteFunc(targets, func(t target) bool {
		return t.there == nil || t.removed() && !s.config.ForceDelete
	})
	if len(targets) == 0 {
		return wrap(s.absent(ctx, client, scopes, name, "remove it from the object where that is written, or in the AWS console"))
	}
	for _, t := range targets {
		if err := group.CheckRemove(name, t.group(), together, t.scope.Shared); err != nil {
			return wrap(err)
		}
	}
	for _, t := range targets {
		in := &secretsmanager.DeleteSecretInput{SecretId: &t.id}
		if s.config.ForceDelete {
			in.ForceDeleteWithoutRecovery = aws.Bool(true)
		}
		if _, err := awsconf.Call(ctx, s.aws, client.DeleteSecret, in); err != nil {
			return wrap(fmt.Errorf("%s: %w", t.id, err))
		}
	}
	return nil
}

// absent returns why there is no secret by that name in any of the scopes; the
// hint is for one that is kept in a JSON object.
func (s *Store) absent(ctx context.Context, client *secretsmanager.Client, scopes []sources.Scope, name, hint string) error {
	var paths, ids []string
	for _, scope := range scopes {
		paths = append(paths, s.path(scope))
		ids = append(ids, s.path(scope)+"/"+name)
	}
	objects, err := s.named(ctx, client, paths)
	if err != nil && !refusedWhole(err) {
		return err
	}
	for _, secret := range objects.secrets {
		path := aws.ToString(secret.Name)
		members, err := s.object(path, secret)
		if err != nil {
			return err
		}
		if _, ok := members[name]; ok {
			return sources.Hint(fmt.Errorf("%s is kept in the JSON object %s, which is only read", name, path), hint)
		}
	}
	return fmt.Errorf("%s: %w", strings.Join(ids, ", "), sources.ErrNotFound)
}
