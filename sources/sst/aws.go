package sst

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
)

var (
	_ sources.PolledStore = (*Store)(nil)
	_ sources.Historian   = (*Store)(nil)
)

// bootstrap is the SSM parameter that says where the state lies.
const bootstrap = "/sst/bootstrap"

// Settings are how AWS is reached.
type Settings = awsconf.Settings

// Config says whose secrets a Store keeps.
type Config struct {
	App string
	AWS Settings

	// Warn, if not nil, is told what is odd in the store, in a line that holds
	// no value; each once. It may be called from several goroutines.
	Warn func(string)
}

// A Store keeps the secrets of one app where SST does whose home is "aws".
type Store struct {
	store
	aws *awsHome
}

// New returns the Store of an app. It reads nothing yet: AWS's configuration
// is loaded when the store is first used.
func New(c Config) (*Store, error) {
	if err := checkApp("sst", c.App); err != nil {
		return nil, err
	}
	h := &awsHome{app: c.App, session: awsconf.New(c.AWS), etags: map[string]string{}}
	return &Store{store{name: "sst", app: c.App, home: h, warn: c.Warn}, h}, nil
}

// Version implements [sources.PolledStore]. It costs one request for each
// scope, which is answered without the secrets as long as nothing changes.
func (s *Store) Version(ctx context.Context, scopes ...sources.Scope) (string, error) {
	etags := make([]string, len(scopes))
	err := eachScope(ctx, scopes, func(ctx context.Context, i int, name string) (err error) {
		etags[i], err = s.aws.etag(ctx, name)
		return err
	})
	if err != nil {
		return "", s.wrap(err)
	}
	return strings.Join(etags, " "), nil
}

// awsHome is the home of an app in AWS.
type awsHome struct {
	app     string
	session *awsconf.Session

	mu     sync.Mutex
	bucket string // "" until asked for

	etagsMu sync.Mutex
	etags   map[string]string // the last seen of each scope's object, "" for none
}

func (h *awsHome) lock() (unlock func(), err error) { return func() {}, nil }

func (h *awsHome) names(scope string) (passphrase, object string) {
	return h.parameter(scope), h.key(scope)
}

func (h *awsHome) key(scope string) string       { return "secret/" + h.app + "/" + scope + ".json" }
func (h *awsHome) parameter(scope string) string { return "/sst/passphrase/" + h.app + "/" + scope }

func (h *awsHome) passphrase(ctx context.Context, scope string) (string, error) {
	passphrase, _, err := h.get(ctx, h.parameter(scope))
	return passphrase, err
}

func (h *awsHome) addPassphrase(ctx context.Context, scope, passphrase string) (string, error) {
	cfg, err := h.session.Config(ctx)
	if err != nil {
		return "", err
	}
	name := h.parameter(scope)
	_, err = awsconf.Call(ctx, h.session, ssm.NewFromConfig(cfg).PutParameter, &ssm.PutParameterInput{
		Name: &name, Value: &passphrase, Type: types.ParameterTypeSecureString, Overwrite: aws.Bool(false),
		Description: aws.String("DO NOT DELETE STATE WILL BECOME UNRECOVERABLE"),
	})
	var exists *types.ParameterAlreadyExists
	if errors.As(err, &exists) {
		return h.passphrase(ctx, scope)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return passphrase, nil
}

// get returns the value of an SSM parameter, or "" where there is none, and
// the region that was asked.
func (h *awsHome) get(ctx context.Context, name string) (value, region string, err error) {
	cfg, err := h.session.Config(ctx)
	if err != nil {
		return "", "", err
	}
	out, err := awsconf.Call(ctx, h.session, ssm.NewFromConfig(cfg).GetParameter, &ssm.GetParameterInput{
		Name: &name, WithDecryption: aws.Bool(name != bootstrap),
	})
	var missing *types.ParameterNotFound
	switch {
	case errors.As(err, &missing):
		return "", cfg.Region, nil
	case err != nil:
		return "", cfg.Region, h.readHint(fmt.Errorf("%s: %w", name, err))
	}
	return aws.ToString(out.Parameter.Value), cfg.Region, nil
}

// stateBucket returns the bucket that holds the state, which is asked for once.
func (h *awsHome) stateBucket(ctx context.Context) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bucket != "" {
		return h.bucket, nil
	}
	value, region, err := h.get(ctx, bootstrap)
	if err != nil {
		return "", err
	}
	const mend = "run sst once in this AWS account and region, or set the app's own: region and profile under aws: in aside.yaml"
	if value == "" {
		return "", sources.Hint(fmt.Errorf("there is no SSM parameter %s in %s: SST never ran there", bootstrap, region), mend)
	}
	var places struct{ State string }
	if json.Unmarshal([]byte(value), &places) != nil || !isBucket(places.State) {
		return "", sources.Hint(fmt.Errorf("the SSM parameter %s in %s names no state bucket", bootstrap, region), mend)
	}
	h.bucket = places.State
	return h.bucket, nil
}

// isBucket reports whether name is that of an S3 bucket, and not of an access
// point or anything else that S3's clients understand.
func isBucket(name string) bool {
	return len(name) >= 3 && len(name) <= 63 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}

// readHint says what reading needs where something of it is not allowed.
func (h *awsHome) readHint(err error) error {
	if p := awsconf.Denied(err); !strings.HasPrefix(p, "ssm:") && !strings.HasPrefix(p, "s3:") {
		return err
	}
	return sources.Hint(err, "reading needs ssm:GetParameter on "+bootstrap+" and /sst/passphrase/"+h.app+"/*, kms:Decrypt on their key, "+
		"s3:GetObject on secret/"+h.app+"/* in the state bucket, and s3:ListBucket on it, without which S3 denies what does not exist")
}
