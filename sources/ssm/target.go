package ssm

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"golang.org/x/sync/errgroup"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
	"github.com/aside-cli/aside/sources/internal/group"
	"github.com/aside-cli/aside/sources/internal/parameters"
)

// lookups is how many parameters are looked at at a time.
const lookups = 5

// A target is a secret that something is to be done with.
type target struct {
	scope sources.Scope
	name  string
	all   []string // the parameters that stand for it, or the one to make

	// Of a secret of a type, which may be in a group:
	there bool
	group []string // the types that it was set for together, sorted, or none
}

// full returns the parameter that the secret is read from: of several the last.
func (t target) full() string { return t.all[len(t.all)-1] }

// targets finds the parameters of every name in every scope.
func (s *Store) targets(
	ctx context.Context, client parameters.Client, scopes []sources.Scope, names ...string,
) ([]target, error) {
	targets := make([]target, 0, len(scopes)*len(names))
	for _, scope := range scopes {
		path := s.path(scope)
		if path == "" {
			return nil, s.noPlace(scope)
		}
		keys, err := s.keys(ctx, client, path)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			t := target{scope: scope, name: name}
			for _, key := range keys.all(name) {
				t.all = append(t.all, path+"/"+key)
			}
			targets = append(targets, t)
		}
	}
	return targets, nil
}

// grouped returns targets with the groups that they are in.
func (s *Store) grouped(
	ctx context.Context, client parameters.Client, scopes []sources.Scope, names ...string,
) ([]target, error) {
	targets, err := s.targets(ctx, client, scopes, names...)
	if err != nil {
		return nil, err
	}
	looking, limited := errgroup.WithContext(ctx)
	looking.SetLimit(lookups)
	for i := range targets {
		if t := &targets[i]; t.scope.Layer == sources.Type {
			looking.Go(func() error { return t.look(limited, client) })
		}
	}
	return targets, looking.Wait()
}

// look asks for the group.
func (t *target) look(ctx context.Context, client parameters.Client) error {
	full := t.full()
	out, err := awsconf.Call(ctx, client.Session, client.ListTagsForResource, &ssm.ListTagsForResourceInput{
		ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: &full,
	})
	var missing *types.InvalidResourceId
	switch {
	case errors.As(err, &missing):
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", full, err)
	}
	t.there = true
	for _, tag := range out.TagList {
		if aws.ToString(tag.Key) == group.Tag {
			t.group = group.FromTag(aws.ToString(tag.Value))
		}
	}
	return nil
}

// keys are the last parts of the parameters of a scope, by the secret's name
// and sorted; nil where each is the name itself.
type keys map[string][]string

// keys lists them, where a name alone does not tell what its parameter is called.
func (s *Store) keys(ctx context.Context, client parameters.Client, path string) (keys, error) {
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

func (s *Store) noPlace(scope sources.Scope) error {
	return sources.Hint(fmt.Errorf("the prefix %s has no place for the %s", s.config.Prefix, scope),
		"put {app} and {scope} into prefix, under ssm: in aside.yaml")
}
