package awssm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"golang.org/x/sync/errgroup"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
	"github.com/aside-cli/aside/sources/internal/group"
)

// writers is how many secrets are written at a time. AWS allows about 50 writes a second.
const writers = 5

// Set implements [sources.Store]. A secret that was removed is restored.
func (s *Store) Set(ctx context.Context, scope sources.Scope, secrets map[string]sources.Secret) error {
	return s.SetGroup(ctx, []sources.Scope{scope}, secrets)
}

// SetGroup implements [sources.GroupStore]. All secrets are looked at before
// the first is written: what is refused, or fails then, has changed nothing.
// An error later on tells which were set, and the group is to be set again.
func (s *Store) SetGroup(ctx context.Context, scopes []sources.Scope, secrets map[string]sources.Secret) error {
	scopes, together, err := group.Of(scopes)
	if err != nil {
		return wrap(err)
	}
	names := slices.Sorted(maps.Keys(secrets))
	for _, scope := range scopes {
		for _, name := range names {
			if err := checkWrite(s.path(scope)+"/"+name, secrets[name]); err != nil {
				return wrap(err)
			}
		}
	}
	client, err := s.client(ctx)
	if err != nil {
		return wrap(err)
	}
	targets, err := s.look(ctx, client, scopes, names...)
	if err != nil {
		if len(targets) > 1 {
			err = fmt.Errorf("%w (nothing was set)", err)
		}
		return wrap(err)
	}
	for _, t := range targets {
		if err := group.CheckSet(t.name, t.group(), together, t.scope.Shared); err != nil {
			return wrap(err)
		}
	}
	return wrap(s.write(ctx, client, targets, together, secrets))
}

// checkWrite returns an error if Secrets Manager would not take the secret.
func checkWrite(id string, value sources.Secret) error {
	switch {
	case value.Len() == 0:
		return sources.Hint(fmt.Errorf("%s cannot be set to the empty string: Secrets Manager keeps none", id),
			"set it in aside.yaml's parameters or in a .env file, or remove it")
	case !utf8.ValidString(value.Reveal()): // JSON would carry something else
		return sources.Hint(fmt.Errorf("%s is not valid UTF-8: Secrets Manager cannot keep it", id),
			"encode it first, with base64 for example")
	case len(id) > maxName:
		return fmt.Errorf("the name %.40s… has %d characters: Secrets Manager allows %d", id, len(id), maxName)
	}
	return nil
}

// write sets the targets, several at a time. After a failure it begins with no
// more of them, but lets those end that it began with.
func (s *Store) write(
	ctx context.Context, client *secretsmanager.Client, targets []target, together []string, secrets map[string]sources.Secret,
) error {
	writing, failed := errgroup.WithContext(ctx)
	writing.SetLimit(writers)
	done := make([]bool, len(targets))
	for i, t := range targets {
		writing.Go(func() error {
			if failed.Err() != nil {
				return ctx.Err()
			}
			if err := s.set(ctx, client, t, together, secrets[t.name].Reveal()); err != nil {
				return fmt.Errorf("%s: %w", t.id, err)
			}
			done[i] = true
			return nil
		})
	}
	err := writing.Wait()
	if err == nil || len(targets) == 1 {
		return err
	}
	var set, not []string
	for i, t := range targets {
		if done[i] {
			set = append(set, t.id)
		} else {
			not = append(not, t.id)
		}
	}
	outcome := "not set: " + some(not)
	if errors.Is(err, sources.ErrUnreachable) || ctx.Err() != nil { // an answer may have been lost
		outcome = "perhaps " + outcome
	}
	if set != nil {
		outcome = "set: " + some(set) + "; " + outcome
	}
	return fmt.Errorf("%w (%s)", err, outcome)
}

func (s *Store) set(ctx context.Context, client *secretsmanager.Client, t target, together []string, value string) error {
	if t.there == nil {
		err := s.create(ctx, client, t, together, value)
		var exists *types.ResourceExistsException
		if !errors.As(err, &exists) {
			return err
		}
		// Another writer was faster: ours is the later one.
	} else if t.removed() {
		if err := s.restore(ctx, client, t); err != nil {
			return err
		}
	}
	if together != nil && t.group() == nil {
		_, err := awsconf.Call(ctx, s.aws, client.TagResource, &secretsmanager.TagResourceInput{
			SecretId: &t.id, Tags: []types.Tag{groupTag(together)},
		})
		if err != nil {
			return err
		}
	}
	_, err := awsconf.Call(ctx, s.aws, client.PutSecretValue, &secretsmanager.PutSecretValueInput{
		SecretId: &t.id, SecretString: &value,
	})
	return err
}

func (s *Store) create(ctx context.Context, client *secretsmanager.Client, t target, together []string, value string) error {
	app := s.config.App
	if t.scope.Shared {
		app = shared
	}
	in := &secretsmanager.CreateSecretInput{
		Name:         &t.id,
		SecretString: &value,
		Tags:         []types.Tag{tag("aside:app", app), tag("aside:stage", t.scope.Segment())},
	}
	if together != nil {
		in.Tags = append(in.Tags, groupTag(together))
	}
	if key := s.config.KMSKey; key != "" {
		in.KmsKeyId = &key
	}
	if description := s.config.Descriptions[t.name]; description != "" {
		in.Description = &description
	}
	_, err := awsconf.Call(ctx, s.aws, client.CreateSecret, in)
	var deleting *types.InvalidRequestException
	if errors.As(err, &deleting) {
		return sources.Hint(fmt.Errorf("AWS has not finished deleting the secret of this name: %w", err), "try again in a minute")
	}
	return err
}

// restore takes back a removal. The group that the secret was in is not what
// it was: other secrets of it may be gone.
func (s *Store) restore(ctx context.Context, client *secretsmanager.Client, t target) error {
	if _, err := awsconf.Call(ctx, s.aws, client.RestoreSecret, &secretsmanager.RestoreSecretInput{SecretId: &t.id}); err != nil {
		return err
	}
	grouped := slices.ContainsFunc(t.there.Tags, func(tag types.Tag) bool { return aws.ToString(tag.Key) == group.Tag })
	if !grouped {
		return nil
	}
	_, err := awsconf.Call(ctx, s.aws, client.UntagResource, &secretsmanager.UntagResourceInput{SecretId: &t.id, TagKeys: []string{group.Tag}})
	return err
}

func tag(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }
