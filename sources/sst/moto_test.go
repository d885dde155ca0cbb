package sst

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/aside-cli/aside/sources"
)

const bucket = "sst-state-abcdefghijkl"

// An account is what SST finds and leaves in AWS, without this package.
type account struct {
	t   *testing.T
	s3  *s3.Client
	ssm *ssm.Client
}

func newAccount(t *testing.T, endpoint string) account {
	t.Helper()
	cfg, err := newStore(t, endpoint).aws.session.Config(t.Context())
	must(t, err)
	return account{t, s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }), ssm.NewFromConfig(cfg)}
}

// bootstrapped is an account in which SST has run before.
func bootstrapped(t *testing.T, endpoint string) account {
	t.Helper()
	a := newAccount(t, endpoint)
	_, err := a.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: aws.String(bucket),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{
			LocationConstraint: "eu-central-1",
		},
	})
	must(t, err)
	_, err = a.s3.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket:                  aws.String(bucket),
		VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	})
	must(t, err)
	a.parameter(bootstrap, `{"version":5,"asset":"sst-asset-abcdefghijkl","assetEcrUrl":"","state":"`+bucket+`","appsyncHttp":""}`)
	return a
}

func (a account) parameter(name, value string) {
	a.t.Helper()
	_, err := a.ssm.PutParameter(a.t.Context(), &ssm.PutParameterInput{
		Name: &name, Value: &value, Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true),
	})
	must(a.t, err)
}

func (a account) passphrase(scope string) string {
	a.t.Helper()
	out, err := a.ssm.GetParameter(a.t.Context(), &ssm.GetParameterInput{
		Name: aws.String("/sst/passphrase/my-app/" + scope), WithDecryption: aws.Bool(true),
	})
	must(a.t, err)
	if out.Parameter.Type != ssmtypes.ParameterTypeSecureString {
		a.t.Errorf("the passphrase is a %s", out.Parameter.Type)
	}
	return *out.Parameter.Value
}

// keep stores a reference as SST does, for a scope.
func (a account) keep(scope string, ref reference) {
	a.t.Helper()
	name := "/sst/passphrase/my-app/" + scope
	_, err := a.ssm.PutParameter(a.t.Context(), &ssm.PutParameterInput{
		Name: &name, Value: &ref.Passphrase, Type: ssmtypes.ParameterTypeSecureString, Overwrite: aws.Bool(false),
		Description: aws.String("DO NOT DELETE STATE WILL BECOME UNRECOVERABLE"),
	})
	must(a.t, err)
	a.put(scope, ref.Body, ref.Zipped)
}

func (a account) put(scope string, body []byte, zipped bool) {
	a.t.Helper()
	in := &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String("secret/my-app/" + scope + ".json"),
		Body: bytes.NewReader(body), ContentType: aws.String("application/json"),
	}
	if zipped {
		in.ContentEncoding = aws.String("gzip")
	}
	_, err := a.s3.PutObject(a.t.Context(), in)
	must(a.t, err)
}

func (a account) get(scope string) (body []byte, out *s3.GetObjectOutput) {
	a.t.Helper()
	out, err := a.s3.GetObject(a.t.Context(), &s3.GetObjectInput{
		Bucket: aws.String(bucket), Key: aws.String("secret/my-app/" + scope + ".json"),
	})
	must(a.t, err)
	defer out.Body.Close()
	body, err = io.ReadAll(out.Body)
	must(a.t, err)
	return body, out
}

// text returns a scope's JSON, decrypted by the description.
func (a account) text(scope string) string {
	a.t.Helper()
	body, _ := a.get(scope)
	text, _ := described(a.t, a.passphrase(scope), body)
	return text
}

