package awsconf

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	smithy "github.com/aws/smithy-go/middleware"
)

// load sets s.cfg.
func (s *Session) load(ctx context.Context) error {
	client := awshttp.NewBuildableClient().WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout })
	retryer := newRetryer() // one for all clients: what throttles one throttles the others
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(client),
		config.WithLogger(logging.Nop{}), // the SDK's warnings would go to stderr as they are
		config.WithRetryer(func() aws.Retryer { return retryer }),
		config.WithAPIOptions([]func(*smithy.Stack) error{
			middleware.AddUserAgentKeyValue("aside", s.settings.Version),
			recordAttempts,
			keepAnswers,
		}),
	}
	if endpoint := os.Getenv("AWS_ENDPOINT_URL"); endpoint != "" {
		options = append(options, stsEndpoint(endpoint)...)
	}
	if s.settings.Region != "" {
		options = append(options, config.WithRegion(s.settings.Region))
	}
	if s.settings.Profile != "" && !environmentSignsIn() {
		options = append(options, config.WithSharedConfigProfile(s.settings.Profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return explain(ctx, &signInError{error: err}, &attempts{})
	}
	provider := signIn{CredentialsProvider: cfg.Credentials}
	for _, source := range cfg.ConfigSources {
		if profile, ok := source.(config.SharedConfig); ok {
			s.prompts = profile.CredentialProcess != ""
			if profile.SSOSession != nil || profile.SSOAccountID != "" {
				provider.sso = profile.Profile
			}
		}
	}
	if s.settings.Endpoint != "" {
		cfg.BaseEndpoint = &s.settings.Endpoint
		cfg.ConfigSources = nil // where clients look for AWS_ENDPOINT_URL_<SERVICE>
	}
	if err := checkPlace(cfg); err != nil {
		return err
	}
	cfg.Credentials = provider
	s.cfg = &cfg
	return nil
}

// checkPlace finds the typing errors that would look like a broken network.
func checkPlace(cfg aws.Config) error {
	if cfg.Region == "" {
		return &Error{message: "no AWS region is set",
			hint: "set region under aws: in aside.yaml, or AWS_REGION, or a region in the AWS profile"}
	}
	if cfg.BaseEndpoint == nil {
		if !looksLikeRegion(cfg.Region) {
			return &Error{message: fmt.Sprintf("%q is no AWS region", cfg.Region),
				hint: "a region looks like eu-central-1: check region under aws: in aside.yaml, AWS_REGION, and the AWS profile"}
		}
		return nil
	}
	u, err := url.Parse(*cfg.BaseEndpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return &Error{message: fmt.Sprintf("the AWS endpoint %q is no URL", *cfg.BaseEndpoint),
			hint: "write it as http://localhost:4566: check endpoint under aws: in aside.yaml, and AWS_ENDPOINT_URL"}
	}
	return nil
}

// looksLikeRegion reports whether name is words and a number: eu-central-1,
// us-gov-west-1.
func looksLikeRegion(name string) bool {
	words := strings.Split(name, "-")
	for i, word := range words {
		letters := "abcdefghijklmnopqrstuvwxyz"
		if i == len(words)-1 {
			letters = "0123456789"
		}
		if word == "" || strings.Trim(word, letters) != "" {
			return false
		}
	}
	return len(words) >= 3
}

// stsEndpoint lets roles too be assumed at AWS_ENDPOINT_URL, as other AWS tools
// do: the SDK looks at it only after it has made its clients for that.
func stsEndpoint(endpoint string) []func(*config.LoadOptions) error {
	move := func(client any) *sts.Client {
		c, ok := client.(*sts.Client)
		if !ok {
			return nil
		}
		options := c.Options()
		if options.BaseEndpoint == nil { // no AWS_ENDPOINT_URL_STS
			options.BaseEndpoint = &endpoint
		}
		return sts.New(options)
	}
	return []func(*config.LoadOptions) error{
		config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
			if c := move(o.Client); c != nil {
				o.Client = c
			}
		}),
		config.WithWebIdentityRoleCredentialOptions(func(o *stscreds.WebIdentityRoleOptions) {
			if c := move(o.Client); c != nil {
				o.Client = c
			}
		}),
	}
}

// environmentSignsIn reports whether the environment says who is asking.
func environmentSignsIn() bool {
	for _, name := range []string{
		"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	} {
		if os.Getenv(name) != "" {
			return true
		}
	}
	return false
}

// signIn marks the errors of the credentials' provider as what they are: the
// SDK's own look like those of the request that needed them.
type signIn struct {
	aws.CredentialsProvider
	sso string // the profile, if it signs in with SSO
}

func (s signIn) Retrieve(ctx context.Context) (aws.Credentials, error) {
	credentials, err := s.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		err = &signInError{err, s.sso}
	}
	return credentials, err
}

type signInError struct {
	error
	sso string
}

func (e *signInError) Unwrap() error { return e.error }
