package sstv2

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
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

// Read implements [sources.Store]. It costs one request for every ten secrets
// of a scope, and of the stage's parameters; the scopes are read beside each
// other. The values of a scope are sorted by name.
func (s *Store) Read(ctx context.Context, scopes ...sources.Scope) ([]sources.Value, error) {
	folders, err := s.fetch(ctx, scopes, true)
	if err != nil {
		return nil, wrap(err)
	}
	var values []sources.Value
	for _, kind := range []string{secret, parameter} { // every secret wins over a parameter
		for _, f := range folders {
			if f.kind == kind {
				values = append(values, s.values(f)...)
			}
		}
	}
	return values, nil
}

// Version implements [sources.PolledStore]. It costs as many requests as Read,
// but nothing is decrypted.
func (s *Store) Version(ctx context.Context, scopes ...sources.Scope) (string, error) {
	folders, err := s.fetch(ctx, scopes, false)
	if err != nil {
		return "", wrap(err)
	}
	var lines []string
	for _, f := range folders {
		for _, p := range f.parameters {
			// A parameter that was removed and made again starts at version 1 again.
			lines = append(lines, fmt.Sprintln(aws.ToString(p.Name), p.Version, aws.ToTime(p.LastModifiedDate).UnixNano()))
		}
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return hex.EncodeToString(sum[:16]), nil
}

// A folder holds the parameters below a path, of one kind and scope.
type folder struct {
	scope      sources.Scope
	kind       string
	path       string
	parameters []types.Parameter
}

// fetch reads all folders of the scopes, at once.
func (s *Store) fetch(ctx context.Context, scopes []sources.Scope, decrypt bool) ([]folder, error) {
	var folders []folder
	for _, scope := range scopes {
		prefix, ok := s.prefix(scope)
		if !ok {
			continue
		}
		folders = append(folders, folder{scope: scope, kind: secret, path: prefix + secret})
		if scope.Layer == sources.Stage {
			folders = append(folders, folder{scope: scope, kind: parameter, path: prefix + parameter})
		}
	}
	if folders == nil {
		return nil, nil
	}
	client, err := parameters.NewClient(ctx, s.aws)
	if err != nil {
		return nil, err
	}
	group, limited := errgroup.WithContext(ctx)
	for i := range folders {
		f := &folders[i]
		group.Go(func() (err error) {
			if f.parameters, err = client.Below(limited, f.path, true, decrypt); err != nil {
				err = fmt.Errorf("%s: %w", f.path, err)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, s.readHint(err)
	}
	return folders, nil
}

// readHint says what reading needs where something of it is not allowed.
func (s *Store) readHint(err error) error {
	if !strings.HasPrefix(awsconf.Denied(err), "ssm:") {
		return err
	}
	return sources.Hint(err, "reading needs ssm:GetParametersByPath on parameter/sst/"+s.config.App+"/*, and kms:Decrypt on the key")
}

// values returns a folder's values, sorted by name.
func (s *Store) values(f folder) []sources.Value {
	origin := sources.Origin{Layer: f.scope.Layer}
	if f.kind == parameter {
		origin.Layer = sources.Parameter
	}
	var values []sources.Value
	for _, p := range f.parameters {
		path := aws.ToString(p.Name)
		name, property, ok := strings.Cut(strings.TrimPrefix(path, f.path+"/"), "/")
		if !ok || property != "value" {
			continue
		}
		if sources.CheckName(name) != nil {
			s.warn("%s is left out: %q is no name of an environment variable", path, name)
			continue
		}
		origin.Source = "sst-v2:" + strings.TrimSuffix(strings.TrimPrefix(path, "/sst/"), "/value")
		origin.Version = strconv.FormatInt(p.Version, 10)
		values = append(values, sources.Value{Name: name, Secret: sources.NewSecret(aws.ToString(p.Value)), Origin: origin})
	}
	slices.SortFunc(values, func(a, b sources.Value) int { return cmp.Compare(a.Name, b.Name) })
	return values
}
