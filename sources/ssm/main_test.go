package ssm

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/mototest"
)

var moto mototest.Server

func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			os.Unsetenv(name)
		}
	}
	os.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	os.Setenv("AWS_SECRET_ACCESS_KEY", "not-a-key")
	os.Setenv("AWS_CONFIG_FILE", os.DevNull)
	os.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	defer moto.Stop()
	m.Run()
}

var (
	dev            = sources.StageScope("dev")
	fallback       = sources.FallbackScope()
	sharedFallback = sources.Scope{Layer: sources.Fallback, Shared: true}
)

// appName is an app of the test's own.
func appName(t *testing.T) string {
	return strings.NewReplacer("/", ".", "#", "-").Replace(t.Name())
}

func newStore(t *testing.T, endpoint string, change ...func(*Config)) *Store {
	t.Helper()
	c := Config{App: appName(t), AWS: Settings{Region: "eu-central-1", Endpoint: endpoint, Version: "1.2.3"}}
	for _, f := range change {
		f(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A proxy counts what passes through it, by operation.
type proxy struct {
	*httptest.Server
	mu   sync.Mutex
	made map[string]int
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{made: map[string]int{}}
	forward := httputil.NewSingleHostReverseProxy(u)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.made[operation(r)]++
		p.mu.Unlock()
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// take returns the operations since the last time, in one line.
func (p *proxy) take() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(p.made), "map["), "]")
	clear(p.made)
	return line
}

func operation(r *http.Request) string {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return name
}

// rawClient writes to moto what the store does not.
func rawClient(t *testing.T, endpoint string) *ssm.Client {
	t.Helper()
	client, err := newStore(t, endpoint).client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func create(t *testing.T, c *ssm.Client, typ types.ParameterType, name, value string) {
	t.Helper()
	_, err := c.PutParameter(t.Context(), &ssm.PutParameterInput{Name: &name, Value: &value, Type: typ})
	if err != nil {
		t.Fatal(err)
	}
}

// describe returns what there is by that name, nil if there is nothing.
func describe(t *testing.T, c *ssm.Client, name string) *types.ParameterMetadata {
	t.Helper()
	out, err := c.DescribeParameters(t.Context(), &ssm.DescribeParametersInput{
		ParameterFilters: []types.ParameterStringFilter{{Key: aws.String("Name"), Values: []string{name}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Parameters) == 0 {
		return nil
	}
	return &out.Parameters[0]
}

func valueOf(t *testing.T, c *ssm.Client, name string) string {
	t.Helper()
	out, err := c.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &name, WithDecryption: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.Parameter.Value)
}

func read(t *testing.T, s *Store, scopes ...sources.Scope) []sources.Value {
	t.Helper()
	values, err := s.Read(t.Context(), scopes...)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func version(t *testing.T, s *Store, scopes ...sources.Scope) string {
	t.Helper()
	v, err := s.Version(t.Context(), scopes...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// show writes values as lines of layer, name and value.
func show(values []sources.Value) string {
	var b strings.Builder
	for _, v := range values {
		layer := v.Origin.Layer.String()
		if v.Origin.Shared {
			layer = "shared " + layer
		}
		fmt.Fprintf(&b, "%s %s=%s\n", layer, v.Name, v.Secret.Reveal())
	}
	return b.String()
}

func set(t *testing.T, s *Store, scope sources.Scope, pairs ...string) {
	t.Helper()
	secrets := map[string]sources.Secret{}
	for i := 0; i < len(pairs); i += 2 {
		secrets[pairs[i]] = sources.NewSecret(pairs[i+1])
	}
	if err := s.Set(context.Background(), scope, secrets); err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// failure writes an error with its hint, as a user sees them.
func failure(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error() + "\n" + sources.HintOf(err)
}
