package awssm

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/aside-cli/aside/sources"
)

func TestReadScopesTogether(t *testing.T) {
	s := newStore(t, moto.Fresh(t))
	app, raw := appName(t), rawClient(t, moto.URL(t))
	for name, value := range map[string]string{
		app + "/dev/B":                  "stage b",
		app + "/dev/A":                  "stage a",
		app + "/_fallback/A":            "fallback a",
		app + "/_type.development/T":    " $TYPE \n",
		app + "/dev2/X":                 "other stage",
		app + "/dev/sub/X":              "deeper",
		app + "-other/dev/X":            "other app",
		strings.ToLower(app) + "/dev/L": "other case",
	} {
		create(t, raw, name, value)
	}
	create(t, raw, "_shared/together/S", "shared s")
	sharedStage := sources.Scope{Layer: sources.Stage, Name: "together", Shared: true}

	values := read(t, s, dev, sharedStage, sources.TypeScope("development"), fallback)
	equal(t, "values", show(values), ""+
		"stage A=stage a\nstage B=stage b\nshared stage S=shared s\n"+
		"type T= $TYPE \n\nfallback A=fallback a\n")
	first := values[0].Origin
	equal(t, "source", first.Source, "awssm:"+app+"/dev/A")
	if len(first.Version) != 8 {
		t.Errorf("version %q, want 8 characters", first.Version)
	}
	if none := read(t, s, sources.StageScope("empty")); len(none) != 0 {
		t.Errorf("an empty scope gave %s", show(none))
	}
}

func TestReadObject(t *testing.T) {
	var warnings []string
	s := newStore(t, moto.Fresh(t), func(c *Config) { c.Warn = func(line string) { warnings = append(warnings, line) } })
	app, raw := appName(t), rawClient(t, moto.URL(t))
	create(t, raw, app+"/dev/OWN", "by its own name")
	create(t, raw, app+"/dev", `{"OWN": "member", "TEXT": "é\n\"$A\"", "EMPTY": "", "NUMBER": 12345678901234567890.50,
		"BOOL": true, "LIST": [1, {"a": "<&>"}], "OBJECT": {"b": 2, "a": null}, "TWICE": "1", "TWICE": "2",
		"NULL": null, "not-a-name": "x"}`)
	create(t, raw, app+"/dev/not-a-name", "x")

	want := "stage BOOL=true\nstage EMPTY=\nstage LIST=[1,{\"a\":\"<&>\"}]\nstage NUMBER=12345678901234567890.50\n" +
		"stage OBJECT={\"b\":2,\"a\":null}\nstage OWN=by its own name\nstage TEXT=é\n\"$A\"\nstage TWICE=2\n"
	for range 2 { // a warning is given once
		equal(t, "values", show(read(t, s, dev)), want)
	}
	slices.Sort(warnings)
	equal(t, "warnings", strings.Join(warnings, "\n"), strings.ReplaceAll(
		"awssm: \"not-a-name\" in APP/dev is left out: it is no name of an environment variable\n"+
			"awssm: NULL in APP/dev is left out: it is null\n"+
			"awssm: APP/dev/not-a-name is left out: it is no name of an environment variable", "APP", app))
	for _, v := range read(t, s, dev) {
		if v.Name == "TEXT" {
			equal(t, "a member's source", v.Origin.Source, "awssm:"+app+"/dev")
		}
	}
}

func TestReadRefusesWhatCannotBeInjected(t *testing.T) {
	const mend = "make it an object like {\"NAME\": \"value\"}, or keep it under a name that is no stage"
	for _, test := range []struct{ stage, object, want string }{
		{"cut", `{"A": "hunter2`, "APP/cut is no valid JSON: error at byte 14\n" + mend},
		{"typo", `{"A": hunter2}`, "APP/typo is no valid JSON: error at byte 7\n" + mend},
		{"text", `hunter2`, "APP/text is no valid JSON: error at byte 1\n" + mend},
		{"list", `["hunter2"]`, "APP/list is no JSON object\n" + mend},
		{"string", `"hunter2"`, "APP/string is no JSON object\n" + mend},
		{"null", `null`, "APP/null is no JSON object\n" + mend},
		{"two", `{} {"A": "hunter2"}`, "APP/two is no valid JSON: error at byte 4\n" + mend},
	} {
		t.Run(test.stage, func(t *testing.T) {
			app := appName(t)
			create(t, rawClient(t, moto.Fresh(t)), app+"/"+test.stage, test.object)
			_, err := newStore(t, moto.URL(t)).Read(t.Context(), sources.StageScope(test.stage))
			equal(t, "error", failure(err), "awssm: "+strings.ReplaceAll(test.want, "APP", app))
		})
	}
	t.Run("binary", func(t *testing.T) {
		app, raw := appName(t), rawClient(t, moto.Fresh(t))
		createBinary(t, raw, app+"/dev/KEYSTORE", []byte{0xfe, 0xed})
		_, err := newStore(t, moto.URL(t)).Read(t.Context(), dev)
		equal(t, "error", failure(err), "awssm: "+app+"/dev/KEYSTORE is binary, and no environment variable\n"+
			"store it as text, in base64 for example, or under another name")
		createBinary(t, raw, app+"/pr-1", []byte(`{}`))
		_, err = newStore(t, moto.URL(t)).Read(t.Context(), sources.StageScope("pr-1"))
		equal(t, "error", failure(err), "awssm: "+app+"/pr-1 is no JSON object\n"+mend)
	})
}

