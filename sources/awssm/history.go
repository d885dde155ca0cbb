package awssm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
	"github.com/aside-cli/aside/sources/internal/group"
	"github.com/aside-cli/aside/sources/internal/history"
)

// History implements [sources.Historian]. Secrets Manager keeps about 100
// versions of a secret, and does not tell who made them; a removal has no ID.
// A name that is only a member of the scope's JSON object has no history of
// its own.
func (s *Store) History(ctx context.Context, scope sources.Scope, name string) ([]sources.Version, error) {
	ctx, cancel := s.aws.Limit(ctx)
	defer cancel()
	client, err := s.client(ctx)
	if err != nil {
		return nil, wrap(err)
	}
	t, versions, err := s.history(ctx, client, scope, name)
	if err != nil {
		return nil, wrap(err)
	}
	return history.Shorten(t.list(versions)), nil
}

// list returns the versions as they are told, with their full IDs.
func (t target) list(versions []types.SecretVersionsListEntry) []sources.Version {
	var list []sources.Version
	if t.removed() {
		// DeletedDate may be the day when the recovery window ends.
		list = append(list, sources.Version{Time: aws.ToTime(t.there.LastChangedDate), Removed: true, Current: true})
	}
	for i, v := range versions {
		list = append(list, sources.Version{
			ID: aws.ToString(v.VersionId), Time: aws.ToTime(v.CreatedDate), Current: i == 0 && !t.removed(),
		})
	}
	return list
}

// Rollback implements [sources.Historian]. The version may be given by as much
// of the beginning of its ID as no other has. A secret that was removed is restored.
func (s *Store) Rollback(ctx context.Context, scope sources.Scope, name, version string) error {
	client, err := s.client(ctx)
	if err != nil {
		return wrap(err)
	}
	t, versions, err := s.history(ctx, client, scope, name)
	if err != nil {
		return wrap(err)
	}
	chosen, err := t.choose(versions, version)
	if err != nil {
		return wrap(fmt.Errorf("%s: %w", t.id, err))
	}
	if t.removed() { // its values cannot be read
		if err := s.restore(ctx, client, t); err != nil {
			return wrap(fmt.Errorf("%s: %w", t.id, err))
		}
	}
	value, err := s.valueOf(ctx, client, t, chosen)
	if err != nil {
		if t.removed() {
			err = fmt.Errorf("restored, but not rolled back: %w", err)
		}
		return wrap(fmt.Errorf("%s: %w", t.id, err))
	}
	return s.SetGroup(ctx, group.Scopes(t.group(), scope), map[string]sources.Secret{name: value})
}

// history returns the versions of a secret: the current one, the one before
// it, then the others, newest first.
func (s *Store) history(
	ctx context.Context, client *secretsmanager.Client, scope sources.Scope, name string,
) (t target, versions []types.SecretVersionsListEntry, err error) {
	scopes := []sources.Scope{scope}
	targets, err := s.look(ctx, client, scopes, name)
	if err != nil {
		return target{}, nil, err
	}
	if t = targets[0]; t.there != nil {
		err = awsconf.Pages("secretsmanager:ListSecretVersionIds", func(token *string) (*string, error) {
			out, err := awsconf.Call(ctx, s.aws, client.ListSecretVersionIds, &secretsmanager.ListSecretVersionIdsInput{
				SecretId: &t.id, IncludeDeprecated: aws.Bool(true), MaxResults: aws.Int32(listSize), NextToken: token,
			})
			if err != nil {
				return nil, err
			}
			versions = append(versions, out.Versions...)
			return out.NextToken, nil
		})
		if err != nil {
			return target{}, nil, fmt.Errorf("%s: %w", t.id, err)
		}
	}
	versions = slices.DeleteFunc(versions, func(v types.SecretVersionsListEntry) bool {
		// It is part of a rotation that has not ended.
		return len(v.VersionStages) == 1 && v.VersionStages[0] == "AWSPENDING"
	})
	if len(versions) == 0 {
		return target{}, nil, s.absent(ctx, client, scopes, name,
			"the object has versions as a whole: aws secretsmanager list-secret-version-ids --secret-id "+s.path(scope))
	}
	slices.Reverse(versions) // for those that are equally old
	slices.SortStableFunc(versions, func(a, b types.SecretVersionsListEntry) int {
		return cmp.Or(cmp.Compare(age(a), age(b)), aws.ToTime(b.CreatedDate).Compare(aws.ToTime(a.CreatedDate)))
	})
	return t, versions, nil
}

// age orders versions by their labels, which another tool may have moved: the
// current version need not be the one that was made last.
func age(v types.SecretVersionsListEntry) int {
	switch {
	case slices.Contains(v.VersionStages, "AWSCURRENT"):
		return 0
	case slices.Contains(v.VersionStages, "AWSPREVIOUS"):
		return 1
	default:
		return 2
	}
}

// choose returns the ID of the version that id is the beginning of; for "",
// that of the newest one that is not in effect.
func (t target) choose(versions []types.SecretVersionsListEntry, id string) (string, error) {
	list := t.list(versions)
	id, err := history.Complete(list, id)
	if err != nil {
		return "", err
	}
	i, err := history.Choose(list, id)
	if err != nil {
		return "", err
	}
	return list[i].ID, nil
}

func (s *Store) valueOf(ctx context.Context, client *secretsmanager.Client, t target, version string) (sources.Secret, error) {
	out, err := awsconf.Call(ctx, s.aws, client.GetSecretValue, &secretsmanager.GetSecretValueInput{SecretId: &t.id, VersionId: &version})
	switch {
	case err != nil:
		return sources.Secret{}, err
	case out.SecretString == nil:
		return sources.Secret{}, errors.New("that version is binary, and no environment variable")
	}
	return sources.NewSecret(*out.SecretString), nil
}
