package ssm

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aside-cli/aside/sources"
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
		if v.Current {
			line += "*"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, " ")
}

func TestHistory(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL)
	set(t, s, dev, "A", "1", "B", "1")
	set(t, s, dev, "A", "2")
	set(t, s, dev, "A", "2")
	p.Take()
	list := versionsOf(t, s, dev, "A")
	equal(t, "requests", p.Take(), "GetParameterHistory:1")
	equal(t, "versions", brief(list), "3* 2 1")
	equal(t, "the one in use", read(t, s, dev)[0].Origin.Version, list[0].ID)
	if age := time.Since(list[2].Time); age < -time.Hour || age > time.Hour {
		t.Errorf("got %+v", list[2])
	}
	if err := s.Remove(t.Context(), dev, "A"); err != nil {
		t.Fatal(err)
	}
	for _, ask := range []func() error{
		func() error { _, err := s.History(t.Context(), dev, "A"); return err },
		func() error { return s.Rollback(t.Context(), dev, "A", "1") },
	} {
		equal(t, "removed", failure(ask()), "ssm: /"+appName(t)+"/dev/A: not found\nParameter Store forgets the versions of what is removed")
		if !errors.Is(ask(), sources.ErrNotFound) {
			t.Error("not ErrNotFound")
		}
	}
}

// AWS keeps 100 versions, and gives 50 at a time.
func TestHistoryInPages(t *testing.T) {
	server := fake(t, func(_ string, r request) any {
		if r.WithDecryption || r.MaxResults != 50 {
			t.Errorf("asked %+v", r)
		}
		if r.Name != "/"+appName(t)+"/dev/A" {
			t.Errorf("asked for %s", r.Name)
		}
		from, _ := strconv.Atoi(r.NextToken)
		var page []any
		for v := from + 1; v <= from+50; v++ {
			page = append(page, object{"Version": v + 7, "LastModifiedDate": float64(v), "LastModifiedUser": []string{
				"arn:aws:iam::123456789012:user/ada", "arn:aws:sts::123456789012:assumed-role/deploy/eve@example.com", "someone"}[v%3]})
		}
		return object{"Parameters": page, "NextToken": strings.Repeat("50", (50-from)/50)}
	})
	list := versionsOf(t, newStore(t, server.URL), dev, "A")
	equal(t, "requests", server.Take(), "GetParameterHistory:2")
	if len(list) != 100 {
		t.Fatalf("got %d versions", len(list))
	}
	equal(t, "versions", brief(list[:3])+" … "+brief(list[98:]), "107* 106 105 … 9 8")
	equal(t, "who", list[0].By+", "+list[1].By+", "+list[2].By, "assumed-role/deploy/eve@example.com, user/ada, someone")
	equal(t, "when", list[99].Time.UTC().Format(time.TimeOnly), "00:00:01")
}

func TestRollback(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL)
	for _, value := range []string{"v1", "v2", "v3"} {
		set(t, s, dev, "A", value)
	}
	step := func(version, want string, versions int) {
		t.Helper()
		if err := s.Rollback(t.Context(), dev, "A", version); err != nil {
			t.Fatalf("to %q: %s", version, failure(err))
		}
		equal(t, "to "+version, show(read(t, s, dev)), "stage A="+want+"\n")
		if n := len(versionsOf(t, s, dev, "A")); n != versions {
			t.Errorf("to %q: %d versions, want %d", version, n, versions)
		}
	}
	p.Take()
	if err := s.Rollback(t.Context(), dev, "A", ""); err != nil {
		t.Fatal(failure(err))
	}
	equal(t, "requests", p.Take(), "GetParameter:1 GetParameterHistory:1 PutParameter:1")
	step("", "v3", 5)
	step("1", "v1", 6)
	step("2", "v2", 7)

	err := s.Rollback(t.Context(), dev, "A", "99")
	equal(t, "no such version", failure(err), "ssm: /"+appName(t)+"/dev/A: version 99 not found\naside secret history shows which versions there are")
	if !errors.Is(err, sources.ErrNotFound) {
		t.Error("not ErrNotFound")
	}
	set(t, s, dev, "B", "1")
	err = s.Rollback(t.Context(), dev, "B", "")
	equal(t, "only one version", failure(err), "ssm: /"+appName(t)+"/dev/B: earlier version not found\n")
}

func TestRollbackOfGroup(t *testing.T) {
	s := newStore(t, moto.Fresh(t))
	both := []sources.Scope{production, preview}
	setGroup(t, s, both, "A", "1")
	setGroup(t, s, both, "A", "2")
	if err := s.Rollback(t.Context(), preview, "A", ""); err != nil {
		t.Fatal(failure(err))
	}
	equal(t, "values", show(read(t, s, production, preview)), "type A=1\ntype A=1\n")
}

func TestHistoryWithoutPlace(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL, func(c *Config) { c.Prefix = "/team/service" })
	const want = "ssm: the prefix /team/service has no place for the fallback\nput {app} and {scope} into prefix, under ssm: in aside.yaml"
	_, err := s.History(t.Context(), fallback, "A")
	equal(t, "History", failure(err), want)
	equal(t, "Rollback", failure(s.Rollback(t.Context(), fallback, "A", "")), want)
	equal(t, "requests", p.Take(), "")
}

// In chamber's layout the history is that of the parameter that is read.
func TestHistoryUpper(t *testing.T) {
	s := newStore(t, moto.Fresh(t), func(c *Config) { c.Prefix, c.Upper = "/{app}-{scope}", true })
	raw := rawClient(t, moto.URL(t))
	create(t, raw, secure, "/"+appName(t)+"-dev/api-key", "1")
	set(t, s, dev, "API_KEY", "2")
	equal(t, "versions", brief(versionsOf(t, s, dev, "API_KEY")), "2* 1")
	if err := s.Rollback(t.Context(), dev, "API_KEY", ""); err != nil {
		t.Fatal(failure(err))
	}
	equal(t, "value", valueOf(t, raw, "/"+appName(t)+"-dev/api-key"), "1")
}
