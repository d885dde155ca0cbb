package awssm

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/group"
)

var (
	production  = sources.TypeScope("production")
	preview     = sources.TypeScope("preview")
	development = sources.TypeScope("development")
)

func setGroup(t *testing.T, s *Store, scopes []sources.Scope, name, value string) {
	t.Helper()
	if err := s.SetGroup(t.Context(), scopes, map[string]sources.Secret{name: sources.NewSecret(value)}); err != nil {
		t.Fatal(err)
	}
}

// tags returns those of an AWS secret, in one line.
func tags(t *testing.T, c *secretsmanager.Client, id string) string {
	t.Helper()
	out, err := c.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: &id})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, tag := range out.Tags {
		all = append(all, aws.ToString(tag.Key)+"="+aws.ToString(tag.Value))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func TestGroup(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL)
	app, raw := appName(t), rawClient(t, moto.URL(t))
	one := map[string]sources.Secret{"A": sources.NewSecret("hunter2")}
	both := []sources.Scope{production, preview}
	refused := func(err error) {
		t.Helper()
		equal(t, "error", failure(err), "awssm: A was set for the types preview, production together\n"+
			"remove it first: aside secret remove A --type preview,production")
	}

	setGroup(t, s, both, "A", "1")
	equal(t, "requests", p.Take(), "CreateSecret:2 DescribeSecret:2")
	equal(t, "tags", tags(t, raw, app+"/_type.preview/A"), "aside:app="+app+" aside:stage=_type.preview aside:types=preview+production")
	setGroup(t, s, []sources.Scope{preview, production, preview}, "A", "2")
	p.Take()
	equal(t, "values", show(read(t, s, production, preview)), "type A=2\ntype A=2\n")

	p.Take()
	refused(s.Set(t.Context(), preview, one))
	refused(s.SetGroup(t.Context(), []sources.Scope{development, production}, one))
	refused(s.SetGroup(t.Context(), []sources.Scope{production, preview, development}, one))
	refused(s.Remove(t.Context(), production, "A"))
	refused(s.RemoveGroup(t.Context(), []sources.Scope{production, development}, "A"))
	equal(t, "requests", p.Take(), "DescribeSecret:9")
	set(t, s, dev, "A", "stage")
	equal(t, "values", show(read(t, s, dev, production, preview)), "stage A=stage\ntype A=2\ntype A=2\n")

	p.Take()
	if err := s.RemoveGroup(t.Context(), both, "A"); err != nil {
		t.Fatal(err)
	}
	equal(t, "requests", p.Take(), "DeleteSecret:2 DescribeSecret:2")
	equal(t, "values", show(read(t, s, production, preview)), "")
	err := s.RemoveGroup(t.Context(), both, "A")
	equal(t, "error", failure(err), "awssm: "+app+"/_type.production/A, "+app+"/_type.preview/A: not found\n")
	if !errors.Is(err, sources.ErrNotFound) {
		t.Error("not ErrNotFound")
	}

	p.Take()
	set(t, s, preview, "A", "3") // the group is no more
	equal(t, "requests", p.Take(), "DescribeSecret:1 PutSecretValue:1 RestoreSecret:1 UntagResource:1")
	equal(t, "tags", tags(t, raw, app+"/_type.preview/A"), "aside:app="+app+" aside:stage=_type.preview")
	setGroup(t, s, both, "A", "4")
	equal(t, "requests", p.Take(), "DescribeSecret:2 PutSecretValue:2 RestoreSecret:1 TagResource:2 UntagResource:1")
	equal(t, "tags", tags(t, raw, app+"/_type.production/A"), "aside:app="+app+" aside:stage=_type.production aside:types=preview+production")
	refused(s.Set(t.Context(), preview, one))
}

// A group of which one secret is gone can be set and removed as a whole.
func TestGroupInPart(t *testing.T) {
	s := newStore(t, moto.Fresh(t))
	app, raw := appName(t), rawClient(t, moto.URL(t))
	both := []sources.Scope{production, preview}
	setGroup(t, s, both, "A", "1")
	scheduleDeletion(t, raw, app+"/_type.preview/A")
	setGroup(t, s, both, "A", "2")
	equal(t, "values", show(read(t, s, production, preview)), "type A=2\ntype A=2\n")
	scheduleDeletion(t, raw, app+"/_type.preview/A")
	if err := s.RemoveGroup(t.Context(), both, "A"); err != nil {
		t.Fatal(err)
	}
	equal(t, "values", show(read(t, s, production, preview)), "")
}

func TestGroupOfScopes(t *testing.T) {
	s := newStore(t, moto.Fresh(t))
	sharedPreview := sources.Scope{Layer: sources.Type, Name: "preview", Shared: true}
	sharedProduction := sources.Scope{Layer: sources.Type, Name: "production", Shared: true}
	one := map[string]sources.Secret{"A": sources.NewSecret("hunter2")}
	const mixed = " cannot be one of several scopes: types of stages can, all of the app or all shared\n"
	for _, test := range []struct {
		scopes []sources.Scope
		want   string
	}{
		{nil, "awssm: no scope is given\n"},
		{[]sources.Scope{production, dev}, "awssm: stage dev" + mixed},
		{[]sources.Scope{fallback, production}, "awssm: fallback" + mixed},
		{[]sources.Scope{production, sharedPreview}, "awssm: shared type preview" + mixed},
	} {
		equal(t, "SetGroup", failure(s.SetGroup(t.Context(), test.scopes, one)), test.want)
		equal(t, "RemoveGroup", failure(s.RemoveGroup(t.Context(), test.scopes, "A")), test.want)
	}
	setGroup(t, s, []sources.Scope{fallback, fallback}, "A", "1")
	equal(t, "values", show(read(t, s, fallback)), "fallback A=1\n")

	setGroup(t, s, []sources.Scope{sharedProduction, sharedPreview}, "A", "1")
	equal(t, "error", failure(s.Set(t.Context(), sharedPreview, one)), "awssm: A was set for the types preview, production together\n"+
		"remove it first: aside secret remove A --type preview,production --shared")
}

// A tag that somebody else wrote and that names no group is none.
func TestGroupOfOne(t *testing.T) {
	s := newStore(t, moto.Fresh(t))
	app, raw := appName(t), rawClient(t, moto.URL(t))
	set(t, s, production, "A", "1")
	_, err := raw.TagResource(t.Context(), &secretsmanager.TagResourceInput{
		SecretId: aws.String(app + "/_type.production/A"), Tags: []types.Tag{tag(group.Tag, "production")},
	})
	if err != nil {
		t.Fatal(err)
	}
	set(t, s, production, "A", "2")
	equal(t, "value", valueOf(t, raw, app+"/_type.production/A"), "2")
}
