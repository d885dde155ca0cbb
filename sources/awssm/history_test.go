package awssm

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/aside-cli/aside/sources"
)

// putVersion makes a version with an ID and labels of the test's choice.
func putVersion(t *testing.T, c *secretsmanager.Client, name, id, value string, labels ...string) {
	t.Helper()
	_, err := c.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: &name, ClientRequestToken: &id, SecretString: &value, VersionStages: labels,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func versionsOf(t *testing.T, s *Store, scope sources.Scope, name string) []sources.Version {
	t.Helper()
	list, err := s.History(t.Context(), scope, name)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// brief writes versions as their IDs, with what is said about them.
func brief(list []sources.Version) string {
	var lines []string
	for _, v := range list {
		line := v.ID
		if v.Removed {
			line += "removed"
		}
		if v.Current {
			line += "*"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, " ")
}

const versionID = "%d2345678-1234-1234-1234-123456789012"

// versions sets A of dev to v1, v2 … with the IDs 12345678-…, 22345678-… …
func versions(t *testing.T, s *Store, n int) (id string) {
	t.Helper()
	set(t, s, dev, "A", "v0")
	id = s.path(dev) + "/A"
	for i := range n {
		putVersion(t, rawClient(t, moto.URL(t)), id, fmt.Sprintf(versionID, i+1), fmt.Sprintf("v%d", i+1))
	}
	return id
}

func TestHistory(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL)
	id := versions(t, s, 3)
	raw := rawClient(t, moto.URL(t))
	putVersion(t, raw, id, fmt.Sprintf(versionID, 9), "next", "AWSPENDING")
	p.Take()
	list := versionsOf(t, s, dev, "A")
	equal(t, "requests", p.Take(), "DescribeSecret:1 ListSecretVersionIds:1")
	if len(list) != 4 {
		t.Fatalf("got %v", list)
	}
	equal(t, "versions", brief(list[:3]), "32345678* 22345678 12345678")
	equal(t, "the one in use", read(t, s, dev)[0].Origin.Version, list[0].ID)
	if age := time.Since(list[3].Time); age < -time.Hour || age > time.Hour || list[3].By != "" {
		t.Errorf("got %+v", list[3])
	}

	// Another tool rolls back by moving the labels.
	_, err := raw.UpdateSecretVersionStage(t.Context(), &secretsmanager.UpdateSecretVersionStageInput{
		SecretId: &id, VersionStage: aws.String("AWSCURRENT"),
		RemoveFromVersionId: aws.String(fmt.Sprintf(versionID, 3)), MoveToVersionId: aws.String(fmt.Sprintf(versionID, 1)),
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "labels moved", brief(versionsOf(t, s, dev, "A")[:3]), "12345678* 32345678 22345678")

	if err := s.Remove(t.Context(), dev, "A"); err != nil {
		t.Fatal(err)
	}
	list = versionsOf(t, s, dev, "A")
	equal(t, "removed", brief(list[:4]), "removed* 12345678 32345678 22345678")
	if list[0].Time.IsZero() {
		t.Error("the removal has no time")
	}
}

func TestHistoryOfNothing(t *testing.T) {
	s := newStore(t, moto.Fresh(t))
	app, raw := appName(t), rawClient(t, moto.URL(t))
	create(t, raw, app+"/dev", `{"MEMBER": "hunter2"}`)
	valueless := app + "/dev/EMPTY"
	if _, err := raw.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &valueless}); err != nil {
		t.Fatal(err)
	}
	for _, ask := range []func(name string) error{
		func(name string) error { _, err := s.History(t.Context(), dev, name); return err },
		func(name string) error { return s.Rollback(t.Context(), dev, name, "") },
	} {
		for _, name := range []string{"NEVER", "EMPTY"} {
			err := ask(name)
			equal(t, "error", failure(err), "awssm: "+app+"/dev/"+name+": not found\n")
			if !errors.Is(err, sources.ErrNotFound) {
				t.Error("not ErrNotFound")
			}
		}
		equal(t, "error", failure(ask("MEMBER")), "awssm: MEMBER is kept in the JSON object "+app+"/dev, which is only read\n"+
			"the object has versions as a whole: aws secretsmanager list-secret-version-ids --secret-id "+app+"/dev")
	}
}

func TestRollback(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL)
	id := versions(t, s, 3)
	raw := rawClient(t, moto.URL(t))
	step := func(version, want string, versions int) {
		t.Helper()
		if err := s.Rollback(t.Context(), dev, "A", version); err != nil {
			t.Fatalf("to %q: %v", version, err)
		}
		equal(t, "to "+version, valueOf(t, raw, id), want)
		if n := len(versionsOf(t, s, dev, "A")); n != versions {
			t.Errorf("to %q: %d versions, want %d", version, n, versions)
		}
	}
	p.Take()
	step("", "v2", 5)
	equal(t, "requests", p.Take(), "DescribeSecret:3 GetSecretValue:1 ListSecretVersionIds:2 PutSecretValue:1")
	step("", "v3", 6)
	step("12345678-", "v1", 7) // other IDs begin at random
	step(fmt.Sprintf(versionID, 2), "v2", 8)

	if err := s.Remove(t.Context(), dev, "A"); err != nil {
		t.Fatal(err)
	}
	step("", "v2", 9)
	if err := s.Remove(t.Context(), dev, "A"); err != nil {
		t.Fatal(err)
	}
	step("12345678", "v1", 10)
}

