package sstv2

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/internal/parameters"
)

const (
	secure = types.ParameterTypeSecureString
	plain  = types.ParameterTypeString
)

func TestReadWhatSSTWrote(t *testing.T) {
	endpoint := moto.Fresh(t)
	a := newAccount(t, endpoint)
	for name, value := range map[string]string{
		"/sst/my-app/dev/Secret/STRIPE_KEY/value":       "sk_1",
		"/sst/my-app/dev/Secret/B/value":                " $b\n",
		"/sst/my-app/dev/Secret/B/other":                "x",
		"/sst/my-app/dev/Secret/C":                      "x",
		"/sst/my-app/dev/Secret/not.one/value":          "x",
		"/sst/my-app/.fallback/Secret/STRIPE_KEY/value": "sk_0",
		"/sst/my-app/dev2/Secret/X/value":               "x",
		"/sst/my-app/dev/Secret2/X/value":               "x",
		"/sst/my-app-2/dev/Secret/X/value":              "x",
	} {
		a.put(name, value, secure)
	}
	a.put("/sst/my-app/dev/Parameter/VERSION/value", "1.2.0", plain)
	a.put("/sst/my-app/dev/Parameter/B/value", "of a parameter", plain)
	a.put("/sst/my-app/dev/Bucket/uploads/bucketName", "x", plain)
	a.put("/sst/my-app/dev/Secret/STRIPE_KEY/value", "sk_2", secure)

	var warnings []string
	s := newStore(t, endpoint, func(c *Config) { c.Warn = func(line string) { warnings = append(warnings, line) } })
	var values []sources.Value
	for range 2 {
		values = read(t, s, dev, fallback)
		equal(t, "values", show(values), "stage B= $b\n\nstage STRIPE_KEY=sk_2\n"+
			"fallback STRIPE_KEY=sk_0\nparameter B=of a parameter\nparameter VERSION=1.2.0\n")
	}
	equal(t, "origin", fmt.Sprintf("%+v", values[1].Origin),
		fmt.Sprintf("%+v", sources.Origin{Layer: sources.Stage, Source: "sst-v2:my-app/dev/Secret/STRIPE_KEY", Version: "2"}))
	equal(t, "parameter", values[4].Origin.Source, "sst-v2:my-app/dev/Parameter/VERSION")
	equal(t, "fallback", values[2].Origin.Source, "sst-v2:my-app/.fallback/Secret/STRIPE_KEY")
	equal(t, "warnings", strings.Join(warnings, "\n"),
		"sst-v2: /sst/my-app/dev/Secret/not.one/value is left out: \"not.one\" is no name of an environment variable")
	shared := sources.Scope{Layer: sources.Stage, Name: "dev", Shared: true}
	if none := read(t, s, sources.StageScope("empty"), sources.TypeScope("dev"), shared); len(none) > 0 {
		t.Errorf("empty scopes gave %s", show(none))
	}
}

func TestSSTReadsWhatIsSet(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	a := newAccount(t, moto.URL(t))
	s := newStore(t, p.URL)
	small, large := strings.Repeat("x", parameters.StandardSize), strings.Repeat("é", parameters.AdvancedSize/2)
	set(t, s, dev, "SMALL", small, "LARGE", large, "a-b", "1")
	set(t, s, fallback, "SMALL", "0")
	equal(t, "requests", p.Take(), "PutParameter:4")
	equal(t, "small", a.get("/sst/my-app/dev/Secret/SMALL/value"), "SecureString "+small)
	equal(t, "large", a.get("/sst/my-app/dev/Secret/LARGE/value"), "SecureString "+large)
	equal(t, "hyphen", a.get("/sst/my-app/dev/Secret/a_b/value"), "SecureString 1")
	equal(t, "fallback", a.get("/sst/my-app/.fallback/Secret/SMALL/value"), "SecureString 0")
	equal(t, "tiers", a.tier("/sst/my-app/dev/Secret/SMALL/value")+" "+a.tier("/sst/my-app/dev/Secret/LARGE/value"), "Standard Advanced")
}

func TestRemove(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL)
	newAccount(t, moto.URL(t)).put("/sst/my-app/dev/Parameter/P/value", "1", plain)
	set(t, s, dev, "A", "1", "B", "2")
	set(t, s, fallback, "A", "0")
	p.Take()
	if err := s.Remove(t.Context(), dev, "A"); err != nil {
		t.Fatal(err)
	}
	equal(t, "requests", p.Take(), "DeleteParameter:1")
	equal(t, "values", show(read(t, s, dev, fallback)), "stage B=2\nfallback A=0\nparameter P=1\n")
	for _, name := range []string{"A", "NEVER", "P"} {
		err := s.Remove(t.Context(), dev, name)
		equal(t, "error", failure(err), "sst-v2: /sst/my-app/dev/Secret/"+name+"/value: not found\n")
		if !errors.Is(err, sources.ErrNotFound) {
			t.Errorf("%s: not ErrNotFound", name)
		}
	}
}

