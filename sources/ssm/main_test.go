package ssm

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/parameters"
	"github.com/aside-cli/aside/sources/mototest"
)

var moto mototest.Server

func TestMain(m *testing.M) { moto.Run(m) }

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

// newProxy counts what passes through it.
func newProxy(t *testing.T, target string) *mototest.Counter {
	t.Helper()
	return mototest.NewCounter(t, mototest.Forward(t, target))
}

// rawClient writes to moto what the store does not.
func rawClient(t *testing.T, endpoint string) *ssm.Client {
	t.Helper()
	client, err := parameters.NewClient(t.Context(), newStore(t, endpoint).aws)
	if err != nil {
		t.Fatal(err)
	}
	return client.Client
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
