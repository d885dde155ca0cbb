package awssm

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"golang.org/x/sync/errgroup"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
)

// A target is an AWS secret that something is to be done with.
type target struct {
	scope sources.Scope
	name  string
	id    string                               // its name in AWS
	there *secretsmanager.DescribeSecretOutput // nil where there is none
}

// removed reports whether there is none, or one that is scheduled for deletion.
func (t target) removed() bool { return t.there == nil || t.there.DeletedDate != nil }

// look finds out about every name in every scope, several at a time.
func (s *Store) look(
	ctx context.Context, client *secretsmanager.Client, scopes []sources.Scope, names ...string,
) ([]target, error) {
	targets := make([]target, 0, len(scopes)*len(names))
	for _, scope := range scopes {
		for _, name := range names {
			targets = append(targets, target{scope: scope, name: name, id: s.path(scope) + "/" + name})
		}
	}
	looking, limited := errgroup.WithContext(ctx)
	looking.SetLimit(writers)
	for i := range targets {
		t := &targets[i]
		looking.Go(func() error {
			var missing *types.ResourceNotFoundException
			out, err := awsconf.Call(limited, s.aws, client.DescribeSecret, &secretsmanager.DescribeSecretInput{SecretId: &t.id})
			switch {
			case err == nil:
				t.there = out
			case !errors.As(err, &missing):
				return fmt.Errorf("%s: %w", t.id, err)
			}
			return nil
		})
	}
	return targets, looking.Wait()
}
