package awssm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

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

// A server counts what it is asked, by operation.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string]int
}

func newServer(t *testing.T, h http.Handler) *server {
	t.Helper()
	s := &server{asked: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked[operation(r)]++
		s.mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// newProxy counts what passes through it, and shows it to look first.
func newProxy(t *testing.T, target string, look ...func(operation string, r request)) *server {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(u)
	forward.ErrorLog = log.New(io.Discard, "", 0) // the store's errors are looked at
	return newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A body that is still being read when the answer comes would cut that.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		var in request
		if err := json.Unmarshal(body, &in); err != nil {
			t.Errorf("%s: %v", operation(r), err)
		}
		for _, f := range look {
			f(operation(r), in)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		forward.ServeHTTP(w, r)
	}))
}

// take returns the operations since the last time, in one line.
func (s *server) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(s.asked), "map["), "]")
	clear(s.asked)
	return line
}

func operation(r *http.Request) string {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return name
}

// rawClient writes to moto what the store does not.
func rawClient(t *testing.T, endpoint string) *secretsmanager.Client {
	t.Helper()
	client, err := newStore(t, endpoint).client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func create(t *testing.T, c *secretsmanager.Client, name, value string) {
	t.Helper()
	_, err := c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: &value})
	if err != nil {
		t.Fatal(err)
	}
}

func createBinary(t *testing.T, c *secretsmanager.Client, name string, value []byte) {
	t.Helper()
	_, err := c.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretBinary: value})
	if err != nil {
		t.Fatal(err)
	}
}

func scheduleDeletion(t *testing.T, c *secretsmanager.Client, name string) {
	t.Helper()
	if _, err := c.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: &name}); err != nil {
		t.Fatal(err)
	}
}

func valueOf(t *testing.T, c *secretsmanager.Client, name string) string {
	t.Helper()
	out, err := c.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &name})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.SecretString)
}

func read(t *testing.T, s *Store, scopes ...sources.Scope) []sources.Value {
	t.Helper()
	values, err := s.Read(t.Context(), scopes...)
	if err != nil {
		t.Fatal(err)
	}
	return values
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
