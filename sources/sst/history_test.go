package sst

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/mototest"
)

func versionsOf(t *testing.T, s *Store, scope sources.Scope, name string) []sources.Version {
	t.Helper()
	list, err := s.History(t.Context(), scope, name)
	if err != nil {
		t.Fatal(failure(err))
	}
	return list
}

// brief writes versions as their IDs, with what is said about them.
func brief(list []sources.Version) string {
	var lines []string
	for _, v := range list {
		line := v.ID
		if v.Removed {
			line += "-"
		}
		if v.Current {
			line += "*"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, " ")
}

// latest returns the beginning of the ID of a scope's object.
func (a account) latest(scope string) string {
	a.t.Helper()
	_, out := a.get(scope)
	return fmt.Sprintf("%.8s", *out.VersionId)
}

// Of the versions of the object only those in which the secret changed count.
func TestHistory(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	a := bootstrapped(t, moto.URL(t))
	s := newStore(t, p.URL)
	for _, neighbour := range []string{"secret/my-app/dev.json.bak", "secret/my-app/dev2.json"} {
		_, err := a.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &neighbour, Body: strings.NewReader("x")})
		must(t, err)
	}
	var ids []string
	change := func(namesAndValues ...string) {
		t.Helper()
		set(t, s, dev, namesAndValues...)
		ids = append(ids, a.latest("dev"))
	}
	change("Other", "1")           // 0
	change("A", "1")               // 1
	change("Other", "2")           // 2
	change("A", "2", "Other", "3") // 3
	must(t, s.Remove(t.Context(), dev, "A"))
	ids = append(ids, a.latest("dev")) // 4
	change("Other", "4")               // 5
	p.Take()
	list := versionsOf(t, s, dev, "A")
	equal(t, "requests", p.Take(), "GetObject:6 GetParameter:1 ListObjectVersions:1")
	equal(t, "versions", brief(list), ids[4]+"-* "+ids[3]+" "+ids[1])
	if age := time.Since(list[2].Time); age < -time.Hour || age > time.Hour || list[2].By != "" {
		t.Errorf("got %+v", list[2])
	}
	equal(t, "versions of the other", brief(versionsOf(t, s, dev, "Other")), ids[5]+"* "+ids[3]+" "+ids[2]+" "+ids[0])

	step := func(version, want string) {
		t.Helper()
		if err := s.Rollback(t.Context(), dev, "A", version); err != nil {
			t.Fatalf("to %q: %s", version, failure(err))
		}
		equal(t, "to "+version, a.text("dev"), `{"A":"`+want+`","Other":"4"}`)
	}
	step("", "2")
	step(ids[1], "1")
	step("", "2")
	step(ids[1][:6], "1")
	equal(t, "versions", fmt.Sprint(len(versionsOf(t, s, dev, "A"))), "7")
}

func TestHistoryFails(t *testing.T) {
	endpoint := moto.Fresh(t)
	a := bootstrapped(t, endpoint)
	s := newStore(t, endpoint)
	set(t, s, dev, "ONE", "1")
	set(t, s, dev, "GONE", "1")
	must(t, s.Remove(t.Context(), dev, "GONE"))
	removal := a.latest("dev")
	const which = "aside secret history shows which versions there are"
	for _, c := range []struct {
		scope          sources.Scope
		name, to, want string
		missing        bool
	}{
		{dev, "NEVER", "", "NEVER in stage dev: not found\n", true},
		{sources.StageScope("empty"), "NEVER", "", "NEVER in stage empty: not found\n", true},
		{dev, "ONE", "", "ONE in stage dev: earlier version not found\n", true},
		{dev, "ONE", "zzz", "ONE in stage dev: version zzz not found\n" + which, true},
		{dev, "GONE", removal, "GONE in stage dev: version " + removal + " is its removal\nremove it again, or choose another version", false},
		{sources.TypeScope("preview"), "A", "", "SST has no secrets for the type preview\nSST knows stages and fallbacks only: use --stage or --fallback", false},
	} {
		err := s.Rollback(t.Context(), c.scope, c.name, c.to)
		got := failure(err)
		if c.to == removal { // the full ID
			got = strings.Replace(got, idOf(t, a), removal, 1)
		}
		equal(t, c.name+" "+c.to, got, "sst: "+c.want)
		if errors.Is(err, sources.ErrNotFound) != c.missing {
			t.Errorf("%v: ErrNotFound %t, want %t", err, !c.missing, c.missing)
		}
	}
	_, err := s.History(t.Context(), dev, "NEVER")
	equal(t, "History", failure(err), "sst: NEVER in stage dev: not found\n")
}

