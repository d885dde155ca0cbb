package ssm

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"golang.org/x/sync/errgroup"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
	"github.com/aside-cli/aside/sources/internal/parameters"
)

// Read implements [sources.Store]. It costs one request for every 10 secrets
// of a scope, and one that finds no more; the scopes are read beside each other.
func (s *Store) Read(ctx context.Context, scopes ...sources.Scope) ([]sources.Value, error) {
	if len(scopes) == 0 {
		return nil, nil
	}
	client, err := parameters.NewClient(ctx, s.aws)
	if err != nil {
		return nil, wrap(err)
	}
	found := make([][]types.Parameter, len(scopes))
	group, limited := errgroup.WithContext(ctx)
	for i, scope := range scopes {
		if path := s.path(scope); path != "" {
			group.Go(func() (err error) {
				found[i], err = s.below(limited, client, path, true)
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, wrap(err)
	}
	var values []sources.Value
	for i, scope := range scopes {
		values = append(values, s.values(scope, found[i])...)
	}
	return values, nil
}

// below returns the parameters directly below path, decrypted if values are
// wanted, sorted by their names.
func (s *Store) below(ctx context.Context, client parameters.Client, path string, values bool) ([]types.Parameter, error) {
	all, err := client.Below(ctx, path, false, values)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, s.readHint(err))
	}
	all = slices.DeleteFunc(all, func(p types.Parameter) bool {
		_, ok := keyBelow(aws.ToString(p.Name), path)
		return !ok
	})
	slices.SortFunc(all, func(a, b types.Parameter) int { return cmp.Compare(*a.Name, *b.Name) })
	return all, nil
}

// keyBelow returns the last part of a parameter's name, and whether it lies
// directly below path.
func keyBelow(name, path string) (string, bool) {
	key, ok := strings.CutPrefix(name, path+"/")
	return key, ok && !strings.Contains(key, "/")
}

// values returns what the parameters of one scope are to a program, sorted by name.
func (s *Store) values(scope sources.Scope, found []types.Parameter) []sources.Value {
	byName := map[string]sources.Value{}
	for _, p := range found { // sorted: of several for one name the last one counts, see keys.of
		full := *p.Name
		name := s.name(full[strings.LastIndexByte(full, '/')+1:])
		if sources.CheckName(name) != nil {
			s.warn("%s is left out: it is no name of an environment variable", full)
			continue
		}
		source := "ssm:" + full
		if other, ok := byName[name]; ok {
			s.warn("%s is left out: %s is %s too", strings.TrimPrefix(other.Origin.Source, "ssm:"), full, name)
		}
		byName[name] = sources.Value{
			Name:   name,
			Secret: sources.NewSecret(aws.ToString(p.Value)),
			Origin: sources.Origin{
				Layer: scope.Layer, Source: source, Version: strconv.FormatInt(p.Version, 10), Shared: scope.Shared,
			},
		}
	}
	values := make([]sources.Value, 0, len(byName))
	for _, value := range byName {
		values = append(values, value)
	}
	slices.SortFunc(values, func(a, b sources.Value) int { return cmp.Compare(a.Name, b.Name) })
	return values
}

// name returns the secret's name that a parameter's last part stands for.
func (s *Store) name(key string) string {
	if s.config.Upper {
		return strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
	}
	return key
}

// readHint says what reading and watching need where something of it is not allowed.
func (s *Store) readHint(err error) error {
	if !strings.HasPrefix(awsconf.Denied(err), "ssm:") {
		return err
	}
	var paths []string
	for _, scope := range []sources.Scope{{Layer: sources.Stage, Name: "*"}, {Layer: sources.Stage, Name: "*", Shared: true}} {
		if path := s.path(scope); path != "" {
			paths = append(paths, "parameter"+path)
		}
	}
	return sources.Hint(err, "reading needs ssm:GetParametersByPath on "+strings.Join(paths, " and ")+
		", and watching ssm:DescribeParameters on *")
}
