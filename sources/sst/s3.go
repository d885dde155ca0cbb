package sst

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/awsconf"
)

// cutAnswers is how often an object is asked for whose content breaks off: the
// SDK's own retries end where that begins.
const cutAnswers = 3

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
	o, err := h.download(ctx, client, in)
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

// download returns an object with all of its content.
func (h *awsHome) download(ctx context.Context, client *s3.Client, in *s3.GetObjectInput) (*object, error) {
	return awsconf.Call(ctx, h.session, func(ctx context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*object, error) {
		return whole(ctx, client, in)
	}, in)
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
