package group

import (
	"fmt"
	"testing"

	"github.com/aside-cli/aside/sources"
)

var (
	production  = sources.TypeScope("production")
	preview     = sources.TypeScope("preview")
	sharedLocal = sources.Scope{Layer: sources.Type, Name: "local", Shared: true}
)

func TestOf(t *testing.T) {
	const mixed = " cannot be one of several scopes: types of stages can, all of the app or all shared"
	for _, c := range []struct {
		scopes []sources.Scope
		want   string
	}{
		{nil, "no scope is given"},
		{[]sources.Scope{production}, "[type production] []"},
		{[]sources.Scope{sources.FallbackScope(), sources.FallbackScope()}, "[fallback] []"},
		{[]sources.Scope{production, preview, production}, "[type production type preview] [preview production]"},
		{[]sources.Scope{production, sources.StageScope("dev")}, "stage dev" + mixed},
		{[]sources.Scope{production, sharedLocal}, "shared type local" + mixed},
	} {
		distinct, types, err := Of(c.scopes)
		got := fmt.Sprint(distinct, types)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestScopes(t *testing.T) {
	if got := fmt.Sprint(Scopes(nil, production)); got != "[type production]" {
		t.Errorf("got %s", got)
	}
	if got := fmt.Sprint(Scopes([]string{"local", "preview"}, sharedLocal)); got != "[shared type local shared type preview]" {
		t.Errorf("got %s", got)
	}
}

func TestChecks(t *testing.T) {
	both := []string{"preview", "production"}
	all := []string{"development", "preview", "production"}
	for _, c := range []struct {
		old, types  []string
		set, remove bool // may be done
	}{
		{nil, nil, true, true},
		{nil, both, true, true},
		{both, both, true, true},
		{both, nil, false, false},
		{both, all, false, true},
		{all, both, false, false},
	} {
		if err := CheckSet("A", c.old, c.types, false); (err == nil) != c.set {
			t.Errorf("set %v for %v: %v", c.old, c.types, err)
		}
		if err := CheckRemove("A", c.old, c.types, false); (err == nil) != c.remove {
			t.Errorf("remove %v from %v: %v", c.old, c.types, err)
		}
	}
	for shared, flag := range map[bool]string{false: "", true: " --shared"} {
		err := CheckSet("A", both, nil, shared)
		if got := err.Error(); got != "A was set for the types preview, production together" {
			t.Errorf("got %s", got)
		}
		if got := sources.HintOf(err); got != "remove it first: aside secret remove A --type preview,production"+flag {
			t.Errorf("got %s", got)
		}
	}
}

func TestTag(t *testing.T) {
	for value, want := range map[string]string{
		"":                   "[]",
		"production":         "[]",
		"production+preview": "[preview production]",
	} {
		if got := fmt.Sprint(FromTag(value)); got != want {
			t.Errorf("%s: got %s, want %s", value, got, want)
		}
	}
	if got := TagValue([]string{"preview", "production"}); got != "preview+production" {
		t.Errorf("got %s", got)
	}
}
