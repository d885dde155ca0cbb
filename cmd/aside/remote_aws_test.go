package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/aside-cli/aside/sources/mototest"
)

// awsStores are the stores that lie in AWS.
var awsStores = [...]string{"awssm", "ssm", "sst", "sst-v2"}

const region = "eu-central-1"

// newMoto starts an AWS of the test's own, in which SST ran before.
func newMoto(t testing.TB) string {
	t.Helper()
	server := new(mototest.Server)
	t.Cleanup(server.Stop)
	endpoint := server.URL(t)
	buckets := s3.New(s3.Options{BaseEndpoint: &endpoint, Region: region, UsePathStyle: true, Credentials: someone()})
	_, err := buckets.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket:                    aws.String("sst-state-abcdefghijkl"),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: region},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = buckets.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket:                  aws.String("sst-state-abcdefghijkl"),
		VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = parameters(endpoint).PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String("/sst/bootstrap"), Type: ssmtypes.ParameterTypeString,
		Value: aws.String(`{"version":5,"asset":"sst-asset-abcdefghijkl","state":"sst-state-abcdefghijkl"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return endpoint
}

func someone() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "not-a-key", "")
}

func parameters(endpoint string) *ssm.Client {
	return ssm.New(ssm.Options{BaseEndpoint: &endpoint, Region: region, Credentials: someone()})
}

func secretsManager(endpoint string) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{BaseEndpoint: &endpoint, Region: region, Credentials: someone()})
}

// awsEnv is what AWS's tools find in their environment.
func awsEnv(endpoint string) []string {
	return []string{
		"AWS_ENDPOINT_URL=" + endpoint, "AWS_REGION=" + region,
		"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=not-a-key",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_EC2_METADATA_DISABLED=true",
	}
}

// A cable leads to an endpoint. It can be pulled, and counts what passes.
type cable struct {
	*httptest.Server
	pulled, denying atomic.Bool
	passed          atomic.Int64
}

func newCable(t *testing.T, endpoint string) *cable {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	c := new(cable)
	forward := httputil.NewSingleHostReverseProxy(target)
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.passed.Add(1)
		switch {
		case c.pulled.Load():
			panic(http.ErrAbortHandler) // cuts the connection
		case c.denying.Load():
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type": "AccessDeniedException"}`)
		default:
			forward.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// A site is a project folder with an environment of its own.
type site struct {
	testing.TB
	dir string
	env []string
}

// newSite returns one whose aside.yaml says this.
func newSite(t testing.TB, yaml string, env ...string) *site {
	t.Helper()
	home := t.TempDir()
	s := &site{t, t.TempDir(), append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_CONFIG_HOME=" + filepath.Join(home, "config"),
		"XDG_CACHE_HOME=" + filepath.Join(home, "cache"), "XDG_DATA_HOME=" + filepath.Join(home, "data"),
		"LC_ALL=C", "TMPDIR=" + os.TempDir(),
	}, env...)}
	s.write("aside.yaml", yaml)
	return s
}

func (s *site) write(name, text string) {
	s.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o700); err != nil {
		s.Fatal(err)
	}
}

// result is what a command line came to.
type result struct {
	stdout, stderr string
	code           int
}

// aside runs a command line.
func (s *site) aside(args ...string) result {
	s.Helper()
	cmd := exec.CommandContext(s.Context(), "aside", args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must runs a command line that has to succeed, and returns its output.
func (s *site) must(args ...string) string {
	s.Helper()
	r := s.aside(args...)
	if r.code != 0 {
		s.Fatalf("aside %q ended with %d:\n%s", args, r.code, r.stderr)
	}
	return r.stdout
}

// prints fails unless a command line prints exactly this.
func (s *site) prints(want string, args ...string) {
	s.Helper()
	if got := s.must(args...); got != want {
		s.Errorf("aside %q printed\n%q, want\n%q", args, got, want)
	}
}

// fails fails unless a command line ends with this code and message.
func (s *site) fails(code int, message string, args ...string) {
	s.Helper()
	if r := s.aside(args...); r.code != code || r.stderr != message || r.stdout != "" {
		s.Errorf("aside %q ended with %d and printed\n%s%swant %d and\n%s", args, r.code, r.stdout, r.stderr, code, message)
	}
}
