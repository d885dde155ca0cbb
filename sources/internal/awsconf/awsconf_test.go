package awsconf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/mototest"
)

// No test needs the server: they are signed in, and that is all.
func TestMain(m *testing.M) { new(mototest.Server).Run(m) }

// signedOut takes away the credentials that the other tests have.
func signedOut(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
}

// ask makes one request, as a store does.
func ask(ctx context.Context, s *Session) error {
	cfg, err := s.Config(ctx)
	if err != nil {
		return err
	}
	client := secretsmanager.NewFromConfig(cfg)
	_, err = Call(ctx, s, client.ListSecrets, &secretsmanager.ListSecretsInput{})
	return err
}

func put(ctx context.Context, s *Session, value string) error {
	cfg, err := s.Config(ctx)
	if err != nil {
		return err
	}
	client, name := secretsmanager.NewFromConfig(cfg), "x"
	_, err = Call(ctx, s, client.PutSecretValue, &secretsmanager.PutSecretValueInput{SecretId: &name, SecretString: &value})
	return err
}

// serve answers every request with a status and an AWS error, or with an
// empty list where code is "".
func serve(t *testing.T, status int, code, message string) (url string, requests *atomic.Int64) {
	requests = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.Header().Set("X-Amzn-Requestid", "11111111-2222-3333-4444-555555555555")
		w.WriteHeader(status)
		if code == "" {
			io.WriteString(w, "{}")
			return
		}
		fmt.Fprintf(w, `{"__type": %q, "message": %q}`, code, message)
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

func failure(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error() + "\n" + sources.HintOf(err)
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	const (
		signIn  = "check which ones are used with aws sts get-caller-identity, and that the region is enabled for the account"
		again   = "sign in again, for example with aws sso login, or renew AWS_SESSION_TOKEN"
		outages = "try again in a while; https://health.aws.amazon.com/health/status tells of outages"
	)
	for _, test := range []struct {
		status        int
		code, message string
		want          string
		unreachable   bool
	}{
		{200, "", "", "no error", false},
		{400, "AccessDeniedException", "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: secretsmanager:ListSecrets because no identity-based policy allows the secretsmanager:ListSecrets action",
			"access denied: secretsmanager:ListSecrets is not allowed for arn:aws:iam::123456789012:user/ci\nallow secretsmanager:ListSecrets in the IAM policy", false},
		{400, "AccessDeniedException", "no",
			"access denied: secretsmanager:ListSecrets is not allowed\nallow secretsmanager:ListSecrets in the IAM policy", false},
		{400, "AccessDeniedException", "Access to KMS is not allowed",
			"access denied: kms:Decrypt is not allowed\nallow kms:Decrypt in the IAM policy and in the policy of the KMS key", false},
		{400, "ExpiredTokenException", "The security token included in the request is expired",
			"the AWS credentials have expired (ExpiredTokenException)\n" + again, false},
		{403, "ExpiredToken", "x", "the AWS credentials have expired (ExpiredToken)\n" + again, false},
		{400, "UnrecognizedClientException", "The security token included in the request is invalid.",
			"AWS does not accept the credentials (UnrecognizedClientException)\n" + signIn, false},
		{400, "InvalidSignatureException", "The request signature we calculated does not match the signature you provided.",
			"AWS does not accept the credentials (InvalidSignatureException)\n" + signIn, false},
		{400, "InvalidSignatureException", "Signature expired: 20260101T000000Z is now earlier than 20260101T010000Z",
			"AWS refused the request because of its time (InvalidSignatureException)\nset this machine's clock", false},
		{400, "RequestTimeTooSkewed", "x",
			"AWS refused the request because of its time (RequestTimeTooSkewed)\nset this machine's clock", false},
		{400, "DecryptionFailure", "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
			"the KMS key cannot be used (DecryptionFailure)\ncheck that the key exists, is enabled, and lets you use it", false},
		{400, "ValidationException", "1 validation error\n  detected.",
			"secretsmanager:ListSecrets failed: ValidationException: 1 validation error detected\n", false},
		{500, "InternalServiceError", "x", "HOST is out of order (InternalServiceError)\n" + outages, true},
	} {
		t.Run(test.code+"/"+test.message[:min(9, len(test.message))], func(t *testing.T) {
			t.Parallel()
			url, _ := serve(t, test.status, test.code, test.message)
			err := ask(t.Context(), New(Settings{Region: "eu-central-1", Endpoint: url}))
			want := strings.ReplaceAll(test.want, "HOST", strings.TrimPrefix(url, "http://"))
			if got := failure(err); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
			if errors.Is(err, sources.ErrUnreachable) != test.unreachable {
				t.Errorf("unreachable: want %t", test.unreachable)
			}
		})
	}
}

// Without a network, as with one that answers nonsense, the user waits for
// ten seconds at the most.
func TestNoAnswers(t *testing.T) {
	t.Parallel()
	const hint = "check the network, and endpoint under aws: in aside.yaml and AWS_ENDPOINT_URL"
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	silent := listen(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	cut := listen(t, func(c net.Conn) {
		c.Read(make([]byte, 4096))
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 100\r\n\r\n{\"Secret")
		c.Close()
	})
	closed := listen(t, func(c net.Conn) {
		c.Read(make([]byte, 4096))
		c.Close()
	})
	gateway, _ := serve(t, 502, "", "")
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(403)
		io.WriteString(w, "<html>blocked</html>")
	}))
	t.Cleanup(portal.Close)
	garbage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hunter2") }))
	t.Cleanup(garbage.Close)
	for _, test := range []struct {
		name, url, want string
		unreachable     bool
	}{
		{"refused", gone.URL, "HOST cannot be reached: connection refused\n" + hint, true},
		{"silent", silent, "HOST cannot be reached: no answer in time\n" + hint, true},
		{"cut", cut, "HOST cannot be reached: the connection was cut\n" + hint, true},
		{"closed", closed, "HOST cannot be reached: the connection was cut\n" + hint, true},
		{"unknown host", "http://secretsmanager.invalid", "HOST cannot be reached: its name is not known\n" +
			"check the network, and that the region is one: region under aws: in aside.yaml, AWS_REGION", true},
		{"gateway", gateway, "HOST is out of order (HTTP 502)\n" +
			"try again in a while; https://health.aws.amazon.com/health/status tells of outages", true},
		{"proxy", portal.URL, "HOST answered HTTP 403, and not as AWS does\n" +
			"check that it is the endpoint of AWS, and not of a proxy in between", false},
		{"no JSON", garbage.URL, "HOST answered HTTP 200, and not as AWS does\n" +
			"check that it is the endpoint of AWS, and not of a proxy in between", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			err := ask(t.Context(), New(Settings{Region: "eu-central-1", Endpoint: test.url, Timeout: 3 * time.Second}))
			want := strings.ReplaceAll(test.want, "HOST", strings.TrimPrefix(test.url, "http://"))
			if got := failure(err); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
			if errors.Is(err, sources.ErrUnreachable) != test.unreachable {
				t.Errorf("unreachable: want %t", test.unreachable)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// listen accepts connections and leaves each to handle.
func listen(t *testing.T, handle func(net.Conn)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go handle(c)
		}
	}()
	return "http://" + l.Addr().String()
}

func TestThrottled(t *testing.T) {
	t.Parallel()
	url, requests := serve(t, 400, "ThrottlingException", "Rate exceeded")
	start := time.Now()
	err := ask(t.Context(), New(Settings{Region: "eu-central-1", Endpoint: url}))
	want := "AWS throttled secretsmanager:ListSecrets (ThrottlingException)\n" +
		"try again in a while, or ask less often with --poll"
	if got := failure(err); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	if n := requests.Load(); n < 2 {
		t.Errorf("%d requests: it was not tried again", n)
	}
	if errors.Is(err, sources.ErrUnreachable) {
		t.Error("a throttled request was answered")
	}
}

func TestCanceled(t *testing.T) {
	url, _ := serve(t, 500, "InternalServiceError", "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ask(ctx, New(Settings{Region: "eu-central-1", Endpoint: url})); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

// What a service says about a request with a value may repeat it.
func TestValuesStayOut(t *testing.T) {
	url, _ := serve(t, 400, "ValidationException", "the value hunter2 is no good")
	err := put(t.Context(), New(Settings{Region: "eu-central-1", Endpoint: url}), "hunter2")
	if got, want := failure(err), "secretsmanager:PutSecretValue failed: ValidationException\n"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	url, _ = serve(t, 400, "AccessDeniedException", "Access to KMS is not allowed")
	err = put(t.Context(), New(Settings{Region: "eu-central-1", Endpoint: url}), "hunter2")
	if Denied(err) != "kms:GenerateDataKey" {
		t.Errorf("got %v", err)
	}
}

func TestPlace(t *testing.T) {
	const typo = "\na region looks like eu-central-1: check region under aws: in aside.yaml, AWS_REGION, and the AWS profile"
	for _, test := range []struct{ region, endpoint, want string }{
		{"", "", "no AWS region is set\nset region under aws: in aside.yaml, or AWS_REGION, or a region in the AWS profile"},
		{"frankfurt", "", `"frankfurt" is no AWS region` + typo},
		{"eu-central", "", `"eu-central" is no AWS region` + typo},
		{"eu central-1", "", `"eu central-1" is no AWS region` + typo},
		{"eu-central-1", "localhost:4566", "the AWS endpoint \"localhost:4566\" is no URL\n" +
			"write it as http://localhost:4566: check endpoint under aws: in aside.yaml, and AWS_ENDPOINT_URL"},
		{"eu-central-1", "", "no error"},
		{"us-gov-west-1", "", "no error"},
		{"local", "http://localhost:4566", "no error"},
	} {
		_, err := New(Settings{Region: test.region, Endpoint: test.endpoint}).Config(t.Context())
		if got := failure(err); got != test.want {
			t.Errorf("%q, %q:\n got %s\nwant %s", test.region, test.endpoint, got, test.want)
		}
	}
}

func TestSettingsAndEnvironment(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config")
	err := os.WriteFile(config, []byte("[profile ours]\nregion = eu-west-1\naws_access_key_id = OURS\naws_secret_access_key = x\n"+
		"[profile theirs]\nregion = eu-west-2\naws_access_key_id = THEIRS\naws_secret_access_key = x\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name     string
		settings Settings
		env      map[string]string
		want     string // key, region, endpoint
	}{
		{"profile of the settings", Settings{Profile: "ours"}, nil, "OURS eu-west-1 -"},
		{"region beside it", Settings{Profile: "ours", Region: "eu-north-1"}, nil, "OURS eu-north-1 -"},
		{"profile of the environment", Settings{Profile: "ours"}, map[string]string{"AWS_PROFILE": "theirs"}, "THEIRS eu-west-2 -"},
		{"keys of the environment", Settings{Profile: "not-in-ci", Region: "eu-north-1"},
			map[string]string{"AWS_ACCESS_KEY_ID": "CI", "AWS_SECRET_ACCESS_KEY": "x"}, "CI eu-north-1 -"},
		{"region of both", Settings{Profile: "ours", Region: "eu-north-1"}, map[string]string{"AWS_REGION": "eu-south-1"}, "OURS eu-north-1 -"},
		{"region of the environment", Settings{}, map[string]string{"AWS_REGION": "eu-south-1", "AWS_PROFILE": "ours"}, "OURS eu-south-1 -"},
		{"endpoint of the environment", Settings{Profile: "ours"}, map[string]string{"AWS_ENDPOINT_URL": "http://env"}, "OURS eu-west-1 http://env"},
		{"endpoint of the service", Settings{Profile: "ours"}, map[string]string{"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://service"}, "OURS eu-west-1 http://service"},
		{"endpoint of the settings", Settings{Profile: "ours", Endpoint: "http://yaml"},
			map[string]string{"AWS_ENDPOINT_URL": "http://env", "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://service"}, "OURS eu-west-1 http://yaml"},
	} {
		t.Run(test.name, func(t *testing.T) {
			signedOut(t)
			t.Setenv("AWS_CONFIG_FILE", config)
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			cfg, err := New(test.settings).Config(t.Context())
			if err != nil {
				t.Fatal(failure(err))
			}
			credentials, err := cfg.Credentials.Retrieve(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			endpoint := "-"
			if base := secretsmanager.NewFromConfig(cfg).Options().BaseEndpoint; base != nil {
				endpoint = *base
			}
			if got := credentials.AccessKeyID + " " + cfg.Region + " " + endpoint; got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestUserAgent(t *testing.T) {
	agent := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agent <- r.UserAgent()
		io.WriteString(w, "{}")
	}))
	defer server.Close()
	if err := ask(t.Context(), New(Settings{Region: "eu-central-1", Endpoint: server.URL, Version: "1.2.3"})); err != nil {
		t.Fatal(err)
	}
	if got := <-agent; !strings.Contains(got+" ", " aside/1.2.3 ") {
		t.Errorf("User-Agent: %s", got)
	}
}
