package ssm

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

const (
	standardSize = 4096 // the longest value of the Standard tier, in bytes
	advancedSize = 8192 // and of the Advanced one

	// writers is how many secrets are set at a time. AWS allows 3 writes a second.
	writers = 3
)

// Set implements [sources.Store]. A value of more than 4,096 bytes makes a
// parameter of the Advanced tier, which AWS charges for; it stays one when a
// shorter value follows, until the secret is removed.
func (s *Store) Set(ctx context.Context, scope sources.Scope, secrets map[string]sources.Secret) error {
	path := s.path(scope)
	if path == "" {
		return s.noPlace(scope)
	}
	names := slices.Sorted(maps.Keys(secrets))
	for _, name := range names {
		switch size := secrets[name].Len(); {
		case size == 0:
			return sources.Hint(fmt.Errorf("ssm: %s/%s cannot be set to the empty string: Parameter Store keeps none", path, name),
				"set it in aside.yaml's parameters or in a .env file, or remove it")
		case size > advancedSize:
			return sources.Hint(fmt.Errorf("ssm: %s/%s is %d bytes long: Parameter Store holds at most %d", path, name, size, advancedSize),
				"keep it in another store: awssm takes 65536")
		case s.config.Upper && s.name(name) != name:
			return sources.Hint(fmt.Errorf("ssm: %s cannot be set: with case: upper names are in upper case", name),
				"set it as "+s.name(name))
		}
	}
	client, err := s.client(ctx)
	if err != nil {
		return wrap(err)
	}
	keys, err := s.keys(ctx, client, path)
	if err != nil {
		return wrap(err)
	}
	var done atomic.Int64
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for _, name := range names {
		group.Go(func() error {
			full := path + "/" + keys.of(name)
			if err := s.put(limited, client, full, secrets[name].Reveal(), s.config.Descriptions[name]); err != nil {
				return fmt.Errorf("%s: %w", full, err)
			}
			done.Add(1)
			return nil
		})
	}
	err = group.Wait()
	if err != nil && len(names) > 1 {
		err = fmt.Errorf("%w (%d of %d were set)", err, done.Load(), len(names))
	}
	return wrap(err)
}

// put writes one parameter.
func (s *Store) put(ctx context.Context, client *ssm.Client, full, value, description string) error {
	in := &ssm.PutParameterInput{
		Name: &full, Value: &value, Type: types.ParameterTypeSecureString,
		Tier: types.ParameterTierStandard, Overwrite: aws.Bool(true),
	}
	if len(value) > standardSize {
		in.Tier = types.ParameterTierAdvanced
	}
	if key := s.config.KMSKey; key != "" {
		in.KeyId = &key
	}
	if description != "" {
		in.Description = &description
	}
	_, err := awsconf.Call(ctx, s.aws, client.PutParameter, in)
	if in.Tier == types.ParameterTierStandard && errorCode(err) == "ValidationException" && s.advanced(ctx, client, full) {
		// The only way back to Standard is to delete it first, and whoever
		// reads in between would do without it.
		in.Tier = types.ParameterTierAdvanced
		_, err = awsconf.Call(ctx, s.aws, client.PutParameter, in)
	}
	return writeHint(err, full, value)
}

// advanced reports whether there is a parameter of the Advanced tier by that name.
func (s *Store) advanced(ctx context.Context, client *ssm.Client, full string) bool {
	out, err := awsconf.Call(ctx, s.aws, client.DescribeParameters, &ssm.DescribeParametersInput{
		ParameterFilters: []types.ParameterStringFilter{{
			Key: aws.String("Name"), Option: aws.String("Equals"), Values: []string{full},
		}},
	})
	return err == nil && slices.ContainsFunc(out.Parameters, func(p types.ParameterMetadata) bool {
		return aws.ToString(p.Name) == full && p.Tier == types.ParameterTierAdvanced
	})
}

// Remove implements [sources.Store]. It also forgets the parameter's history.
func (s *Store) Remove(ctx context.Context, scope sources.Scope, name string) error {
	path := s.path(scope)
	if path == "" {
		return s.noPlace(scope)
	}
	client, err := s.client(ctx)
	if err != nil {
		return wrap(err)
	}
	keys, err := s.keys(ctx, client, path)
	if err != nil {
		return wrap(err)
	}
	for _, key := range keys.all(name) {
		full := path + "/" + key
		_, err := awsconf.Call(ctx, s.aws, client.DeleteParameter, &ssm.DeleteParameterInput{Name: &full})
		var missing *types.ParameterNotFound
		if errors.As(err, &missing) {
			err = sources.ErrNotFound
		}
		if err != nil {
			return wrap(fmt.Errorf("%s: %w", full, err))
		}
	}
	return nil
}

// keys are the last parts of the parameters of a scope, by the secret's name
// and sorted; nil where each is the name itself.
type keys map[string][]string

// keys lists them, where a name alone does not tell what its parameter is called.
func (s *Store) keys(ctx context.Context, client *ssm.Client, path string) (keys, error) {
	if !s.config.Upper {
		return nil, nil
	}
	found, err := s.below(ctx, client, path, false)
	if err != nil {
		return nil, err
	}
	byName := keys{}
	for _, p := range found {
		key, _ := keyBelow(*p.Name, path)
		byName[s.name(key)] = append(byName[s.name(key)], key)
	}
	return byName, nil
}

// all returns the keys of a name; where there is none, the one to make.
func (k keys) all(name string) []string {
	switch {
	case k == nil:
		return []string{name}
	case k[name] == nil:
		return []string{strings.ToLower(name)}
	}
	return k[name]
}

// of returns the key that a name is read from: of several the last.
func (k keys) of(name string) string {
	all := k.all(name)
	return all[len(all)-1]
}

func (s *Store) noPlace(scope sources.Scope) error {
	return sources.Hint(fmt.Errorf("ssm: the prefix %s has no place for the %s", s.config.Prefix, scope),
		"put {app} and {scope} into prefix, under store: in aside.yaml")
}

// writeHint says what AWS has against a write where its code alone does not.
// What it says itself may repeat the value.
func writeHint(err error, full, value string) error {
	first, _, _ := strings.Cut(strings.ToLower(full[1:]), "/")
	reserved := strings.HasPrefix(first, "aws") || strings.HasPrefix(first, "ssm")
	switch code := errorCode(err); {
	case reserved && (code == "ValidationException" || code == "AccessDeniedException"):
		return sources.Hint(err, "AWS keeps names that begin with aws or ssm for itself: choose another prefix, like /apps/{app}/{scope}")
	case code == "ValidationException" && strings.Contains(value, "{{"):
		return sources.Hint(err, "Parameter Store takes no value with {{ in it: encode it, with base64 for example")
	case code == "HierarchyTypeMismatchException":
		return sources.Hint(err, "the parameter is there and no SecureString: remove the secret, and set it again")
	case code == "TooManyUpdates":
		return sources.Hint(err, "someone else is setting it: try again")
	}
	return err
}

// errorCode returns the error code of AWS's answer, or "".
func errorCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
