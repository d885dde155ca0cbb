package ssm

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/mototest"
)

var (
	production  = sources.TypeScope("production")
	preview     = sources.TypeScope("preview")
	development = sources.TypeScope("development")
)

func setGroup(t *testing.T, s *Store, scopes []sources.Scope, name, value string) {
	t.Helper()
	if err := s.SetGroup(t.Context(), scopes, map[string]sources.Secret{name: sources.NewSecret(value)}); err != nil {
		t.Fatal(failure(err))
	}
}

// tags returns those of a parameter, in one line.
func tags(t *testing.T, c *ssm.Client, name string) string {
	t.Helper()
	out, err := c.ListTagsForResource(t.Context(), &ssm.ListTagsForResourceInput{
		ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: &name,
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, tag := range out.TagList {
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
		equal(t, "error", failure(err), "ssm: A was set for the types preview, production together\n"+
			"remove it first: aside secret remove A --type preview,production")
	}

	setGroup(t, s, both, "A", "1")
	equal(t, "requests", p.Take(), "ListTagsForResource:2 PutParameter:2")
	equal(t, "tags", tags(t, raw, "/"+app+"/_type.preview/A"), "aside:types=preview+production")
	setGroup(t, s, []sources.Scope{preview, production, preview}, "A", "2")
	equal(t, "requests", p.Take(), "ListTagsForResource:2 PutParameter:2")
	equal(t, "values", show(read(t, s, production, preview)), "type A=2\ntype A=2\n")
	equal(t, "reading", p.Take(), "GetParametersByPath:2")

	refused(s.Set(t.Context(), preview, one))
	refused(s.SetGroup(t.Context(), []sources.Scope{development, production}, one))
	refused(s.SetGroup(t.Context(), []sources.Scope{production, preview, development}, one))
	refused(s.Remove(t.Context(), production, "A"))
	refused(s.RemoveGroup(t.Context(), []sources.Scope{production, development}, "A"))
	equal(t, "requests", p.Take(), "ListTagsForResource:9")
	set(t, s, dev, "A", "stage")
	equal(t, "a stage's", p.Take(), "PutParameter:1")

	if err := s.RemoveGroup(t.Context(), both, "A"); err != nil {
		t.Fatal(err)
	}
	equal(t, "requests", p.Take(), "DeleteParameter:2 ListTagsForResource:2")
	equal(t, "values", show(read(t, s, production, preview)), "")
	err := s.RemoveGroup(t.Context(), both, "A")
	equal(t, "error", failure(err), "ssm: /"+app+"/_type.production/A, /"+app+"/_type.preview/A: not found\n")
	if !errors.Is(err, sources.ErrNotFound) {
		t.Error("not ErrNotFound")
	}

	set(t, s, preview, "A", "3") // the group is no more
	p.Take()
	setGroup(t, s, both, "A", "4")
	equal(t, "requests", p.Take(), "AddTagsToResource:1 ListTagsForResource:2 PutParameter:2")
	equal(t, "tags", tags(t, raw, "/"+app+"/_type.preview/A"), "aside:types=preview+production")
	equal(t, "values", show(read(t, s, production, preview)), "type A=4\ntype A=4\n")
	refused(s.Set(t.Context(), preview, one))
}

// A group of which one parameter is gone can be set and removed as a whole.
func TestGroupInPart(t *testing.T) {
	s := newStore(t, moto.Fresh(t))
	raw := rawClient(t, moto.URL(t))
	both := []sources.Scope{production, preview}
	setGroup(t, s, both, "A", "1")
	lose := func() {
		t.Helper()
		name := "/" + appName(t) + "/_type.preview/A"
		if _, err := raw.DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: &name}); err != nil {
			t.Fatal(err)
		}
	}
	lose()
	setGroup(t, s, both, "A", "2")
	equal(t, "values", show(read(t, s, production, preview)), "type A=2\ntype A=2\n")
	lose()
	if err := s.RemoveGroup(t.Context(), both, "A"); err != nil {
		t.Fatal(err)
	}
	equal(t, "values", show(read(t, s, production, preview)), "")
}

// In chamber's layout, with several parameters for one name.
func TestGroupUpper(t *testing.T) {
	s := newStore(t, moto.Fresh(t), func(c *Config) { c.Prefix, c.Upper = "/{app}-{scope}", true })
	app, raw := appName(t), rawClient(t, moto.URL(t))
	create(t, raw, secure, "/"+app+"-_type.preview/api-key", "old")
	create(t, raw, secure, "/"+app+"-_type.preview/api_key", "old")
	both := []sources.Scope{production, preview}
	setGroup(t, s, both, "API_KEY", "1")
	equal(t, "values", show(read(t, s, production, preview)), "type API_KEY=1\ntype API_KEY=1\n")
	equal(t, "tags", tags(t, raw, "/"+app+"-_type.preview/api_key"), "aside:types=preview+production")
	if err := s.RemoveGroup(t.Context(), both, "API_KEY"); err != nil {
		t.Fatal(err)
	}
	equal(t, "values", show(read(t, s, production, preview)), "")
}

// Another writer makes the parameter between the look and the write.
func TestGroupRace(t *testing.T) {
	forward := mototest.Forward(t, moto.Fresh(t))
	raw := rawClient(t, moto.URL(t))
	name := "/" + appName(t) + "/_type.preview/A"
	var others sync.Once
	p := mototest.NewCounter(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if mototest.Operation(r) == "PutParameter" {
			others.Do(func() { create(t, raw, secure, name, "theirs") })
		}
		forward.ServeHTTP(w, r)
	}))
	s := newStore(t, p.URL)
	setGroup(t, s, []sources.Scope{preview, production}, "A", "ours")
	equal(t, "value", valueOf(t, raw, name), "ours")
	equal(t, "tags", tags(t, raw, name), "aside:types=preview+production")
}

func TestGroupOfScopes(t *testing.T) {
	s := newStore(t, moto.Fresh(t))
	one := map[string]sources.Secret{"A": sources.NewSecret("hunter2")}
	const mixed = " cannot be one of several scopes: types of stages can, all of the app or all shared\n"
	for _, test := range []struct {
		scopes []sources.Scope
		want   string
	}{
		{nil, "ssm: no scope is given\n"},
		{[]sources.Scope{production, dev}, "ssm: stage dev" + mixed},
	} {
		equal(t, "SetGroup", failure(s.SetGroup(t.Context(), test.scopes, one)), test.want)
		equal(t, "RemoveGroup", failure(s.RemoveGroup(t.Context(), test.scopes, "A")), test.want)
	}
	sharedPreview := sources.Scope{Layer: sources.Type, Name: "preview", Shared: true}
	setGroup(t, s, []sources.Scope{{Layer: sources.Type, Name: "production", Shared: true}, sharedPreview}, "A", "1")
	equal(t, "error", failure(s.Set(t.Context(), sharedPreview, one)), "ssm: A was set for the types preview, production together\n"+
		"remove it first: aside secret remove A --type preview,production --shared")
}

func TestGroupDenied(t *testing.T) {
	server := fake(t, func(operation string, _ request) any {
		return refusal{400, "AccessDeniedException", "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ssm:" + operation + " on resource: x"}
	})
	err := newStore(t, server.URL).Set(t.Context(), preview, map[string]sources.Secret{"A": sources.NewSecret("hunter2")})
	equal(t, "error", failure(err), "ssm: /"+appName(t)+"/_type.preview/A: "+
		"access denied: ssm:ListTagsForResource is not allowed for arn:aws:iam::123456789012:user/ci\nallow ssm:ListTagsForResource in the IAM policy")
}
