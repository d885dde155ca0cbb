package ssm

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
	text   = types.ParameterTypeString
)

func TestReadScopesTogether(t *testing.T) {
	var warnings []string
	s := newStore(t, moto.Fresh(t), func(c *Config) { c.Warn = func(line string) { warnings = append(warnings, line) } })
	app, raw := appName(t), rawClient(t, moto.URL(t))
	for name, value := range map[string]string{
		"/" + app + "/dev/B":               "stage b",
		"/" + app + "/dev/A":               "stage a",
		"/" + app + "/_fallback/A":         "fallback a",
		"/" + app + "/_type.development/T": " $TYPE \n",
		"/" + app + "/dev2/X":              "other stage",
		"/" + app + "/dev/sub/X":           "deeper",
		"/" + app + "/dev/not-a-name":      "x",
		"/" + app + "-other/dev/X":         "other app",
		"/_shared/together/S":              "shared s",
	} {
		create(t, raw, secure, name, value)
	}
	create(t, raw, text, "/"+app+"/dev/PLAIN", "a plain one")
	create(t, raw, types.ParameterTypeStringList, "/"+app+"/dev/LIST", "a,b")
	sharedStage := sources.Scope{Layer: sources.Stage, Name: "together", Shared: true}

	var values []sources.Value
	for range 2 { // a warning is given once
		values = read(t, s, dev, sharedStage, sources.TypeScope("development"), fallback)
		equal(t, "values", show(values), ""+
			"stage A=stage a\nstage B=stage b\nstage LIST=a,b\nstage PLAIN=a plain one\nshared stage S=shared s\n"+
			"type T= $TYPE \n\nfallback A=fallback a\n")
	}
	equal(t, "source", values[0].Origin.Source, "ssm:/"+app+"/dev/A")
	equal(t, "version", values[0].Origin.Version, "1")
	equal(t, "warnings", strings.Join(warnings, "\n"), "ssm: /"+app+"/dev/not-a-name is left out: it is no name of an environment variable")
	if none := read(t, s, sources.StageScope("empty")); len(none) != 0 {
		t.Errorf("an empty scope gave %s", show(none))
	}
	if none := read(t, s); len(none) != 0 {
		t.Errorf("no scope gave %s", show(none))
	}
}

func TestRequests(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL)
	pairs := make([]string, 0, 200)
	for i := range 100 {
		pairs = append(pairs, fmt.Sprintf("NAME_%03d", i), fmt.Sprint(i))
	}
	set(t, s, dev, pairs...)
	set(t, s, fallback, pairs...)
	equal(t, "writing", p.Take(), "PutParameter:200")

	if n := len(read(t, s, dev, fallback)); n != 200 {
		t.Fatalf("%d values, want 200", n)
	}
	equal(t, "reading 100 + 100", p.Take(), "GetParametersByPath:22")

	// Moto's pages hold 10 at most, where AWS's hold 50; a full one never is the last.
	before := version(t, s, dev, fallback)
	equal(t, "first poll", p.Take(), "DescribeParameters:21")
	for i := range 22 {
		equal(t, "quiet", version(t, s, dev, fallback), before)
		want := "DescribeParameters:2"
		if i%11 == 10 {
			want = "DescribeParameters:1"
		}
		equal(t, "quiet poll", p.Take(), want)
	}
	set(t, s, fallback, "NAME_099", "changed") // on the last page
	polls := 1
	for version(t, s, dev, fallback) == before {
		if polls++; polls > 11 {
			t.Fatal("a change on the last page is not seen")
		}
	}
}

func TestVersionFollowsChanges(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL)
	app, raw := appName(t), rawClient(t, moto.URL(t))
	var seen []string
	step := func(what string, changes bool) {
		t.Helper()
		p.Take()
		v := version(t, s, dev, fallback)
		equal(t, what+": requests", p.Take(), "DescribeParameters:1")
		if changed := !slices.Contains(seen, v); changed != changes {
			t.Errorf("%s: changed %t, want %t", what, changed, changes)
		}
		seen = append(seen, v)
	}
	step("nothing there", true)
	step("nothing there", false)
	set(t, s, dev, "A", "1")
	step("created", true)
	step("created", false)
	set(t, s, dev, "A", "2")
	step("put", true)
	set(t, s, fallback, "A", "1")
	step("fallback created", true)
	create(t, raw, secure, "/"+app+"/dev2/A", "1")
	create(t, raw, secure, "/"+app+"/dev/sub/A", "1")
	step("others created", false)
	if err := s.Remove(t.Context(), fallback, "A"); err != nil {
		t.Fatal(err)
	}
	step("removed", false) // as it was before
	if seen[len(seen)-1] == seen[len(seen)-2] {
		t.Error("a removal does not show")
	}
	if err := s.Remove(t.Context(), dev, "A"); err != nil {
		t.Fatal(err)
	}
	set(t, s, dev, "A", "2")
	set(t, s, dev, "A", "3")
	step("removed and set again, twice", true)

	equal(t, "no scopes", version(t, s), "")
}

