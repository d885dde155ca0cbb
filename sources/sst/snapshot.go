package sst

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
)

const (
	maxSnapshots = 100 // how many versions of a scope's object are looked into
	downloads    = 8   // and how many at a time
)

// A snapshot is one version of a scope's object.
type snapshot struct {
	id      string
	time    time.Time
	deleted bool // the version is the object's deletion
	latest  bool

	// Of the secret in question:
	found    bool
	value    sources.Secret
	unusable bool // the version cannot be decrypted
}

// look finds the secret's value in each of the snapshots.
func (s *Store) look(ctx context.Context, scope, name string, snapshots []snapshot) error {
	if !slices.ContainsFunc(snapshots, func(v snapshot) bool { return !v.deleted }) {
		return nil
	}
	passphrase, err := s.aws.passphrase(ctx, scope)
	if err != nil {
		return err
	}
	key, err := s.parseKey(scope, passphrase)
	if err != nil {
		return err
	}
	looking, limited := errgroup.WithContext(ctx)
	looking.SetLimit(downloads)
	for i := range snapshots {
		v := &snapshots[i]
		if v.deleted {
			continue
		}
		looking.Go(func() error {
			body, err := s.aws.snapshot(limited, scope, v.id)
			if err != nil {
				return err
			}
			secrets, _, err := open(key, body)
			if err != nil {
				v.unusable = true
				s.warnOnce("the version %s of %s is left out: it %v", v.id, s.aws.key(scope), err)
			}
			value, ok := secrets[name]
			v.value, v.found = sources.NewSecret(value), ok
			return nil
		})
	}
	return looking.Wait()
}

// snapshots lists the versions of a scope's object, newest first, and whether
// there are more than maxSnapshots.
func (h *awsHome) snapshots(ctx context.Context, scope string) (list []snapshot, more bool, err error) {
	client, bucket, err := h.s3(ctx)
	if err != nil {
		return nil, false, err
	}
	key := h.key(scope)
	// Of the keys that begin with it, it comes first.
	out, err := awsconf.Call(ctx, h.session, client.ListObjectVersions, &s3.ListObjectVersionsInput{
		Bucket: &bucket, Prefix: &key, MaxKeys: aws.Int32(maxSnapshots),
	})
	if err != nil {
		return nil, false, h.historyHint(h.located(bucket, scope, err))
	}
	add := func(of, id *string, at *time.Time, latest *bool, deleted bool) {
		if aws.ToString(of) == key {
			list = append(list, snapshot{id: aws.ToString(id), time: aws.ToTime(at), latest: aws.ToBool(latest), deleted: deleted})
		}
	}
	for _, v := range out.Versions {
		add(v.Key, v.VersionId, v.LastModified, v.IsLatest, false)
	}
	for _, v := range out.DeleteMarkers {
		add(v.Key, v.VersionId, v.LastModified, v.IsLatest, true)
	}
	if len(list) == 1 && list[0].id == "null" {
		return nil, false, sources.Hint(
			fmt.Errorf("s3://%s/%s has no earlier versions: the bucket keeps none, or kept none when it was written", bucket, key),
			"switch versioning on, as SST does when it makes the bucket: "+
				"aws s3api put-bucket-versioning --bucket "+bucket+" --versioning-configuration Status=Enabled")
	}
	// Both lists are in order already; of equal times the latest counts.
	slices.SortStableFunc(list, func(a, b snapshot) int {
		if c := b.time.Compare(a.time); c != 0 || a.latest == b.latest {
			return c
		} else if a.latest {
			return -1
		}
		return 1
	})
	return list, aws.ToBool(out.IsTruncated) && aws.ToString(out.NextKeyMarker) == key, nil
}

// snapshot returns one version of a scope's object.
func (h *awsHome) snapshot(ctx context.Context, scope, id string) ([]byte, error) {
	client, bucket, err := h.s3(ctx)
	if err != nil {
		return nil, err
	}
	o, err := h.download(ctx, client, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String(h.key(scope)), VersionId: &id})
	if err != nil {
		return nil, h.historyHint(h.located(bucket, scope, err))
	}
	return o.body, nil
}

// historyHint says what History needs where something of it is not allowed.
func (h *awsHome) historyHint(err error) error {
	if !strings.HasPrefix(awsconf.Denied(err), "s3:") {
		return err
	}
	return sources.Hint(err, "earlier versions need s3:ListBucketVersions on the state bucket, and s3:GetObjectVersion on secret/"+h.app+"/* in it")
}