func TestReadWhatSSTWrote(t *testing.T) {
	for _, ref := range references(t) {
		t.Run(ref.Name, func(t *testing.T) {
			endpoint := moto.Fresh(t)
			a := bootstrapped(t, endpoint)
			a.keep("dev", ref)
			a.keep("_fallback", ref)
			values := read(t, newStore(t, endpoint), dev, fallbacks)
			want := "stage Empty=\nstage StripeKey=sk_test_<&>\u2028\nstage Text=é\n\"quoted\"\t\\ $HOME 🔑\x7f\x01\n"
			equal(t, "values", show(values), want+strings.ReplaceAll(want, "stage ", "fallback "))

			_, out := a.get("_fallback")
			last := values[len(values)-1].Origin
			equal(t, "source", last.Source, "sst:my-app/_fallback/Text")
			equal(t, "version", last.Version, fmt.Sprintf("%.8s", *out.VersionId))
			if len(last.Version) != 8 || last.Shared {
				t.Errorf("origin %+v", last)
			}
		})
	}
}

func TestSSTReadsWhatIsSet(t *testing.T) {
	for _, ref := range references(t) {
		t.Run(ref.Name, func(t *testing.T) {
			endpoint := moto.Fresh(t)
			a := bootstrapped(t, endpoint)
			a.keep("dev", ref)
			set(t, newStore(t, endpoint), dev, "Text", "<b>", "New_1", "1")

			body, out := a.get("dev")
			text, zipped := described(t, ref.Passphrase, body)
			equal(t, "text", text, `{"Empty":"","New_1":"1","StripeKey":"sk_test_\u003c\u0026\u003e\u2028","Text":"\u003cb\u003e"}`)
			encoding := ""
			if zipped {
				encoding = "gzip"
			}
			equal(t, "encoding", aws.ToString(out.ContentEncoding), encoding)
			equal(t, "type", aws.ToString(out.ContentType), "application/json")
			if zipped != ref.Zipped {
				t.Errorf("gzipped %t, want %t", zipped, ref.Zipped)
			}
			equal(t, "passphrase", a.passphrase("dev"), ref.Passphrase)
		})
	}
}

func TestFirstSecret(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	a := bootstrapped(t, moto.URL(t))
	s := newStore(t, p.URL)
	equal(t, "nothing there", show(read(t, s, dev, fallbacks)), "")
	equal(t, "requests", p.Take(), "GetObject:2 GetParameter:3")

	set(t, s, dev, "A", "1")
	equal(t, "requests", p.Take(), "GetObject:1 GetParameter:1 PutObject:1 PutParameter:1")
	equal(t, "stage", a.text("dev"), `{"A":"1"}`)
	passphrase := a.passphrase("dev")
	parameters, err := a.ssm.DescribeParameters(t.Context(), &ssm.DescribeParametersInput{
		ParameterFilters: []ssmtypes.ParameterStringFilter{{Key: aws.String("Name"), Values: []string{"/sst/passphrase/my-app/dev"}}},
	})
	must(t, err)
	equal(t, "description", aws.ToString(parameters.Parameters[0].Description), "DO NOT DELETE STATE WILL BECOME UNRECOVERABLE")

	set(t, s, fallbacks, "A", "0")
	set(t, s, dev, "B", "2")
	p.Take()
	set(t, s, dev, "B", "2", "A", "1") // no change
	equal(t, "requests without a change", p.Take(), "GetObject:1 GetParameter:1")
	equal(t, "stage", a.text("dev"), `{"A":"1","B":"2"}`)
	equal(t, "fallback", a.text("_fallback"), `{"A":"0"}`)
	equal(t, "passphrase", a.passphrase("dev"), passphrase)
	if a.passphrase("_fallback") == passphrase {
		t.Error("two scopes have the same passphrase")
	}
}

