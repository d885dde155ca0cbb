package ssm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
	"github.com/aside-cli/aside/sources/internal/parameters"
)

const (
	listSize = 50 // what AWS gives at most in one answer without values

	// A quiet Version makes quietRequests, or as many as it takes to go once
	// through the list in sweepCalls of them.
	quietRequests = 2
	sweepCalls    = 10
)

// polled is how far Version has come in the list. A sweep goes through all of
// it, and may take several calls.
type polled struct {
	mu    sync.Mutex
	paths string               // what known is about; "" until a first sweep was completed
	known map[string]parameter // by name
	sweep int                  // counts the sweeps

	token  *string         // where the sweep goes on; nil: at its start
	tokens map[string]bool // of the sweep up to now
	pages  int             // of the last sweep
}

// A parameter as it was seen last.
type parameter struct {
	version string
	sweep   int
}

// Version implements [sources.PolledStore].
//
// AWS cannot be asked for what changed, only for a list of parameters with
// their versions: 50 a page at most, in no useful order, and fewer where it
// filters a large account page by page. So the first call lists everything.
// After it, a call that finds nothing new makes two requests at most and goes
// on where the one before it stopped: with more than 100 secrets a change may
// be seen a call later, with more than 1,000 after ten. What finds a change
// lists the rest at once.
func (s *Store) Version(ctx context.Context, scopes ...sources.Scope) (string, error) {
	var paths []string
	for _, scope := range scopes {
		if path := s.path(scope); path != "" {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return "", nil
	}
	client, err := parameters.NewClient(ctx, s.aws)
	if err != nil {
		return "", wrap(err)
	}
	s.polled.mu.Lock()
	defer s.polled.mu.Unlock()
	if err := s.look(ctx, client, paths); err != nil {
		s.polled.restart()
		return "", wrap(s.readHint(err))
	}
	return s.polled.digest(), nil
}

// look goes through some of the list, or all of it where something is new.
func (s *Store) look(ctx context.Context, client parameters.Client, paths []string) error {
	p := &s.polled
	all := p.paths != strings.Join(paths, " ")
	if all {
		p.paths, p.known, p.pages = "", map[string]parameter{}, 0
		p.restart()
	}
	for asked := 0; all || asked < max(quietRequests, p.pages/sweepCalls); asked++ {
		out, err := awsconf.Call(ctx, s.aws, client.DescribeParameters, &ssm.DescribeParametersInput{
			ParameterFilters: []types.ParameterStringFilter{{
				Key: aws.String("Path"), Option: aws.String("OneLevel"), Values: paths,
			}},
			MaxResults: aws.Int32(listSize), NextToken: p.token,
		})
		if err != nil {
			return err
		}
		if p.note(out.Parameters, paths) {
			all = true
		}
		p.token = out.NextToken
		if aws.ToString(p.token) == "" {
			p.paths = strings.Join(paths, " ")
			p.complete()
			return nil
		}
		if p.tokens[*p.token] {
			return awsconf.SamePage("ssm:DescribeParameters")
		}
		p.tokens[*p.token] = true
	}
	return nil
}

// restart begins a sweep.
func (p *polled) restart() {
	p.sweep++
	p.token, p.tokens = nil, map[string]bool{}
}

// note takes a page of the list in, and reports whether something on it is new.
func (p *polled) note(page []types.ParameterMetadata, paths []string) (news bool) {
	for _, m := range page {
		name := aws.ToString(m.Name)
		if !slices.ContainsFunc(paths, func(path string) bool { _, ok := keyBelow(name, path); return ok }) {
			continue
		}
		// One that was removed and set again begins with version 1 again.
		version := fmt.Sprintf("%d %d", m.Version, aws.ToTime(m.LastModifiedDate).UnixNano())
		news = news || p.known[name].version != version
		p.known[name] = parameter{version, p.sweep}
	}
	return news
}

// complete ends a sweep: what it did not see is gone.
func (p *polled) complete() {
	maps.DeleteFunc(p.known, func(_ string, known parameter) bool { return known.sweep != p.sweep })
	p.pages = len(p.tokens) + 1
	p.restart()
}

func (p *polled) digest() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(p.known)) {
		io.WriteString(h, name+" "+p.known[name].version+"\n")
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