func TestRollbackFails(t *testing.T) {
	s := newStore(t, moto.Fresh(t))
	id := versions(t, s, 1)
	raw := rawClient(t, moto.URL(t))
	binary := fmt.Sprintf(versionID, 2)
	_, err := raw.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: &id, ClientRequestToken: &binary, SecretBinary: []byte{0xfe, 0xed},
	})
	if err != nil {
		t.Fatal(err)
	}
	const other = "-1234-1234-1234-123456789012"
	putVersion(t, raw, id, "terraform-1"+other, "hunter2")
	putVersion(t, raw, id, "terraform-2"+other, "hunter3")
	equal(t, "history", brief(versionsOf(t, s, dev, "A")[:4]), "terraform-2"+other+"* terraform-1"+other+" 22345678 12345678")
	const hint = "\naside secret history shows which versions there are"
	for version, want := range map[string]string{
		"77777777":  ": version 77777777 not found" + hint,
		"terraform": ": several versions begin with terraform" + hint,
		"22345678":  ": that version is binary, and no environment variable\n",
	} {
		equal(t, version, failure(s.Rollback(t.Context(), dev, "A", version)), "awssm: "+id+want)
	}
	equal(t, "value", valueOf(t, raw, id), "hunter3")
	if err := s.Rollback(t.Context(), dev, "A", "77777777"); !errors.Is(err, sources.ErrNotFound) {
		t.Error("not ErrNotFound")
	}

	scheduleDeletion(t, raw, id)
	equal(t, "removed", failure(s.Rollback(t.Context(), dev, "A", "22345678")),
		"awssm: "+id+": restored, but not rolled back: that version is binary, and no environment variable\n")
	set(t, s, dev, "B", "1")
	err = s.Rollback(t.Context(), dev, "B", "")
	equal(t, "only one version", failure(err), "awssm: "+appName(t)+"/dev/B: earlier version not found\n")
	if !errors.Is(err, sources.ErrNotFound) {
		t.Error("not ErrNotFound")
	}
}

func TestRollbackOfGroup(t *testing.T) {
	s := newStore(t, moto.Fresh(t))
	both := []sources.Scope{production, preview}
	setGroup(t, s, both, "A", "1")
	setGroup(t, s, both, "A", "2")
	if err := s.Rollback(t.Context(), preview, "A", ""); err != nil {
		t.Fatal(err)
	}
	equal(t, "values", show(read(t, s, production, preview)), "type A=1\ntype A=1\n")

	if err := s.RemoveGroup(t.Context(), both, "A"); err != nil {
		t.Fatal(err)
	}
	if err := s.Rollback(t.Context(), preview, "A", ""); err != nil { // the group is no more
		t.Fatal(err)
	}
	equal(t, "values", show(read(t, s, production, preview)), "type A=1\n")
	set(t, s, preview, "A", "3")
}

// Versions come in pages and in any order.
func TestHistoryInPages(t *testing.T) {
	version := func(id string, created float64, labels ...string) object {
		return object{"VersionId": id, "CreatedDate": created, "VersionStages": labels}
	}
	server := fake(t, func(operation string, r request) any {
		switch {
		case operation == "DescribeSecret":
			return object{}
		case r.NextToken == "":
			return object{"NextToken": "1", "Versions": []any{version("b", 2), version("d", 4, "AWSPREVIOUS"), version("a", 1)}}
		}
		return object{"Versions": []any{version("e", 5, "AWSCURRENT"), version("c", 3)}}
	})
	s := newStore(t, server.URL)
	list := versionsOf(t, s, dev, "A")
	equal(t, "versions", brief(list), "e* d c b a")
	equal(t, "time", list[4].Time.UTC().Format(time.TimeOnly), "00:00:01")
	equal(t, "requests", server.Take(), "DescribeSecret:1 ListSecretVersionIds:2")

	server = fake(t, func(string, request) any { return denied })
	_, err := newStore(t, server.URL).History(t.Context(), dev, "A")
	if err == nil || !strings.HasPrefix(err.Error(), "awssm: "+appName(t)+"/dev/A: access denied") {
		t.Errorf("got %v", err)
	}
}