func TestRemove(t *testing.T) {
	endpoint := moto.Fresh(t)
	a := bootstrapped(t, endpoint)
	s := newStore(t, endpoint)
	err := s.Remove(t.Context(), dev, "A")
	equal(t, "no object", failure(err), "sst: A in stage dev: not found\n")
	isNotFound(t, err)
	set(t, s, dev, "A", "1", "B", "2")
	must(t, s.Remove(t.Context(), dev, "A"))
	equal(t, "one left", a.text("dev"), `{"B":"2"}`)
	err = s.Remove(t.Context(), dev, "A")
	equal(t, "again", failure(err), "sst: A in stage dev: not found\n")
	isNotFound(t, err)
	must(t, s.Remove(t.Context(), dev, "B"))
	equal(t, "none left", a.text("dev"), `{}`)
	equal(t, "values", show(read(t, s, dev)), "")
}

func TestRequests(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	bootstrapped(t, moto.URL(t))
	s := newStore(t, p.URL)
	hundred := make([]string, 0, 200)
	for i := range 100 {
		hundred = append(hundred, fmt.Sprintf("NAME_%03d", i), strings.Repeat("x", 100))
	}
	set(t, s, dev, hundred...)
	set(t, s, fallbacks, hundred...)
	p.Take()

	s = newStore(t, p.URL)
	if n := len(read(t, s, dev, fallbacks)); n != 200 {
		t.Fatalf("%d values, want 200", n)
	}
	equal(t, "reading 100 + 100", p.Take(), "GetObject:2 GetParameter:3")
	read(t, s, dev, fallbacks)
	equal(t, "again", p.Take(), "GetObject:2 GetParameter:2")
	for range 2 {
		_, err := s.Version(t.Context(), dev, fallbacks)
		must(t, err)
		equal(t, "a quiet poll", p.Take(), "GetObject:2")
	}
	shared := sources.Scope{Layer: sources.Stage, Name: "dev", Shared: true}
	equal(t, "scopes that SST does not have", show(read(t, s, sources.TypeScope("development"), shared)), "")
	version, err := s.Version(t.Context(), sources.TypeScope("development"), shared)
	must(t, err)
	equal(t, "their version", version, " ")
	equal(t, "their requests", p.Take(), "")
}

func TestVersionFollowsChanges(t *testing.T) {
	endpoint := moto.Fresh(t)
	a := bootstrapped(t, endpoint)
	s, other := newStore(t, endpoint), newStore(t, endpoint)
	var seen []string
	step := func(what string, changes bool) {
		t.Helper()
		v, err := s.Version(t.Context(), dev, fallbacks)
		must(t, err)
		if changed := !slices.Contains(seen, v); changed != changes {
			t.Errorf("%s: changed %t, want %t", what, changed, changes)
		}
		seen = append(seen, v)
	}
	step("nothing there", true)
	step("nothing there", false)
	set(t, other, dev, "A", "1")
	step("created", true)
	step("created", false)
	set(t, other, dev, "A", "1")
	step("set to the same", false)
	set(t, other, dev, "A", "2")
	step("changed", true)
	read(t, s, dev, fallbacks)
	step("read", false)
	set(t, other, fallbacks, "A", "2")
	step("fallback created", true)
	set(t, other, sources.StageScope("dev2"), "A", "2")
	step("another stage", false)
	_, err := a.s3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("secret/my-app/_fallback.json")})
	must(t, err)
	step("deleted: as before it was created", false)
	if seen[len(seen)-1] == seen[len(seen)-2] {
		t.Error("the deletion does not show")
	}
}

// Writers at once, of the first secrets too, lose nothing and make one passphrase.
func TestSetAtOnce(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	a := bootstrapped(t, moto.URL(t))
	const writers = 8
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			s := newStore(t, p.URL, func(c *Config) { c.AWS.Timeout = 5 * 60e9 })
			for j := range 3 {
				err := s.Set(context.Background(), dev, pairs(fmt.Sprintf("NAME_%d_%d", i, j), "x"))
				if err != nil {
					t.Error(failure(err))
				}
			}
		})
	}
	group.Wait()
	if values := read(t, newStore(t, p.URL), dev); len(values) != 3*writers {
		t.Errorf("%d of %d are left:\n%s", len(values), 3*writers, show(values))
	}
	history, err := a.ssm.GetParameterHistory(t.Context(), &ssm.GetParameterHistoryInput{Name: aws.String("/sst/passphrase/my-app/dev")})
	must(t, err)
	if n := len(history.Parameters); n != 1 {
		t.Errorf("the passphrase was written %d times", n)
	}
}

