package awssm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
)

const (
	listSize = 100 // what AWS allows in one request

	// sweep is how long the first page alone is trusted. It shows every change
	// but the disappearance of a secret that was deleted without a recovery
	// window and had not changed for long.
	sweep = 5 * time.Minute
)

// polled is what Version saw last.
type polled struct {
	mu      sync.Mutex
	key     string // the paths it was asked for
	head    string // digest of the first page
	version string
	swept   time.Time
}

// Version implements [sources.PolledStore]. It costs one request as long as
// nothing changes, however many secrets there are: the list is asked for with
// the latest change first, so that its first page shows that. Where it does
// not come in that order, as from some emulators, all of it is read, at one
// request for every 100 secrets. AWS's list may lag behind a change.
func (s *Store) Version(ctx context.Context, scopes ...sources.Scope) (string, error) {
	if len(scopes) == 0 {
		return "", nil
	}
	paths := make([]string, len(scopes))
	for i, scope := range scopes {
		paths[i] = s.path(scope)
	}
	ctx, cancel := s.aws.Limit(ctx)
	defer cancel()
	client, err := s.client(ctx)
	if err != nil {
		return "", wrap(err)
	}

	s.polled.mu.Lock()
	defer s.polled.mu.Unlock()
	last, now := &s.polled, polled{key: strings.Join(paths, " "), swept: time.Now()}
	quiet := false
	var lines []string
	err = s.pages(ctx, client, paths, func(page []types.SecretListEntry) bool {
		if now.head == "" {
			now.head = digest(describe(page, true))
			quiet = len(page) == listSize && latestFirst(page) && now.head == last.head &&
				now.key == last.key && now.swept.Sub(last.swept) < sweep
		}
		for _, entry := range page {
			if ours(aws.ToString(entry.Name), paths) {
				lines = append(lines, describe([]types.SecretListEntry{entry}, false)...)
			}
		}
		return !quiet
	})
	if err != nil {
		return "", wrap(s.readHint(err))
	}
	if !quiet {
		slices.Sort(lines)
		last.key, last.head, last.version, last.swept = now.key, now.head, digest(lines), now.swept
	}
	return last.version, nil
}

// list returns the names of the secrets at or directly below the paths that
// have a value and are not scheduled for deletion.
func (s *Store) list(ctx context.Context, client *secretsmanager.Client, paths []string) (names []string, err error) {
	err = s.pages(ctx, client, paths, func(page []types.SecretListEntry) bool {
		for _, entry := range page {
			if ours(aws.ToString(entry.Name), paths) && entry.DeletedDate == nil && current(entry) != "" {
				names = append(names, *entry.Name)
			}
		}
		return true
	})
	return names, err
}

// pages gives each page of the list of secrets whose names begin with a path
// to yield, until that returns false.
func (s *Store) pages(
	ctx context.Context, client *secretsmanager.Client, paths []string, yield func([]types.SecretListEntry) bool,
) error {
	for some := range slices.Chunk(paths, maxFilters) {
		err := awsconf.Pages("secretsmanager:ListSecrets", func(token *string) (*string, error) {
			out, err := awsconf.Call(ctx, s.aws, client.ListSecrets, &secretsmanager.ListSecretsInput{
				Filters: nameFilter(some), IncludePlannedDeletion: aws.Bool(true),
				MaxResults: aws.Int32(listSize), NextToken: token,
				SortBy: types.SortByTypeLastChangedDate, SortOrder: types.SortOrderTypeDesc,
			})
			if err != nil || !yield(out.SecretList) {
				return nil, err
			}
			return out.NextToken, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// nameFilter matches the beginnings of names, with their case.
func nameFilter(prefixes []string) []types.Filter {
	return []types.Filter{{Key: types.FilterNameStringTypeName, Values: prefixes}}
}

// latestFirst reports whether the list certainly is in the order asked for: a
// list in any other order may well hold runs of equal times.
func latestFirst(page []types.SecretListEntry) bool {
	for i := range page {
		if page[i].LastChangedDate == nil || i > 0 && !page[i].LastChangedDate.Before(*page[i-1].LastChangedDate) {
			return false
		}
	}
	return true
}

// current returns the ID of the version that is read, or "".
func current(entry types.SecretListEntry) string {
	for version, stages := range entry.SecretVersionsToStages {
		if slices.Contains(stages, "AWSCURRENT") {
			return version
		}
	}
	return ""
}

// describe returns a line about each secret that differs when its value does;
// with dates, when anything of it does.
func describe(entries []types.SecretListEntry, dates bool) []string {
	lines := make([]string, len(entries))
	for i, e := range entries {
		lines[i] = fmt.Sprintf("%s %s %t", aws.ToString(e.Name), current(e), e.DeletedDate != nil)
		if dates {
			lines[i] += " " + aws.ToTime(e.LastChangedDate).String()
		}
	}
	return lines
}

func digest(lines []string) string {
	h := sha256.New()
	for _, line := range lines {
		io.WriteString(h, line+"\n")
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
