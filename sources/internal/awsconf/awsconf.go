// Package awsconf is what every store on AWS shares: one configuration, loaded
// on first use as every AWS tool loads it, a limit on the time that a request
// may take, and errors that a user can act on.
package awsconf

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/aside-cli/aside/sources"
)

// Limits on the time that a user waits. Whatever fails, they end it within 10
// seconds, unless a program that hands out credentials has to ask a person.
const (
	requestTimeout = 6 * time.Second // a request with all its retries
	signInTimeout  = 4 * time.Second // credentials from files, SSO, STS or a metadata service
	promptTimeout  = time.Minute     // credentials from a profile's credential_process
	dialTimeout    = 3 * time.Second

	// patience is how many times as long as a request an operation of several
	// may take that all are answered.
	patience = 5
)

// Settings are what aside.yaml says about AWS. What is empty comes from the
// environment and the shared configuration files, as in every AWS tool.
type Settings struct {
	// Region and Endpoint say where the app's secrets lie, and so win over
	// AWS_REGION, AWS_ENDPOINT_URL and their like.
	Region, Endpoint string

	// Profile is for people's machines. Where the environment itself names a
	// profile or brings credentials, as in CI or a container, they win.
	Profile string

	// Version is the program's own, for the User-Agent.
	Version string

	// Timeout limits one request with all its retries, and five times it what
	// [Session.Limit] is for; 0 means 6 seconds.
	Timeout time.Duration
}

// A Session holds the configuration that a store's clients share. It is safe
// for concurrent use.
type Session struct {
	settings Settings

	mu      sync.Mutex
	cfg     *aws.Config // nil until loaded, and again after a refused sign-in
	prompts bool        // the credentials come from a program
}

// New returns a Session. Nothing is read before its first use.
func New(s Settings) *Session {
	if s.Timeout == 0 {
		s.Timeout = requestTimeout
	}
	return &Session{settings: s}
}

// Config returns the configuration to make clients from, with credentials
// that are there and not known to have expired. Errors are as those of [Call].
func (s *Session) Config(ctx context.Context) (aws.Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cfg == nil {
		if err := s.load(ctx); err != nil {
			return aws.Config{}, err
		}
	}
	timeout := signInTimeout
	if s.prompts {
		timeout = promptTimeout
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if _, err := s.cfg.Credentials.Retrieve(limited); err != nil {
		s.cfg = nil
		return aws.Config{}, explain(ctx, err, &attempts{})
	}
	return *s.cfg, nil
}

// Call calls a client's operation, within the session's limit on time.
// Errors are [*Error]s, but for that of a ctx that has ended.
func Call[In, Out, Options any](
	ctx context.Context, s *Session,
	operation func(context.Context, *In, ...func(*Options)) (*Out, error), in *In,
) (*Out, error) {
	limited, cancel := context.WithTimeout(ctx, s.settings.Timeout)
	defer cancel()
	made := &attempts{}
	out, err := operation(context.WithValue(limited, attemptsKey{}, made), in)
	if err == nil {
		return out, nil
	}
	err = explain(ctx, err, made)
	if e, ok := err.(*Error); ok && e.signIn {
		s.forget()
	}
	return nil, err
}

// Limit limits the time that an operation of several requests takes, such as
// reading a store page by page, however steadily they are answered. A call
// beyond it fails with an error that wraps [sources.ErrUnreachable].
func (s *Session) Limit(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := patience * s.settings.Timeout
	return context.WithTimeoutCause(ctx, limit, &Error{
		message: fmt.Sprintf("AWS is too slow: not everything was answered within %v", limit),
		hint:    "check the network, and try again",
		causes:  []error{sources.ErrUnreachable},
	})
}

// forget makes the next use load everything again: whoever signs in again
// changes the files that the credentials came from.
func (s *Session) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg = nil
}