func idOf(t *testing.T, a account) string {
	t.Helper()
	_, out := a.get("dev")
	return *out.VersionId
}

// A bucket that keeps no versions, and one that did not at first.
func TestHistoryWithoutVersioning(t *testing.T) {
	endpoint := moto.Fresh(t)
	a := newAccount(t, endpoint)
	_, err := a.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket:                    aws.String(bucket),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "eu-central-1"},
	})
	must(t, err)
	a.parameter(bootstrap, `{"state":"`+bucket+`"}`)
	s := newStore(t, endpoint)
	set(t, s, dev, "A", "1")
	set(t, s, dev, "A", "2")
	const want = "sst: s3://" + bucket + "/secret/my-app/dev.json has no earlier versions: the bucket keeps none, or kept none when it was written\n" +
		"switch versioning on, as SST does when it makes the bucket: " +
		"aws s3api put-bucket-versioning --bucket " + bucket + " --versioning-configuration Status=Enabled"
	_, err = s.History(t.Context(), dev, "A")
	equal(t, "History", failure(err), want)
	equal(t, "Rollback", failure(s.Rollback(t.Context(), dev, "A", "")), want)

	_, err = a.s3.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket:                  aws.String(bucket),
		VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	})
	must(t, err)
	set(t, s, dev, "A", "3")
	equal(t, "versions", brief(versionsOf(t, s, dev, "A")), a.latest("dev")+"* null")
	must(t, s.Rollback(t.Context(), dev, "A", ""))
	equal(t, "values", show(read(t, s, dev)), "stage A=2\n")
}

// A version that nobody can read any more is left out.
func TestHistoryDamaged(t *testing.T) {
	endpoint := moto.Fresh(t)
	a := bootstrapped(t, endpoint)
	var warnings []string
	s := newStore(t, endpoint, func(c *Config) { c.Warn = func(line string) { warnings = append(warnings, line) } })
	set(t, s, dev, "A", "1")
	first := a.latest("dev")
	whole, _ := a.get("dev")
	a.put("dev", seal(key(t, newPassphrase()), map[string]string{"A": "hunter2"}, false), false)
	damaged := idOf(t, a)
	a.put("dev", whole, false)
	set(t, s, dev, "A", "2")
	last := a.latest("dev")
	for range 2 {
		equal(t, "versions", brief(versionsOf(t, s, dev, "A")), last+"* "+first)
	}
	equal(t, "warnings", strings.Join(warnings, "\n"),
		"sst: the version "+damaged+" of secret/my-app/dev.json is left out: it cannot be decrypted")
}

// listing answers for an object with versions of the test's choice.
func listing(t *testing.T, versions string, bodies map[string][]byte, passphrase string) *Store {
	t.Helper()
	f := newFake(t, nil, func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		if mototest.Operation(r) == "ListObjectVersions" {
			if got := r.URL.Query().Get("max-keys"); got != "100" {
				t.Errorf("max-keys %s", got)
			}
			fmt.Fprintf(w, "<ListVersionsResult>%s</ListVersionsResult>", versions)
			return
		}
		if body, ok := bodies[r.URL.Query().Get("versionId")]; ok {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
			return
		}
		serve(w, r)
	})
	f.passphrase = passphrase
	return newStore(t, f.URL)
}

