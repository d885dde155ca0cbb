package sst

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

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
	dev       = sources.StageScope("dev")
	fallbacks = sources.FallbackScope()
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

func newLocal(t *testing.T) *LocalStore {
	t.Helper()
	s, err := NewLocal(LocalConfig{App: "my-app", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A proxy counts what passes through it, by operation. Writes pass one after
// the other: moto's conditional ones are not atomic.
type proxy struct {
	*httptest.Server
	writing sync.Mutex
	mu      sync.Mutex
	made    map[string]int
	before  func(operation string) // each request, if not nil
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
		name := operation(r)
		if p.before != nil {
			p.before(name)
		}
		p.mu.Lock()
		p.made[name]++
		p.mu.Unlock()
		if strings.HasPrefix(name, "Put") {
			p.writing.Lock()
			defer p.writing.Unlock()
		}
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
	if _, name, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		return name
	}
	return map[string]string{"GET": "GetObject", "PUT": "PutObject", "HEAD": "HeadObject"}[r.Method]
}

func read(t *testing.T, s sources.Store, scopes ...sources.Scope) []sources.Value {
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

func set(t *testing.T, s sources.Store, scope sources.Scope, namesAndValues ...string) {
	t.Helper()
	if err := s.Set(context.Background(), scope, pairs(namesAndValues...)); err != nil {
		t.Fatal(failure(err))
	}
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func isNotFound(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, sources.ErrNotFound) {
		t.Errorf("%v does not wrap ErrNotFound", err)
	}
}

// failure writes an error with its hint, as a user sees them.
func failure(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error() + "\n" + sources.HintOf(err)
}