// A secret that is scheduled for deletion or has no value yet is not there.
// Moto refuses a whole batch for such a secret, which AWS does not.
func TestReadSkipsDeletedSecrets(t *testing.T) {
	s := newStore(t, moto.Fresh(t))
	app, raw := appName(t), rawClient(t, moto.URL(t))
	create(t, raw, app+"/dev", `{"C": "3"}`)
	create(t, raw, app+"/dev/A", "1")
	create(t, raw, app+"/dev/B", "2")
	scheduleDeletion(t, raw, app+"/dev/B")
	equal(t, "values", show(read(t, s, dev)), "stage A=1\nstage C=3\n")

	valueless := app + "/dev/D"
	if _, err := raw.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &valueless}); err != nil {
		t.Fatal(err)
	}
	scheduleDeletion(t, raw, app+"/dev")
	equal(t, "values", show(read(t, s, dev)), "stage A=1\n")
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
	equal(t, "writing", p.Take(), "CreateSecret:200 DescribeSecret:200")

	if n := len(read(t, s, dev, fallback)); n != 200 {
		t.Fatalf("%d values, want 200", n)
	}
	equal(t, "reading 100 + 100", p.Take(), "BatchGetSecretValue:11")

	version := func() string {
		v, err := s.Version(t.Context(), dev, fallback)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	before := version()
	equal(t, "polling where the order is not kept", p.Take(), "ListSecrets:2")
	set(t, s, fallback, "NAME_099", "changed") // on the second page
	p.Take()
	if version() == before {
		t.Error("a change on the second page does not show")
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
		v, err := s.Version(t.Context(), dev, fallback)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, what+": requests", p.Take(), "ListSecrets:1")
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
	create(t, raw, app+"/_fallback", `{}`)
	step("object created", true)
	create(t, raw, app+"/dev2/A", "1")
	create(t, raw, app+"/dev/sub/A", "1")
	step("others created", false)
	scheduleDeletion(t, raw, app+"/dev/A")
	step("deleted", true)
	set(t, s, dev, "A", "2")
	step("restored", true)
	if err := newStore(t, p.URL, func(c *Config) { c.ForceDelete = true }).Remove(t.Context(), dev, "A"); err != nil {
		t.Fatal(err)
	}
	set(t, s, dev, "B", "1")
	step("deleted for good, another created", true)

	v, err := s.Version(t.Context())
	equal(t, "no scopes", v+failure(err), "no error")
}