// What SST writes between our read and our write is kept.
func TestSetBesideSST(t *testing.T) {
	ref := references(t)[0]
	p := newProxy(t, moto.Fresh(t))
	a := bootstrapped(t, moto.URL(t))
	s := newStore(t, p.URL)
	for what, test := range map[string]struct {
		scope  string
		before func()
		want   string
	}{
		"first object": {"new", func() { a.keep("new", ref) }, `{"Empty":"","Ours":"1","StripeKey":"sk_test_\u003c\u0026\u003e\u2028","Text":`},
		"another":      {"dev", func() { a.put("dev", seal(key(t, a.passphrase("dev")), map[string]string{"Theirs": "1"}, true), true) }, `{"Ours":"1","Theirs":"1"}`},
		"deletion": {"gone", func() {
			_, err := a.s3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("secret/my-app/gone.json")})
			must(t, err)
		}, `{"Ours":"1"}`},
	} {
		t.Run(what, func(t *testing.T) {
			scope := sources.StageScope(test.scope)
			if test.scope != "new" {
				set(t, s, scope, "Old", "1")
			}
			once := sync.Once{}
			p.before = func(operation string) {
				if strings.HasPrefix(operation, "Put") {
					once.Do(test.before)
				}
			}
			p.Take()
			set(t, s, scope, "Ours", "1")
			p.before = nil
			if got := a.text(test.scope); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestStateIsMissing(t *testing.T) {
	const mend = "run sst once in this AWS account and region, or set the app's own: region and profile under aws: in aside.yaml"
	endpoint := moto.Fresh(t)
	a := newAccount(t, endpoint)
	s := newStore(t, endpoint)
	check := func(what, want string) {
		t.Helper()
		_, err := s.Read(t.Context(), dev, fallbacks)
		equal(t, what+": Read", failure(err), want)
		err = s.Set(t.Context(), dev, pairs("A", "hunter2"))
		equal(t, what+": Set", failure(err), want)
		if errors.Is(err, sources.ErrUnreachable) {
			t.Error("a store that answers is not unreachable")
		}
	}
	check("no bootstrap", "sst: there is no SSM parameter /sst/bootstrap in eu-central-1: SST never ran there\n"+mend)
	_, err := s.Version(t.Context(), dev)
	equal(t, "no bootstrap: Version", failure(err), "sst: there is no SSM parameter /sst/bootstrap in eu-central-1: SST never ran there\n"+mend)
	for _, value := range []string{"x", "[]", `{"version":1}`, `{"state":""}`, `{"state":5}`, `{"state":"arn:aws:s3:::x"}`, `{"state":"../x"}`, `{"state":"ab"}`, `{"state":"Sst-State"}`} {
		a.parameter(bootstrap, value)
		check(value, "sst: the SSM parameter /sst/bootstrap in eu-central-1 names no state bucket\n"+mend)
	}
	a.parameter(bootstrap, `{"state":"sst-state-gone"}`)
	check("no bucket", "sst: the state bucket sst-state-gone, which /sst/bootstrap names, does not exist\n"+
		"if SST was set up anew in this account and region, run sst once to make another")
	bootstrapped(t, endpoint) // and the store asks again
	set(t, s, dev, "A", "1")
	equal(t, "values", show(read(t, s, dev)), "stage A=1\n")
}

func TestStateIsDamaged(t *testing.T) {
	const (
		missing = "sst: /sst/passphrase/my-app/dev is missing, and secret/my-app/dev.json is encrypted with it\n" +
			"bring the passphrase back from a backup; if it is lost, delete the object and set its secrets again"
		noKey  = "sst: /sst/passphrase/my-app/dev is no base64 of a key\nbring the passphrase back as SST made it, from a backup"
		sealed = "sst: secret/my-app/dev.json cannot be decrypted with /sst/passphrase/my-app/dev\n" +
			"one of the two was damaged or replaced: bring an earlier version of it back"
		noJSON = "sst: secret/my-app/dev.json is no JSON object of names and values\nbring an earlier version of it back"
	)
	ref := references(t)[0]
	k := key(t, ref.Passphrase)
	n := []byte("abcdefghijkl")
	number := k.Seal(n, n, []byte(`{"A":12345678}`), nil)
	for name, test := range map[string]struct {
		passphrase string
		body       []byte
		want       string
	}{
		"no passphrase":      {"", ref.Body, missing},
		"another passphrase": {newPassphrase(), ref.Body, sealed},
		"no key":             {"hunter2", ref.Body, noKey},
		"cut":                {ref.Passphrase, ref.Body[:20], sealed},
		"empty":              {ref.Passphrase, []byte{}, sealed},
		"not encrypted":      {ref.Passphrase, []byte(`{"A":"hunter2"}`), sealed},
		"a number":           {ref.Passphrase, number, noJSON},
	} {
		t.Run(name, func(t *testing.T) {
			endpoint := moto.Fresh(t)
			a := bootstrapped(t, endpoint)
			a.put("dev", test.body, false)
			if test.passphrase != "" {
				a.parameter("/sst/passphrase/my-app/dev", test.passphrase)
			}
			s := newStore(t, endpoint)
			values, err := s.Read(t.Context(), fallbacks, dev)
			equal(t, "Read", failure(err), test.want)
			if values != nil {
				t.Error("values in spite of an error")
			}
			equal(t, "Set", failure(s.Set(t.Context(), dev, pairs("A", "1"))), test.want)
			equal(t, "Remove", failure(s.Remove(t.Context(), dev, "A")), test.want)
			if body, _ := a.get("dev"); !bytes.Equal(body, test.body) {
				t.Error("the object was changed")
			}
		})
	}
}

func TestNamesThatAreNoVariables(t *testing.T) {
	endpoint := moto.Fresh(t)
	a := bootstrapped(t, endpoint)
	passphrase := newPassphrase()
	a.keep("dev", reference{Passphrase: passphrase, Body: seal(key(t, passphrase), map[string]string{"a-b": "x", "lower": "1", "": "x"}, false)})
	var warnings []string
	s := newStore(t, endpoint, func(c *Config) { c.Warn = func(line string) { warnings = append(warnings, line) } })
	for range 2 {
		equal(t, "values", show(read(t, s, dev)), "stage lower=1\n")
	}
	equal(t, "warnings", strings.Join(warnings, "\n"),
		"sst: \"sst:my-app/dev/\" is left out: it is no name of an environment variable\n"+
			"sst: \"sst:my-app/dev/a-b\" is left out: it is no name of an environment variable")
	set(t, s, dev, "A", "1")
	equal(t, "what others wrote stays", a.text("dev"), `{"":"x","A":"1","a-b":"x","lower":"1"}`)
	must(t, s.Remove(t.Context(), dev, "lower"))
	equal(t, "and can be removed", a.text("dev"), `{"":"x","A":"1","a-b":"x"}`)
}

// Buckets have no host names of their own at an endpoint from the environment.
func TestEndpointFromEnvironment(t *testing.T) {
	endpoint := moto.Fresh(t)
	bootstrapped(t, endpoint)
	t.Setenv("AWS_ENDPOINT_URL", strings.Replace(endpoint, "127.0.0.1", "localhost", 1))
	t.Setenv("AWS_ENDPOINT_URL_S3", endpoint)
	s := newStore(t, "")
	set(t, s, dev, "A", "1")
	equal(t, "values", show(read(t, s, dev)), "stage A=1\n")
}
