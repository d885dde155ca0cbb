package awssm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/mototest"
)

var moto mototest.Server

func TestMain(m *testing.M) { moto.Run(m) }

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
	c := Config{App: appName(t), AWS: Settings{Region: "eu-central-1", Endpoint: endpoint, Version: "1.2.3", Timeout: time.Minute}}
	for _, f := range change {
		f(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newProxy counts what passes through it, and shows it to look first.
func newProxy(t *testing.T, target string, look ...func(operation string, r request)) *mototest.Counter {
	t.Helper()
	forward := mototest.Forward(t, target)
	return mototest.NewCounter(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A body that is still being read when the answer comes would cut that.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			if r.Context().Err() == nil { // the store may have given up, when another request failed
				t.Error(err)
			}
			return
		}
		var in request
		if err := json.Unmarshal(body, &in); err != nil {
			t.Errorf("%s: %v", mototest.Operation(r), err)
		}
		for _, f := range look {
			f(mototest.Operation(r), in)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		forward.ServeHTTP(w, r)
	}))
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