func TestSet(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL, func(c *Config) {
		c.KMSKey = "alias/ours"
		c.Descriptions = map[string]string{"A": "The first"}
	})
	app, raw := appName(t), rawClient(t, moto.URL(t))
	standard, advanced := strings.Repeat("x", parameters.StandardSize), strings.Repeat("x", parameters.AdvancedSize)
	set(t, s, dev, "A", "a\n $b\x7f", "B", standard, "C", advanced)
	equal(t, "requests", p.Take(), "PutParameter:3")
	equal(t, "A", valueOf(t, raw, "/"+app+"/dev/A"), "a\n $b\x7f")
	equal(t, "C", valueOf(t, raw, "/"+app+"/dev/C"), advanced)
	for name, want := range map[string]string{
		"A": "SecureString Standard alias/ours The first",
		"B": "SecureString Standard alias/ours ",
		"C": "SecureString Advanced alias/ours ",
	} {
		d := describe(t, raw, "/"+app+"/dev/"+name)
		equal(t, name, fmt.Sprint(d.Type, " ", d.Tier, " ", aws.ToString(d.KeyId), " ", aws.ToString(d.Description)), want)
	}
	set(t, s, dev, "A", "again", "B", standard+"x")
	values := read(t, s, dev)
	equal(t, "A", values[0].Secret.Reveal(), "again")
	equal(t, "version", values[0].Origin.Version, "2")
	if d := describe(t, raw, "/"+app+"/dev/B"); d.Tier != types.ParameterTierAdvanced {
		t.Errorf("B grew into the tier %s", d.Tier)
	}

	set(t, s, sources.TypeScope("preview"), "A", "type")
	set(t, s, sharedFallback, "FROM_"+app, "shared")
	equal(t, "type", valueOf(t, raw, "/"+app+"/_type.preview/A"), "type")
	equal(t, "shared", valueOf(t, raw, "/_shared/_fallback/FROM_"+app), "shared")

	p.Take()
	err := s.Set(t.Context(), dev, map[string]sources.Secret{"A": sources.NewSecret("x"), "NONE": sources.NewSecret("")})
	equal(t, "empty value", failure(err), "ssm: /"+app+"/dev/NONE cannot be set to the empty string: Parameter Store keeps none\n"+
		"set it in aside.yaml's parameters or in a .env file, or remove it")
	err = s.Set(t.Context(), dev, map[string]sources.Secret{"A": sources.NewSecret("x"), "LONG": sources.NewSecret(advanced + "x")})
	equal(t, "long value", failure(err), "ssm: /"+app+"/dev/LONG is 8193 bytes long: Parameter Store holds at most 8192\n"+
		"keep it elsewhere, in Secrets Manager for example, and store where it is")
	err = s.Set(t.Context(), dev, map[string]sources.Secret{"A": sources.NewSecret("x"), "RAW": sources.NewSecret("a\xffb")})
	equal(t, "no text", failure(err), "ssm: /"+app+"/dev/RAW is not valid UTF-8: Parameter Store cannot keep it\n"+
		"encode it first, with base64 for example")
	equal(t, "requests", p.Take(), "")
}

func TestRemove(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL)
	app := appName(t)
	set(t, s, dev, "A", "1", "B", "2")
	p.Take()
	if err := s.Remove(t.Context(), dev, "A"); err != nil {
		t.Fatal(err)
	}
	equal(t, "requests", p.Take(), "DeleteParameter:1")
	equal(t, "values", show(read(t, s, dev)), "stage B=2\n")
	for _, name := range []string{"A", "NEVER"} {
		err := s.Remove(t.Context(), dev, name)
		equal(t, "error", failure(err), "ssm: /"+app+"/dev/"+name+": not found\n")
		if !errors.Is(err, sources.ErrNotFound) {
			t.Errorf("%s: %v does not wrap ErrNotFound", name, err)
		}
	}
}

// As chamber lays them out: /service/key, in lower case.
func TestUpper(t *testing.T) {
	var warnings []string
	s := newStore(t, moto.Fresh(t), func(c *Config) {
		c.Prefix, c.Upper = "/{app}-{scope}", true
		c.Warn = func(line string) { warnings = append(warnings, line) }
	})
	path, raw := "/"+appName(t)+"-dev", rawClient(t, moto.URL(t))
	for _, key := range []string{"db_url", "api-key", "Mixed", "both-kinds", "both_kinds", "a.b"} {
		create(t, raw, secure, path+"/"+key, "of "+key)
	}
	equal(t, "values", show(read(t, s, dev)),
		"stage API_KEY=of api-key\nstage BOTH_KINDS=of both_kinds\nstage DB_URL=of db_url\nstage MIXED=of Mixed\n")
	slices.Sort(warnings)
	equal(t, "warnings", strings.Join(warnings, "\n"), "ssm: "+path+"/a.b is left out: it is no name of an environment variable\n"+
		"ssm: "+path+"/both-kinds is left out: "+path+"/both_kinds is BOTH_KINDS too")

	set(t, s, dev, "API_KEY", "1", "BOTH_KINDS", "2", "NEW_ONE", "3")
	for key, want := range map[string]string{"api-key": "1", "both_kinds": "2", "both-kinds": "of both-kinds", "new_one": "3"} {
		equal(t, key, valueOf(t, raw, path+"/"+key), want)
	}
	err := s.Set(t.Context(), dev, map[string]sources.Secret{"lower": sources.NewSecret("x")})
	equal(t, "lower case", failure(err), "ssm: lower cannot be set: with case: upper names are in upper case\nset it as LOWER")

	for _, name := range []string{"BOTH_KINDS", "API_KEY", "MIXED"} {
		if err := s.Remove(t.Context(), dev, name); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "values", show(read(t, s, dev)), "stage DB_URL=of db_url\nstage NEW_ONE=3\n")
	equal(t, "error", failure(s.Remove(t.Context(), dev, "NONE")), "ssm: "+path+"/none: not found\n")
}

