package config

import (
	"testing"
	"time"

	"github.com/aside-cli/aside/sources"
)

func TestStores(t *testing.T) {
	c, err := parse([]byte(`
store: {exec: [op, inject, --in-file, secrets.env], scopes: [stage], timeout: 5s}
poll: 1m
cache: {max-age: 12h}
ssm: {prefix: "/{app}", case: upper}
aws: {kms-key: alias/aside}
stages:
  production: {store: awssm, poll: 5m}
`))
	if err != nil {
		t.Fatal(err)
	}
	s := c.StoreFor("dev")
	if s.Value != "exec" || len(s.Exec) != 4 || s.Exec[3].Value != "secrets.env" || s.Timeout.Value != 5*time.Second || s.Scopes[0].Value != "stage" {
		t.Errorf("the store of dev: %+v", s)
	}
	if s := c.StoreFor("production"); s.Value != "awssm" || s.Exec != nil {
		t.Errorf("the store of production: %+v", s)
	}
	if got := c.PollFor("production"); got != 5*time.Minute {
		t.Errorf("production is polled every %s", got)
	}
	if got := c.PollFor("dev"); got != time.Minute {
		t.Errorf("dev is polled every %s", got)
	}
	if !c.Cache.On || c.Cache.Off || c.Cache.MaxAge.Value != 12*time.Hour {
		t.Errorf("cache: %+v", c.Cache)
	}
	if c.SSM.Prefix.Value != "/{app}" || c.AWS.KMSKey.Value != "alias/aside" {
		t.Errorf("%+v %+v", c.SSM, c.AWS)
	}
	for text, want := range map[string]bool{"cache: off": false, "cache: on": true} {
		c, err := parse([]byte(text))
		if err != nil || c.Cache.On != want || c.Cache.Off == want {
			t.Errorf("%s: %+v, %v", text, c.Cache, err)
		}
	}
}

func TestStoreErrors(t *testing.T) {
	for text, want := range map[string]string{
		"store: {exec: []}":                      "aside.yaml:1:8: store names no command",
		"store: exec":                            "aside.yaml:1:8: the store exec is its command",
		"store: {exe: [op]}":                     `aside.yaml:1:9: unknown key "exe": did you mean "exec"?`,
		"store: {exec: op}":                      "aside.yaml:1:15: store.exec must be a list, not a string",
		"store: {exec: [op], scopes: [all]}":     `aside.yaml:1:30: "all" is no kind of scope`,
		"store: {exec: [op], timeout: soon}":     `aside.yaml:1:30: store.timeout must be a length of time, not "soon"`,
		"poll: 0s":                               `aside.yaml:1:7: poll must be a length of time, not "0s"`,
		"poll: 1ms":                              "aside.yaml:1:7: poll is 1ms",
		"stages: {dev: {poll: 99ms}}":            "aside.yaml:1:22: poll is 99ms",
		"cache: sometimes":                       `aside.yaml:1:8: cache cannot be "sometimes"`,
		"cache: {max-age: -1h}":                  `aside.yaml:1:18: cache.max-age must be a length of time, not "-1h"`,
		"ssm: {case: lower}":                     `aside.yaml:1:13: "lower" is no case`,
		`stages: {production: {store: [awssm]}}`: "aside.yaml:1:30: stages.production.store must be a string, not a list",
	} {
		_, err := parse([]byte(text))
		if err == nil {
			t.Errorf("%s: no error", text)
		} else if err.Error() != want {
			t.Errorf("%s:\n got %s\nwant %s", text, err, want)
		}
	}
	_, err := parse([]byte("store: {exec: []}"))
	if got := sources.HintOf(err); got != "write it as a list: {exec: [op, inject, --in-file, secrets.env]}" {
		t.Errorf("hint %q", got)
	}
}