// The object was deleted, and made anew: the list has deletions apart.
func TestHistoryWithDeletions(t *testing.T) {
	passphrase := newPassphrase()
	bodies := map[string][]byte{}
	for id, value := range map[string]string{"v1": "1", "v2": "1", "v3": "1"} {
		bodies[id] = seal(key(t, passphrase), map[string]string{"A": value}, false)
	}
	entry := func(kind, id, at string, latest bool) string {
		return fmt.Sprintf("<%s><Key>secret/my-app/dev.json</Key><VersionId>%s</VersionId><LastModified>2026-01-02T03:04:%sZ</LastModified><IsLatest>%t</IsLatest></%s>",
			kind, id, at, latest, kind)
	}
	s := listing(t, entry("Version", "v3", "05", false)+entry("Version", "v2", "02", false)+entry("Version", "v1", "01", false)+
		entry("DeleteMarker", "d2", "05", true)+entry("DeleteMarker", "d1", "03", false), bodies, passphrase)
	list := versionsOf(t, s, dev, "A")
	equal(t, "versions", brief(list), "d2-* v3 d1- v1")
	equal(t, "time", list[2].Time.Format(time.TimeOnly), "03:04:03")
}

// Beyond the versions that are looked into it is not known when a value was set.
func TestHistoryIsCut(t *testing.T) {
	passphrase := newPassphrase()
	bodies := map[string][]byte{}
	var versions strings.Builder
	for i := range maxSnapshots {
		id := fmt.Sprint("v", i)
		bodies[id] = seal(key(t, passphrase), map[string]string{"A": fmt.Sprint(i / 60), "B": fmt.Sprint(i)}, false)
		fmt.Fprintf(&versions, "<Version><Key>secret/my-app/dev.json</Key><VersionId>%s</VersionId><LastModified>2026-01-02T03:04:05Z</LastModified></Version>", id)
	}
	for _, cut := range []string{"secret/my-app/dev.json", "secret/my-app/dev.json.bak"} {
		s := listing(t, "<IsTruncated>true</IsTruncated><NextKeyMarker>"+cut+"</NextKeyMarker>"+versions.String(), bodies, passphrase)
		list := versionsOf(t, s, dev, "A")
		equal(t, "versions", brief(list), "v59* v99")
		if unknown := cut == "secret/my-app/dev.json"; list[0].Time.IsZero() || list[1].Time.IsZero() != unknown {
			t.Errorf("%s: got %v", cut, list)
		}
		if n := len(versionsOf(t, s, dev, "B")); n != maxSnapshots {
			t.Errorf("got %d versions", n)
		}
	}
}

func TestHistoryDenied(t *testing.T) {
	const (
		user = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: "
		hint = " is not allowed for arn:aws:iam::123456789012:user/ci\n" +
			"earlier versions need s3:ListBucketVersions on the state bucket, and s3:GetObjectVersion on secret/my-app/* in it"
	)
	f := newFake(t, refuse("ListObjectVersions", refusal{403, "AccessDenied", user + "s3:ListBucketVersions on resource: x"}))
	_, err := newStore(t, f.URL).History(t.Context(), dev, "A")
	equal(t, "listing", failure(err), "sst: s3://"+bucket+"/secret/my-app/dev.json: access denied: s3:ListBucketVersions"+hint)

	version := "<Version><Key>secret/my-app/dev.json</Key><VersionId>v1</VersionId></Version>"
	f = newFake(t, refuse("GetObject", refusal{403, "AccessDenied", user + "s3:GetObjectVersion on resource: x"}),
		func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
			if mototest.Operation(r) != "ListObjectVersions" {
				serve(w, r)
				return
			}
			fmt.Fprintf(w, "<ListVersionsResult>%s</ListVersionsResult>", version)
		})
	_, err = newStore(t, f.URL).History(t.Context(), dev, "A")
	equal(t, "reading", failure(err), "sst: s3://"+bucket+"/secret/my-app/dev.json: access denied: s3:GetObjectVersion"+hint)

	f.passphrase = ""
	_, err = newStore(t, f.URL).History(t.Context(), dev, "A")
	equal(t, "no passphrase", failure(err), "sst: /sst/passphrase/my-app/dev is missing, and secret/my-app/dev.json is encrypted with it\n"+
		"bring the passphrase back from a backup; if it is lost, delete the object and set its secrets again")
}