func TestSet(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL, func(c *Config) {
		c.KMSKey = "alias/ours"
		c.Descriptions = map[string]string{"A": "The first"}
	})
	app, raw := appName(t), rawClient(t, moto.URL(t))
	longest := strings.Repeat("x", sources.MaxValue)
	set(t, s, dev, "A", "a\n $b\x7f", "B", longest)
	equal(t, "requests", p.Take(), "CreateSecret:2 DescribeSecret:2")
	equal(t, "A", valueOf(t, raw, app+"/dev/A"), "a\n $b\x7f")
	equal(t, "B", valueOf(t, raw, app+"/dev/B"), longest)

	d, err := raw.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String(app + "/dev/A")})
	if err != nil {
		t.Fatal(err)
	}
	tags := ""
	for _, tag := range d.Tags {
		tags += *tag.Key + "=" + *tag.Value + " "
	}
	equal(t, "tags", tags, "aside:app="+app+" aside:stage=dev ")
	equal(t, "key and description", aws.ToString(d.KmsKeyId)+", "+aws.ToString(d.Description), "alias/ours, The first")

	set(t, s, dev, "A", "again")
	equal(t, "requests", p.Take(), "DescribeSecret:1 PutSecretValue:1")
	equal(t, "A", valueOf(t, raw, app+"/dev/A"), "again")

	scheduleDeletion(t, raw, app+"/dev/A")
	set(t, s, dev, "A", "restored")
	equal(t, "requests", p.Take(), "DescribeSecret:1 PutSecretValue:1 RestoreSecret:1")
	equal(t, "values", show(read(t, s, dev))[:len("stage A=restored\n")], "stage A=restored\n")

	set(t, s, sources.TypeScope("preview"), "A", "type")
	set(t, s, sources.Scope{Layer: sources.Fallback, Shared: true}, "FROM_"+app, "shared")
	equal(t, "type", valueOf(t, raw, app+"/_type.preview/A"), "type")
	equal(t, "shared", valueOf(t, raw, "_shared/_fallback/FROM_"+app), "shared")

	p.Take()
	err = s.Set(t.Context(), dev, map[string]sources.Secret{"A": sources.NewSecret("x"), "NONE": sources.NewSecret("")})
	equal(t, "empty value", failure(err), "awssm: "+app+"/dev/NONE cannot be set to the empty string: Secrets Manager keeps none\n"+
		"set it in aside.yaml's parameters or in a .env file, or remove it")
	err = s.Set(t.Context(), dev, map[string]sources.Secret{"A": sources.NewSecret("x"), "RAW": sources.NewSecret("a\xffb")})
	equal(t, "no text", failure(err), "awssm: "+app+"/dev/RAW is not valid UTF-8: Secrets Manager cannot keep it\n"+
		"encode it first, with base64 for example")
	equal(t, "requests", p.Take(), "")
}

func TestRemove(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL)
	app, raw := appName(t), rawClient(t, moto.URL(t))
	create(t, raw, app+"/dev", `{"MEMBER": "hunter2"}`)
	set(t, s, dev, "A", "1", "B", "2")
	p.Take()

	if err := s.Remove(t.Context(), dev, "A"); err != nil {
		t.Fatal(err)
	}
	equal(t, "requests", p.Take(), "DeleteSecret:1 DescribeSecret:1")
	equal(t, "values", show(read(t, s, dev)), "stage B=2\nstage MEMBER=hunter2\n")
	if _, err := raw.RestoreSecret(t.Context(), &secretsmanager.RestoreSecretInput{SecretId: aws.String(app + "/dev/A")}); err != nil {
		t.Errorf("a removed secret cannot be restored: %v", err)
	}

	forced := newStore(t, p.URL, func(c *Config) { c.ForceDelete = true })
	if err := forced.Remove(t.Context(), dev, "A"); err != nil {
		t.Fatal(err)
	}
	_, err := raw.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String(app + "/dev/A")})
	if err == nil {
		t.Error("a secret deleted without a recovery window is still there")
	}

	if err := s.Remove(t.Context(), dev, "B"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"A", "B", "NEVER"} { // gone, scheduled for deletion, never there
		err := s.Remove(t.Context(), dev, name)
		equal(t, "error", failure(err), "awssm: "+app+"/dev/"+name+": not found\n")
		if !errors.Is(err, sources.ErrNotFound) {
			t.Errorf("%s: %v does not wrap ErrNotFound", name, err)
		}
	}
	err = s.Remove(t.Context(), dev, "MEMBER")
	equal(t, "error", failure(err), "awssm: MEMBER is kept in the JSON object "+app+"/dev, which is only read\n"+
		"remove it from the object where that is written, or in the AWS console")
	err = s.Remove(t.Context(), fallback, "A")
	equal(t, "error", failure(err), "awssm: "+app+"/_fallback/A: not found\n")
}

func TestNew(t *testing.T) {
	const hint = "\ngive the app a name of letters, digits and _+=.@- with app: in aside.yaml or --app"
	for app, want := range map[string]string{
		"my-app.v2": "no error",
		"":          "awssm: the app has no name" + hint,
		"_shared":   "awssm: an app cannot be called _shared: the shared secrets are" + hint,
		"my app":    `awssm: no secret can be kept for the app "my app": character 3 may not stand in its name` + hint,
		"team/app":  `awssm: no secret can be kept for the app "team/app": character 5 may not stand in its name` + hint,
		"naïve":     `awssm: no secret can be kept for the app "naïve": character 3 may not stand in its name` + hint,
	} {
		_, err := New(Config{App: app})
		equal(t, app, failure(err), want)
	}
	s, err := New(Config{App: strings.Repeat("a", 500)})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Set(t.Context(), dev, map[string]sources.Secret{"LONG_NAME": sources.NewSecret("x")})
	equal(t, "long", failure(err), "awssm: the name "+strings.Repeat("a", 40)+"… has 514 characters: Secrets Manager allows 512\n")
}
