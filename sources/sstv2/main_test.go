package sstv2

import (
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
	dev      = sources.StageScope("dev")
	fallback = sources.FallbackScope()
)

func newStore(t *testing.T, endpoint string, change ...func(*Config)) *Store {
	t.Helper()
	c := Config{App: "my-app", AWS: Settings{Region: "eu-central-1", Endpoint: endpoint, Version: "1.2.3"}}
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

// An account is what SST finds and leaves in AWS, without this package.
type account struct {
	t *testing.T
	*ssm.Client
}

func newAccount(t *testing.T, endpoint string) account {
	t.Helper()
	client, err := newStore(t, endpoint).client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return account{t, client}
}

// put stores a parameter as SST does.
func (a account) put(name, value string, kind types.ParameterType) {
	a.t.Helper()
	_, err := a.PutParameter(a.t.Context(), &ssm.PutParameterInput{
		Name: &name, Value: &value, Type: kind, Overwrite: aws.Bool(true), Tier: types.ParameterTierStandard,
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

// get returns the value and type of a parameter as SST reads it.
func (a account) get(name string) string {
	a.t.Helper()
	out, err := a.GetParameter(a.t.Context(), &ssm.GetParameterInput{Name: &name, WithDecryption: aws.Bool(true)})
	if err != nil {
		a.t.Fatal(err)
	}
	return fmt.Sprintf("%s %s", out.Parameter.Type, aws.ToString(out.Parameter.Value))
}

func (a account) tier(name string) string {
	a.t.Helper()
	out, err := a.DescribeParameters(a.t.Context(), &ssm.DescribeParametersInput{
		ParameterFilters: []types.ParameterStringFilter{{Key: aws.String("Name"), Values: []string{name}}},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return string(out.Parameters[0].Tier)
}

func read(t *testing.T, s *Store, scopes ...sources.Scope) []sources.Value {
	t.Helper()
	values, err := s.Read(t.Context(), scopes...)
	if err != nil {
		t.Fatal(failure(err))
	}
	return values
}

// show writes values as lines of layer, name and value.
func show(values []sources.Value) string {
	var b strings.Builder
	for _, v := range values {
		fmt.Fprintf(&b, "%s %s=%s\n", v.Origin.Layer, v.Name, v.Secret.Reveal())
	}
	return b.String()
}

func pairs(namesAndValues ...string) map[string]sources.Secret {
	secrets := map[string]sources.Secret{}
	for i := 0; i < len(namesAndValues); i += 2 {
		secrets[namesAndValues[i]] = sources.NewSecret(namesAndValues[i+1])
	}
	return secrets
}

func set(t *testing.T, s *Store, scope sources.Scope, namesAndValues ...string) {
	t.Helper()
	if err := s.Set(t.Context(), scope, pairs(namesAndValues...)); err != nil {
		t.Fatal(failure(err))
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
