package sst

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/mototest"
)

var moto mototest.Server

func TestMain(m *testing.M) { moto.Run(m) }

var (
	dev       = sources.StageScope("dev")
	fallbacks = sources.FallbackScope()
)

func newStore(t *testing.T, endpoint string, change ...func(*Config)) *Store {
	t.Helper()
	c := Config{App: "my-app", AWS: Settings{Region: "eu-central-1", Endpoint: endpoint, Version: "1.2.3", Timeout: time.Minute}}
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

// A proxy counts what passes through it.
type proxy struct {
	*mototest.Counter
	before func(operation string) // each request, if not nil
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	p := &proxy{}
	forward := mototest.Forward(t, target)
	p.Counter = mototest.NewCounter(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.before != nil {
			p.before(mototest.Operation(r))
		}
		forward.ServeHTTP(w, r)
	}))
	return p
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
