package awsconf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/aside-cli/aside/sources"
)

// An Error tells a failed call in one line, without request IDs and without
// anything that was sent. It wraps the SDK's error, and [sources.ErrUnreachable]
// where AWS gave no answer or answered that it is broken.
type Error struct {
	// Permission is the IAM action that was denied, or "".
	Permission string

	message, hint string
	signIn        bool // what AWS was asked with is no longer good
	causes        []error
}

func (e *Error) Error() string   { return e.message }
func (e *Error) Hint() string    { return e.hint }
func (e *Error) Unwrap() []error { return e.causes }

// Denied returns the IAM action that err says is not allowed, or "".
func Denied(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Permission
	}
	return ""
}

// Explain returns what an error code means that a service gave within an
// answer, as the error that the operation would have failed with.
func Explain(service, operation, code, message string) error {
	return explain(context.Background(), &smithy.OperationError{
		ServiceID: service, OperationName: operation,
		Err: &smithy.GenericAPIError{Code: code, Message: message},
	}, &attempts{})
}

// explain turns an error of the SDK into one for people. ctx is the caller's,
// without the limit on time.
func explain(ctx context.Context, err error, made *attempts) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	service, operation := asked(err)
	made.mu.Lock()
	host, last := made.host, made.last
	made.mu.Unlock()
	if host == "" {
		host = service
	}
	if last != nil && errors.Is(err, context.DeadlineExceeded) {
		err = last // what was to be retried when time ran out
	}

	e := &Error{causes: []error{err}}
	var api smithy.APIError
	var signIn *signInError
	var response *smithyhttp.ResponseError
	switch {
	case errors.As(err, &api) && api.ErrorCode() != "UnknownError":
		e.answered(err, api, service, operation, host)
	case errors.As(err, &signIn):
		e.signInFailed(signIn)
	case errors.As(err, &response) && response.HTTPStatusCode() >= 500:
		e.broken(host, fmt.Sprintf("HTTP %d", response.HTTPStatusCode()))
	case gaveNoAnswer(err), errors.Is(err, context.DeadlineExceeded):
		e.unreachable(host, err)
	case errors.As(err, &response):
		e.message = fmt.Sprintf("%s answered HTTP %d, and not as AWS does", host, response.HTTPStatusCode())
		e.hint = "check that it is the endpoint of AWS, and not of a proxy in between"
	default:
		e.message = oneLine(innermost(err).Error())
	}
	return e
}

// signInFailed tells why there are no credentials.
func (e *Error) signInFailed(err *signInError) {
	e.signIn = true
	e.hint = "run aws sso login or aws configure, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
	var noProfile config.SharedConfigProfileNotExistError
	var operation *smithy.OperationError
	var file *fs.PathError
	// The metadata service of an instance is asked where nothing else is configured.
	metadata := errors.As(err, &operation) && operation.ServiceID == "ec2imds"
	switch {
	case errors.As(err, &noProfile):
		e.message = fmt.Sprintf("there is no AWS profile %q", noProfile.Profile)
		e.hint = "check profile under aws: in aside.yaml, and AWS_PROFILE; aws configure list-profiles shows which there are"
	case !metadata && gaveNoAnswer(err):
		e.unreachable("the AWS sign-in", err)
	case err.sso != "":
		e.message = fmt.Sprintf("the AWS SSO session of the profile %q has expired", err.sso)
		e.hint = "sign in again: aws sso login --profile " + err.sso
	case metadata, errors.Is(err, context.DeadlineExceeded):
		e.message = "no AWS credentials were found"
	case errors.As(err, &file): // of certificates, which a variable or a profile names
		e.message = fmt.Sprintf("AWS's configuration cannot be loaded: %s: %v", file.Path, file.Err)
		e.hint = "check what names this file: AWS_CA_BUNDLE, or ca_bundle in the AWS profile"
	default:
		e.message = "AWS credentials could not be loaded: " + oneLine(innermost(err).Error())
	}
}

// unreachable tells that nothing answered at host.
func (e *Error) unreachable(host string, err error) {
	var sent *url.Error
	var proxy *url.URL
	if errors.As(err, &sent) {
		if u, parseErr := url.Parse(sent.URL); parseErr == nil {
			host = u.Host
			proxy, _ = http.ProxyFromEnvironment(&http.Request{URL: u})
		}
	}
	reason := oneLine(innermost(err).Error())
	var dns *net.DNSError
	var timeout net.Error
	e.hint = "check the network, and endpoint under aws: in aside.yaml and AWS_ENDPOINT_URL"
	switch {
	case errors.As(err, &dns):
		reason = "its name is not known"
		e.hint = "check the network, and that the region is one: region under aws: in aside.yaml, AWS_REGION"
	case errors.As(err, &timeout) && timeout.Timeout():
		reason = "no answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		reason = "the connection was cut"
	}
	if proxy != nil { // whose URL may hold a password
		host += " through the proxy " + proxy.Host
		e.hint = "check the network, and HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
	}
	e.message = host + " cannot be reached: " + reason
	e.causes = append(e.causes, sources.ErrUnreachable)
}

// broken tells that the service answered that it cannot answer.
func (e *Error) broken(host, what string) {
	e.message = fmt.Sprintf("%s is out of order (%s)", host, what)
	e.hint = "try again in a while; https://health.aws.amazon.com/health/status tells of outages"
	e.causes = append(e.causes, sources.ErrUnreachable)
}

// gaveNoAnswer reports whether err is of the network, or of an answer that was
// cut. (A net.Error may be of a file, too.)
func gaveNoAnswer(err error) bool {
	var connection *net.OpError
	var sent *smithyhttp.RequestSendError
	return errors.As(err, &connection) || errors.As(err, &sent) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func innermost(err error) error {
	for {
		switch wrapped := err.(type) {
		case interface{ Unwrap() []error }:
			all := wrapped.Unwrap()
			if len(all) == 0 {
				return err
			}
			err = all[0]
		default:
			next := errors.Unwrap(err)
			if next == nil {
				return err
			}
			err = next
		}
	}
}

// oneLine keeps the first 200 bytes of s, without line ends and a full stop.
func oneLine(s string) string {
	s = strings.TrimSuffix(strings.Join(strings.Fields(s), " "), ".")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}
