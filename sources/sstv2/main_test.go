package sstv2

import (
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
	dev      = sources.StageScope("dev")
	fallback = sources.FallbackScope()
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

// newProxy counts what passes through it.
func newProxy(t *testing.T, target string) *mototest.Counter {
	t.Helper()
	return mototest.NewCounter(t, mototest.Forward(t, target))
}

// An account is what SST finds and leaves in AWS, without this package.
type account struct {
	t *testing.T
	*ssm.Client
}

func newAccount(t *testing.T, endpoint string) account {
	t.Helper()
	client, err := parameters.NewClient(t.Context(), newStore(t, endpoint).aws)
	if err != nil {
		t.Fatal(err)
	}
	return account{t, client.Client}
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
