package sst

import (
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

func TestSetRefuses(t *testing.T) {
	const (
		names  = "its names start with a capital letter, as in StripeKey; env: in aside.yaml says which variable one becomes"
		scopes = "SST knows stages and fallbacks only: use --stage or --fallback"
	)
	local := newLocal(t)
	remote := newStore(t, "http://127.0.0.1:1") // which nothing may ask
	for name, test := range map[string]struct {
		scope       sources.Scope
		name, value string
		want        string
	}{
		"lower case":   {dev, "stripeKey", "hunter2", "stripeKey is no name that SST accepts for a secret\n" + names},
		"underscore":   {dev, "_KEY", "hunter2", "_KEY is no name that SST accepts for a secret\n" + names},
		"not UTF-8":    {dev, "Key", "hunter2\xff", "Key is not valid UTF-8: SST cannot keep it\nencode it first, with base64 for example"},
		"type":         {sources.TypeScope("preview"), "Key", "1", "SST has no secrets for the type preview\n" + scopes},
		"shared stage": {sources.Scope{Layer: sources.Stage, Name: "dev", Shared: true}, "Key", "1", "SST has no secrets for the shared stage dev\n" + scopes},
		"shared":       {sources.Scope{Layer: sources.Fallback, Shared: true}, "Key", "1", "SST has no secrets for the shared fallback\n" + scopes},
		"bad stage":    {sources.StageScope("../dev"), "Key", "1", "SST has no secrets for the stage ../dev\n" + scopes},
		"another one":  {sources.Scope{Layer: sources.DotEnv, Name: "dev"}, "Key", "1", "SST has no secrets for the dotenv dev\n" + scopes},
	} {
		t.Run(name, func(t *testing.T) {
			for prefix, s := range map[string]sources.Store{"sst: ": remote, "sst-local: ": local} {
				err := s.Set(t.Context(), test.scope, pairs(test.name, test.value))
				equal(t, "Set", failure(err), prefix+test.want)
				if !strings.Contains(test.want, scopes) {
					continue
				}
				equal(t, "Remove", failure(s.Remove(t.Context(), test.scope, test.name)), prefix+test.want)
				if values := read(t, s, test.scope); len(values) > 0 {
					t.Errorf("Read gave %s", show(values))
				}
			}
		})
	}
}

func TestNew(t *testing.T) {
	const hint = "\nan app of SST has a name of letters, digits and -, starting with a letter: " +
		"set app: in aside.yaml, or --app, to the name in sst.config.ts"
	for app, want := range map[string]string{
		"my-App2": "no error",
		"":        "sst: the app has no name" + hint,
		"..":      `sst: ".." is no name that an app of SST can have` + hint,
		"a/b":     `sst: "a/b" is no name that an app of SST can have` + hint,
		"2a":      `sst: "2a" is no name that an app of SST can have` + hint,
		"my_app":  `sst: "my_app" is no name that an app of SST can have` + hint,
		"naïve":   `sst: "naïve" is no name that an app of SST can have` + hint,
	} {
		_, err := New(Config{App: app})
		equal(t, "New", failure(err), want)
		_, err = NewLocal(LocalConfig{App: app, Dir: "/x"})
		equal(t, "NewLocal", strings.Replace(failure(err), "sst-local:", "sst:", 1), want)
	}
}
