package awssm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"golang.org/x/sync/errgroup"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
)

// What AWS allows in one request.
const (
	batchSize  = 20
	maxFilters = 10
)

// Read implements [sources.Store]. It costs one request for the JSON objects
// of all scopes together, and beside it one for every 20 single secrets.
func (s *Store) Read(ctx context.Context, scopes ...sources.Scope) ([]sources.Value, error) {
	if len(scopes) == 0 {
		return nil, nil
	}
	paths := make([]string, len(scopes))
	for i, scope := range scopes {
		paths[i] = s.path(scope)
	}
	ctx, cancel := s.aws.Limit(ctx)
	defer cancel()
	secrets, err := s.fetch(ctx, paths)
	if err != nil {
		return nil, wrap(err)
	}
	var values []sources.Value
	for i, scope := range scopes {
		inScope, err := s.values(scope, paths[i], secrets)
		if err != nil {
			return nil, wrap(err)
		}
		values = append(values, inScope...)
	}
	return values, nil
}

// fetch returns every AWS secret at or directly below the paths, by its name.
func (s *Store) fetch(ctx context.Context, paths []string) (map[string]types.SecretValueEntry, error) {
	client, err := s.client(ctx)
	if err != nil {
		return nil, err
	}
	var objects, single batch
	reading, both := errgroup.WithContext(ctx)
	reading.Go(func() (err error) {
		objects, err = s.named(both, client, paths)
		return err
	})
	reading.Go(func() (err error) {
		single, err = s.below(both, client, paths)
		return err
	})
	err = reading.Wait()
	if refusedWhole(err) {
		// Some emulators fail altogether for one secret that is scheduled for
		// deletion or has no value: ask for the others by name.
		var listed []string
		if listed, err = s.list(ctx, client, paths); err == nil {
			objects = batch{}
			single, err = s.named(ctx, client, listed)
		}
	}
	if err != nil {
		return nil, s.readHint(err)
	}
	found := single
	found.add(objects)
	if err := s.judge(ctx, client, paths, found.failed); err != nil {
		return nil, err
	}
	secrets := make(map[string]types.SecretValueEntry, len(found.secrets))
	for _, secret := range found.secrets {
		secrets[aws.ToString(secret.Name)] = secret
	}
	return secrets, nil
}

// A batch is what requests for many secrets brought.
type batch struct {
	secrets []types.SecretValueEntry
	failed  []types.APIErrorType // secrets that could not be read
}

func (b *batch) add(other batch) {
	b.secrets = append(b.secrets, other.secrets...)
	b.failed = append(b.failed, other.failed...)
}

// refusedWhole reports whether a whole batch failed because of one secret.
func refusedWhole(err error) bool {
	var deleted *types.InvalidRequestException
	var missing *types.ResourceNotFoundException
	return errors.As(err, &deleted) || errors.As(err, &missing)
}

// below reads the secrets whose names begin with one of the paths and a slash.
func (s *Store) below(ctx context.Context, client *secretsmanager.Client, paths []string) (all batch, err error) {
	prefixes := make([]string, len(paths))
	for i, path := range paths {
		prefixes[i] = path + "/"
	}
	for some := range slices.Chunk(prefixes, maxFilters) {
		err := awsconf.Pages("secretsmanager:BatchGetSecretValue", func(token *string) (*string, error) {
			return s.batch(ctx, client, &all, &secretsmanager.BatchGetSecretValueInput{
				Filters: nameFilter(some), MaxResults: aws.Int32(batchSize), NextToken: token,
			})
		})
		if err != nil {
			return batch{}, err
		}
	}
	return all, nil
}

// named reads the secrets with the given names.
func (s *Store) named(ctx context.Context, client *secretsmanager.Client, names []string) (all batch, err error) {
	for some := range slices.Chunk(names, batchSize) {
		if _, err := s.batch(ctx, client, &all, &secretsmanager.BatchGetSecretValueInput{SecretIdList: some}); err != nil {
			return batch{}, err
		}
	}
	return all, nil
}

// batch adds what one request brings to all.
func (s *Store) batch(
	ctx context.Context, client *secretsmanager.Client, all *batch, in *secretsmanager.BatchGetSecretValueInput,
) (next *string, err error) {
	out, err := awsconf.Call(ctx, s.aws, client.BatchGetSecretValue, in)
	if err != nil {
		return nil, err
	}
	all.add(batch{secrets: out.SecretValues, failed: out.Errors})
	return out.NextToken, nil
}

// judge returns an error if a secret of ours could not be read. One that was
// deleted is none, and neither is a JSON object that does not exist, but that
// a policy for the single secrets alone denies to ask for.
func (s *Store) judge(ctx context.Context, client *secretsmanager.Client, paths []string, failed []types.APIErrorType) error {
	var first types.APIErrorType
	var names []string
	for _, f := range failed {
		name, code := secretName(aws.ToString(f.SecretId)), aws.ToString(f.ErrorCode)
		if !ours(name, paths) || code == "ResourceNotFoundException" || code == "InvalidRequestException" {
			continue
		}
		if slices.Contains(paths, name) && code == "AccessDeniedException" {
			listed, err := s.list(ctx, client, []string{name})
			if err != nil {
				return s.readHint(err)
			}
			if !slices.Contains(listed, name) {
				continue
			}
		}
		if names == nil {
			first = f
		}
		if code == aws.ToString(first.ErrorCode) {
			names = append(names, name)
		}
	}
	if names == nil {
		return nil
	}
	slices.Sort(names)
	err := awsconf.Explain(secretsmanager.ServiceID, "GetSecretValue", aws.ToString(first.ErrorCode), aws.ToString(first.Message))
	return fmt.Errorf("%s: %w", some(names), err)
}

// readHint says what reading needs where something of it is not allowed.
func (s *Store) readHint(err error) error {
	if !strings.HasPrefix(awsconf.Denied(err), "secretsmanager:") {
		return err
	}
	return sources.Hint(err, "reading needs secretsmanager:BatchGetSecretValue and secretsmanager:ListSecrets on *, "+
		"and secretsmanager:GetSecretValue on "+s.config.App+"/*")
}

// ours reports whether name is one of the paths or directly below one.
func ours(name string, paths []string) bool {
	return slices.ContainsFunc(paths, func(path string) bool {
		rest, ok := strings.CutPrefix(name, path)
		return ok && (rest == "" || rest[0] == '/' && !strings.Contains(rest[1:], "/"))
	})
}

// secretName returns the name in an ARN, which ends with a hyphen and six
// characters of AWS's own; any other ID is the name itself.
func secretName(id string) string {
	if !strings.HasPrefix(id, "arn:") {
		return id
	}
	name := id[strings.LastIndexByte(id, ':')+1:]
	return name[:max(0, len(name)-len("-AbCdEf"))]
}

// some joins up to five names.
func some(names []string) string {
	if len(names) > 5 {
		return strings.Join(names[:5], ", ") + fmt.Sprintf(" and %d more", len(names)-5)
	}
	return strings.Join(names, ", ")
}
