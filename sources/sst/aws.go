package sst

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
)

var _ sources.PolledStore = (*Store)(nil)

// bootstrap is the SSM parameter that says where the state lies.
const bootstrap = "/sst/bootstrap"

// cutAnswers is how often an object is asked for whose content breaks off: the
// SDK's own retries end where that begins.
const cutAnswers = 3

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

// s3 returns a client and the state bucket.
func (h *awsHome) s3(ctx context.Context) (*s3.Client, string, error) {
	bucket, err := h.stateBucket(ctx)
	if err != nil {
		return nil, "", err
	}
	cfg, err := h.session.Config(ctx)
	if err != nil {
		return nil, "", err
	}
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil // where buckets have no host names
		// The objects carry a checksum of their own, that of GCM.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	}), bucket, nil
}

func (h *awsHome) object(ctx context.Context, scope string) (*object, error) {
	return h.fetch(ctx, scope, "")
}

// etag returns the current one of a scope's object, or "" where there is none.
func (h *awsHome) etag(ctx context.Context, scope string) (string, error) {
	h.etagsMu.Lock()
	known := h.etags[scope]
	h.etagsMu.Unlock()
	o, err := h.fetch(ctx, scope, known)
	switch {
	case status(err) == http.StatusNotModified:
		return known, nil
	case err != nil || o == nil:
		return "", err
	}
	return o.etag, nil
}

// fetch returns a scope's object, or nil where there is none. If its ETag is
// known, it is an error with the status 304.
func (h *awsHome) fetch(ctx context.Context, scope, known string) (*object, error) {
	client, bucket, err := h.s3(ctx)
	if err != nil {
		return nil, err
	}
	in := &s3.GetObjectInput{Bucket: &bucket, Key: aws.String(h.key(scope))}
	if known != "" {
		in.IfNoneMatch = &known
	}
	o, err := awsconf.Call(ctx, h.session, func(ctx context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*object, error) {
		return whole(ctx, client, in)
	}, in)
	switch {
	case code(err) == "NoSuchKey":
		o = nil
	case status(err) == http.StatusNotModified:
		return nil, err
	case err != nil:
		return nil, h.readHint(h.located(bucket, scope, err))
	}
	h.etagsMu.Lock()
	defer h.etagsMu.Unlock()
	h.etags[scope] = ""
	if o != nil {
		h.etags[scope] = o.etag
	}
	return o, nil
}

// whole gets an object with all of its content.
func whole(ctx context.Context, client *s3.Client, in *s3.GetObjectInput) (*object, error) {
	for attempt := 1; ; attempt++ {
		out, err := client.GetObject(ctx, in)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(io.LimitReader(out.Body, maxObject+1))
		out.Body.Close()
		switch {
		case err != nil && (attempt == cutAnswers || ctx.Err() != nil):
			return nil, &smithy.OperationError{ServiceID: s3.ServiceID, OperationName: "GetObject", Err: err}
		case err != nil:
			continue
		case len(body) > maxObject:
			return nil, fmt.Errorf("the object is larger than %d MiB", maxObject>>20)
		}
		o := &object{body: body, etag: aws.ToString(out.ETag), id: aws.ToString(out.VersionId)}
		if o.id == "" || o.id == "null" { // the bucket keeps no versions
			o.id = strings.Trim(o.etag, `"`)
		}
		o.id = fmt.Sprintf("%.8s", o.id)
		return o, nil
	}
}

func (h *awsHome) replace(ctx context.Context, scope string, body []byte, zipped bool, old *object) error {
	client, bucket, err := h.s3(ctx)
	if err != nil {
		return err
	}
	in := &s3.PutObjectInput{
		Bucket: &bucket, Key: aws.String(h.key(scope)),
		Body: bytes.NewReader(body), ContentType: aws.String("application/json"),
	}
	if zipped {
		in.ContentEncoding = aws.String("gzip")
	}
	if old == nil {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = &old.etag
	}
	_, err = awsconf.Call(ctx, h.session, client.PutObject, in)
	if s := status(err); s == http.StatusPreconditionFailed || s == http.StatusConflict || old != nil && code(err) == "NoSuchKey" {
		return errConflict
	}
	if err != nil {
		return h.located(bucket, scope, err)
	}
	return nil
}

// located names the object in an error about it. A bucket that is gone is
// asked for anew the next time.
func (h *awsHome) located(bucket, scope string, err error) error {
	if code(err) == "NoSuchBucket" {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.bucket = ""
		return sources.Hint(fmt.Errorf("the state bucket %s, which %s names, does not exist", bucket, bootstrap),
			"if SST was set up anew in this account and region, run sst once to make another")
	}
	return fmt.Errorf("s3://%s/%s: %w", bucket, h.key(scope), err)
}

// readHint says what reading needs where something of it is not allowed.
func (h *awsHome) readHint(err error) error {
	if p := awsconf.Denied(err); !strings.HasPrefix(p, "ssm:") && !strings.HasPrefix(p, "s3:") {
		return err
	}
	return sources.Hint(err, "reading needs ssm:GetParameter on "+bootstrap+" and /sst/passphrase/"+h.app+"/*, kms:Decrypt on their key, "+
		"s3:GetObject on secret/"+h.app+"/* in the state bucket, and s3:ListBucket on it, without which S3 denies what does not exist")
}

// code returns the error code in an answer of AWS, or "".
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// status returns the HTTP status of an answer that is an error, or 0.
func status(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}