func TestRequests(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL)
	var all []string
	for i := range 45 { // with full pages alone, moto would offer another, empty one
		all = append(all, fmt.Sprintf("NAME_%03d", i), fmt.Sprint(i))
	}
	set(t, s, dev, all...)
	set(t, s, fallback, all...)
	equal(t, "writing", p.Take(), "PutParameter:90")
	if n := len(read(t, s, dev, fallback)); n != 90 {
		t.Fatalf("%d values, want 90", n)
	}
	equal(t, "reading", p.Take(), "GetParametersByPath:11")
	if _, err := s.Version(t.Context(), dev, fallback); err != nil {
		t.Fatal(err)
	}
	equal(t, "polling", p.Take(), "GetParametersByPath:11")
	if v, err := s.Version(t.Context(), sources.TypeScope("dev")); err != nil || v == "" {
		t.Errorf("no scopes: %q, %v", v, err)
	}
	equal(t, "no scopes", p.Take(), "")
}

func TestVersionFollowsChanges(t *testing.T) {
	endpoint := moto.Fresh(t)
	a := newAccount(t, endpoint)
	s := newStore(t, endpoint)
	var seen []string
	step := func(what string, changes bool) {
		t.Helper()
		v, err := s.Version(t.Context(), dev, fallback)
		if err != nil {
			t.Fatal(err)
		}
		if changed := !slices.Contains(seen, v); changed != changes {
			t.Errorf("%s: changed %t, want %t", what, changed, changes)
		}
		seen = append(seen, v)
	}
	step("nothing there", true)
	set(t, s, dev, "A", "1")
	step("created", true)
	step("created", false)
	set(t, s, dev, "A", "2")
	step("changed", true)
	set(t, s, fallback, "A", "2")
	step("fallback created", true)
	a.put("/sst/my-app/dev/Parameter/P/value", "1", plain)
	step("parameter created", true)
	a.put("/sst/my-app/dev/Bucket/b/bucketName", "1", plain)
	set(t, s, sources.StageScope("dev2"), "A", "2")
	step("others created", false)
	name := "/sst/my-app/.fallback/Secret/A/value"
	if _, err := a.DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: aws.String(name)}); err != nil {
		t.Fatal(err)
	}
	a.put(name, "3", secure)
	step("removed and made again", true)
}

func TestRefused(t *testing.T) {
	const scopes = "SST knows stages and fallbacks only: use --stage or --fallback"
	s := newStore(t, "http://127.0.0.1:1") // which nothing may ask
	for name, test := range map[string]struct {
		scope sources.Scope
		value string
		want  string
	}{
		"empty": {dev, "", "sst-v2: /sst/my-app/dev/Secret/A/value cannot be set to the empty string: Parameter Store keeps none\n" +
			"set it in aside.yaml's parameters or in a .env file, or remove it"},
		"no text": {dev, "a\xffb", "sst-v2: /sst/my-app/dev/Secret/A/value is not valid UTF-8: Parameter Store cannot keep it\n" +
			"encode it first, with base64 for example"},
		"too long": {dev, strings.Repeat("x", 8193), "sst-v2: /sst/my-app/dev/Secret/A/value is 8193 bytes long: Parameter Store holds at most 8192\n" +
			"keep it elsewhere, in Secrets Manager for example, and store where it is"},
		"type":      {sources.TypeScope("preview"), "1", "sst-v2: SST has no secrets for the type preview\n" + scopes},
		"shared":    {sources.Scope{Layer: sources.Fallback, Shared: true}, "1", "sst-v2: SST has no secrets for the shared fallback\n" + scopes},
		"bad stage": {sources.StageScope("a/b"), "1", "sst-v2: SST has no secrets for the stage a/b\n" + scopes},
	} {
		t.Run(name, func(t *testing.T) {
			err := s.Set(t.Context(), test.scope, pairs("OK", "1", "A", test.value))
			equal(t, "Set", failure(err), test.want)
			if strings.Contains(test.want, scopes) {
				equal(t, "Remove", failure(s.Remove(t.Context(), test.scope, "A")), test.want)
			}
		})
	}
}

func TestNew(t *testing.T) {
	const hint = "\nset app: in aside.yaml, or --app, to the name in sst.config.ts: letters, digits and _.-"
	for app, want := range map[string]string{
		"my-app_v2.1": "no error",
		"":            "sst-v2: the app has no name" + hint,
		"a/b":         `sst-v2: "a/b" is no name that an app of SST can have` + hint,
		"my app":      `sst-v2: "my app" is no name that an app of SST can have` + hint,
	} {
		_, err := New(Config{App: app})
		equal(t, app, failure(err), want)
	}
}
