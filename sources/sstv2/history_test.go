package sstv2

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/aside-cli/aside/sources"
)

// What SST set itself has versions, too.
func TestHistory(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL)
	const path = "/sst/my-app/dev/Secret/A/value"
	newAccount(t, moto.URL(t)).put(path, "1", types.ParameterTypeSecureString)
	set(t, s, dev, "A", "2")
	set(t, s, dev, "A", "3")
	p.Take()
	list, err := s.History(t.Context(), dev, "A")
	if err != nil {
		t.Fatal(failure(err))
	}
	equal(t, "requests", p.Take(), "GetParameterHistory:1")
	var ids []string
	for _, v := range list {
		ids = append(ids, fmt.Sprint(v.ID, " ", v.Current, v.Time.IsZero()))
	}
	equal(t, "versions", fmt.Sprint(ids), "[3 true false 2 false false 1 false false]")

	for _, step := range []struct{ to, want string }{{"", "2"}, {"1", "1"}, {"3", "3"}} {
		p.Take()
		if err := s.Rollback(t.Context(), dev, "A", step.to); err != nil {
			t.Fatal(failure(err))
		}
		equal(t, "requests", p.Take(), "GetParameter:1 GetParameterHistory:1 PutParameter:1")
		equal(t, "values", show(read(t, s, dev)), "stage A="+step.want+"\n")
	}
}

func TestHistoryFails(t *testing.T) {
	p := newProxy(t, moto.Fresh(t))
	s := newStore(t, p.URL)
	set(t, s, dev, "ONE", "1")
	const path = "sst-v2: /sst/my-app/dev/Secret/"
	for _, c := range []struct {
		name, to, want string
	}{
		{"NEVER", "", path + "NEVER/value: not found\nParameter Store forgets the versions of what is removed"},
		{"ONE", "", path + "ONE/value: earlier version not found\n"},
		{"ONE", "7", path + "ONE/value: version 7 not found\naside secret history shows which versions there are"},
	} {
		err := s.Rollback(t.Context(), dev, c.name, c.to)
		equal(t, c.name+" "+c.to, failure(err), c.want)
		if !errors.Is(err, sources.ErrNotFound) {
			t.Errorf("%v does not wrap ErrNotFound", err)
		}
	}
	_, err := s.History(t.Context(), dev, "NEVER")
	equal(t, "History", failure(err), path+"NEVER/value: not found\nParameter Store forgets the versions of what is removed")
	p.Take()
	const none = "sst-v2: SST has no secrets for the type preview\nSST knows stages and fallbacks only: use --stage or --fallback"
	_, err = s.History(t.Context(), sources.TypeScope("preview"), "A")
	equal(t, "History", failure(err), none)
	equal(t, "Rollback", failure(s.Rollback(t.Context(), sources.TypeScope("preview"), "A", "")), none)
	equal(t, "requests", p.Take(), "")
}
