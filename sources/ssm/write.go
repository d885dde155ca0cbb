package ssm

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

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
	"github.com/aside-cli/aside/sources/internal/group"
	"github.com/aside-cli/aside/sources/internal/parameters"
)

// Set implements [sources.Store]. A value of more than 4,096 bytes makes a
// parameter of the Advanced tier, which AWS charges for; it stays one when a
// shorter value follows, until the secret is removed.
func (s *Store) Set(ctx context.Context, scope sources.Scope, secrets map[string]sources.Secret) error {
	return s.SetGroup(ctx, []sources.Scope{scope}, secrets)
}

// SetGroup implements [sources.GroupStore]. What is refused has changed nothing;
// after any other error the group is to be set again.
func (s *Store) SetGroup(ctx context.Context, scopes []sources.Scope, secrets map[string]sources.Secret) error {
	scopes, together, err := group.Of(scopes)
	if err != nil {
		return wrap(err)
	}
	names := slices.Sorted(maps.Keys(secrets))
	for _, scope := range scopes {
		for _, name := range names {
			if err := s.check(scope, name, secrets[name]); err != nil {
				return wrap(err)
			}
		}
	}
	client, err := parameters.NewClient(ctx, s.aws)
	if err != nil {
		return wrap(err)
	}
	targets, err := s.grouped(ctx, client, scopes, names...)
	if err != nil {
		return wrap(err)
	}
	for _, t := range targets {
		if err := group.CheckSet(t.name, t.group, together, t.scope.Shared); err != nil {
			return wrap(err)
		}
	}
	return wrap(parameters.WriteAll(ctx, len(targets), func(ctx context.Context, i int) error {
		t := targets[i]
		if err := s.set(ctx, client, t, together, secrets[t.name].Reveal()); err != nil {
			return fmt.Errorf("%s: %w", t.full(), err)
		}
		return nil
	}))
}

// check returns an error if the scope or Parameter Store would not take the secret.
func (s *Store) check(scope sources.Scope, name string, value sources.Secret) error {
	path := s.path(scope)
	switch {
	case path == "":
		return s.noPlace(scope)
	case s.config.Upper && s.name(name) != name:
		return sources.Hint(fmt.Errorf("%s cannot be set: with case: upper names are in upper case", name), "set it as "+s.name(name))
	}
	return parameters.CheckValue(path+"/"+name, value)
}

// set writes one secret, and the group that it is to be in.
func (s *Store) set(ctx context.Context, client parameters.Client, t target, together []string, value string) error {
	full := t.full()
	in := &ssm.PutParameterInput{
		Name: &full, Value: &value, Type: types.ParameterTypeSecureString, Tier: types.ParameterTierStandard,
	}
	if len(value) > parameters.StandardSize {
		in.Tier = types.ParameterTierAdvanced
	}
	if key := s.config.KMSKey; key != "" {
		in.KeyId = &key
	}
	if description := s.config.Descriptions[t.name]; description != "" {
		in.Description = &description
	}
	if together != nil && t.group == nil {
		tags := []types.Tag{{Key: aws.String(group.Tag), Value: aws.String(group.TagValue(together))}}
		if !t.there {
			in.Tags = tags
			err := put(ctx, client, in)
			var exists *types.ParameterAlreadyExists
			if !errors.As(err, &exists) {
				return err
			}
			in.Tags = nil // another writer was faster: ours is the later one
		}
		_, err := awsconf.Call(ctx, client.Session, client.AddTagsToResource, &ssm.AddTagsToResourceInput{
			ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: &full, Tags: tags,
		})
		if err != nil {
			return err
		}
	}
	in.Overwrite = aws.Bool(true)
	return put(ctx, client, in)
}

// put writes one parameter.
func put(ctx context.Context, client parameters.Client, in *ssm.PutParameterInput) error {
	_, err := awsconf.Call(ctx, client.Session, client.PutParameter, in)
	if in.Tier == types.ParameterTierStandard && parameters.Code(err) == "ValidationException" && advanced(ctx, client, *in.Name) {
		// The only way back to Standard is to delete it first, and whoever
		// reads in between would do without it.
		in.Tier = types.ParameterTierAdvanced
		_, err = awsconf.Call(ctx, client.Session, client.PutParameter, in)
	}
	return writeHint(err, *in.Name, *in.Value)
}

// advanced reports whether there is a parameter of the Advanced tier by that name.
func advanced(ctx context.Context, client parameters.Client, full string) bool {
	out, err := awsconf.Call(ctx, client.Session, client.DescribeParameters, &ssm.DescribeParametersInput{
		ParameterFilters: []types.ParameterStringFilter{{
			Key: aws.String("Name"), Option: aws.String("Equals"), Values: []string{full},
		}},
	})
	return err == nil && slices.ContainsFunc(out.Parameters, func(p types.ParameterMetadata) bool {
		return aws.ToString(p.Name) == full && p.Tier == types.ParameterTierAdvanced
	})
}

// writeHint says what AWS has against a write where its code alone does not.
// What it says itself may repeat the value.
func writeHint(err error, full, value string) error {
	first, _, _ := strings.Cut(strings.ToLower(full[1:]), "/")
	reserved := strings.HasPrefix(first, "aws") || strings.HasPrefix(first, "ssm")
	switch code := parameters.Code(err); {
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