func TestPrefixWithoutPlaces(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL, func(c *Config) { c.Prefix = "/team/service" })
	set(t, s, dev, "A", "1")
	p.Take()
	all := []sources.Scope{dev, {Layer: sources.Stage, Name: "dev", Shared: true}, sources.TypeScope("development"), fallback, sharedFallback}
	equal(t, "values", show(read(t, s, all...)), "stage A=1\n")
	version(t, s, all...)
	equal(t, "requests", p.Take(), "DescribeParameters:1 GetParametersByPath:1")
	equal(t, "nothing to ask", version(t, s, fallback), "")
	const hint = "\nput {app} and {scope} into prefix, under ssm: in aside.yaml"
	for scope, want := range map[sources.Scope]string{
		fallback: "the fallback", sharedFallback: "the shared fallback", all[1]: "the shared stage dev",
	} {
		want = "ssm: the prefix /team/service has no place for " + want + hint
		equal(t, "Set", failure(s.Set(t.Context(), scope, map[string]sources.Secret{"A": sources.NewSecret("x")})), want)
		equal(t, "Remove", failure(s.Remove(t.Context(), scope, "A")), want)
	}
	equal(t, "requests", p.Take(), "")
}

// AWS keeps some names for itself.
func TestSetReserved(t *testing.T) {
	const hint = "AWS keeps names that begin with aws or ssm for itself: choose another prefix, like /apps/{app}/{scope}"
	for app, want := range map[string]string{
		"aws-tools": "access denied: ssm:PutParameter is not allowed",
		"SSMer":     "ssm:PutParameter failed: ValidationException",
	} {
		s := newStore(t, moto.Fresh(t), func(c *Config) { c.App = app })
		err := s.Set(t.Context(), dev, map[string]sources.Secret{"A": sources.NewSecret("hunter2")})
		equal(t, app, failure(err), "ssm: /"+app+"/dev/A: "+want+"\n"+hint)
	}
}

func TestNew(t *testing.T) {
	const (
		name = "\ngive the app a name of letters, digits and _.- with app: in aside.yaml or --app"
		path = "\nwrite prefix as /{app}/{scope}, of letters, digits and _.-, with a slash at its start and none at its end"
	)
	for _, test := range []struct{ app, prefix, want string }{
		{"my-app.v2", "", "no error"},
		{"my app", "/team/{scope}", "no error"},
		{"a", "/chamber-{app}_{scope}", "no error"},
		{"", "", "ssm: the app has no name" + name},
		{"_shared", "", "ssm: an app cannot be called _shared: the shared secrets are" + name},
		{"my app", "", `ssm: no parameter can be kept for the app "my app"` + name},
		{"team/app", "", `ssm: no parameter can be kept for the app "team/app"` + name},
		{"a", "{app}/{scope}", `ssm: "{app}/{scope}" is no path that parameters can lie below` + path},
		{"a", "/{app}/{scope}/", `ssm: "/{app}/{scope}/" is no path that parameters can lie below` + path},
		{"a", "/{app}//{scope}", `ssm: "/{app}//{scope}" is no path that parameters can lie below` + path},
		{"a", "/{stage}", `ssm: "/{stage}" is no path that parameters can lie below` + path},
		{"a", "/", `ssm: "/" is no path that parameters can lie below` + path},
		{"a", "team", `ssm: "team" is no path that parameters can lie below` + path},
	} {
		_, err := New(Config{App: test.app, Prefix: test.prefix})
		equal(t, test.app+" "+test.prefix, failure(err), test.want)
	}
}

func TestReadIsToTheLetter(t *testing.T) {
	s := newStore(t, moto.Fresh(t))
	value := "é\x01\n\t\"'\\ ${A} {{ \u2028"
	_, err := rawClient(t, moto.URL(t)).PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String("/" + appName(t) + "/dev/A"), Value: &value, Type: secure, KeyId: aws.String("alias/theirs"),
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "value", read(t, s, dev)[0].Secret.Reveal(), value)
}
