//go:build linux

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// TestRemoteRun watches remote stores with real processes.
func TestRemoteRun(t *testing.T) {
	p := build(t)
	endpoint := newMoto(t)
	tests := map[string]func(*remote){
		"AWS itself is changed":       (*remote).changedElsewhere,
		"one name once":               (*remote).oneNameOnce,
		"hidden below a changed name": (*remote).sdkAppears,
		"unreachable at the start":    (*remote).pulledAtStart,
		"started from the cache":      (*remote).startsFromCache,
		"no cache":                    (*remote).keepsNothing,
		"unreachable while polling":   (*remote).pulledWhilePolling,
		"denied while polling":        (*remote).deniedWhilePolling,
		"offline":                     (*remote).offline,
	}
	for _, store := range awsStores {
		tests[store] = func(r *remote) { r.restarts(store) }
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCable(t, endpoint)
			r := &remote{rig: newRig(t, p), cable: c, app: "app" + strings.Map(func(r rune) rune {
				if r == ' ' || r == '-' {
					return -1
				}
				return r
			}, name)}
			r.env = append(r.env, awsEnv(c.URL)...)
			r.other = newSite(t, "", awsEnv(endpoint)...)
			r.config("store: awssm\n")
			test(r)
		})
	}
}

// A remote is a rig whose store can be changed by another process, and cut off.
type remote struct {
	*rig
	cable *cable
	other *site
	app   string
}

// config writes aside.yaml, for the other process too.
func (r *remote) config(yaml string) {
	r.write("aside.yaml", "app: "+r.app+"\n"+yaml)
	r.other.write("aside.yaml", "app: "+r.app+"\n"+yaml)
}

func (r *remote) set(args ...string) {
	r.Helper()
	r.other.must(append([]string{"secret", "set"}, args...)...)
}

// sh is a supervised shell that polls every second.
func (r *remote) sh(script string, flags ...string) {
	r.Helper()
	r.run(append(append([]string{r.aside, "run", "--poll", "1s"}, flags...), "--", "sh", "-c", script)...)
}

func (r *remote) restarts(store string) {
	r.config("store: " + store + "\n")
	r.set("A", "1")
	r.write(".env", "HIDDEN=file\n")
	r.env = append(r.env, "HIDDEN=shell")
	r.sh(echo)
	r.sees("^begun 1$")
	r.set("A", "back", "--fallback")
	r.set("HIDDEN", "stored")
	r.set("A", "2")
	r.sees("^begun 2$")
	r.other.must("secret", "remove", "A")
	r.sees("^begun back$")
	r.counts(2, "restarting")
	r.counts(1, `^aside: restarting: A changed \(stage\)$`)
	r.counts(1, `^aside: restarting: A changed \(fallback\)$`)
	r.signal(15)
	r.ends(0)
}

// changedElsewhere: a change behind aside's back is seen within the interval.
func (r *remote) changedElsewhere() {
	r.set("A", "1")
	r.sh(echo, "--debounce", "10ms")
	r.sees("^begun 1$")
	r.passes(3) // the first reading, and that after the first poll
	began := time.Now()
	_, err := secretsManager(r.cable.URL).PutSecretValue(r.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: aws.String(r.app + "/dev/A"), SecretString: aws.String("2"),
	})
	if err != nil {
		r.Fatal(err)
	}
	r.sees("^begun 2$")
	if took := time.Since(began); took > 10*time.Second {
		r.Errorf("a change was seen after %v", took)
	}
}

// passes waits until so many more requests have passed.
func (r *remote) passes(n int64) {
	r.Helper()
	enough := r.cable.passed.Load() + n
	r.until("requests", func() bool { return r.cable.passed.Load() >= enough })
}

// oneNameOnce: what repeats a secret restarts with it, and is not told of.
func (r *remote) oneNameOnce() {
	r.config("store: awssm\nsecrets:\n  A: {env: KEY}\n  C: {on-change: ignore}\n")
	r.set("A", "1")
	r.set("C", "1")
	r.sh(`trap 'exit 0' TERM; echo "begun $SST_RESOURCE_A $SST_RESOURCE_C"; while :; do sleep 0.02; done`, "--sdk", "sst")
	r.sees(`^begun \{"value":"1","type":"sst.sst.Secret"\} \{"value":"1","type":"sst.sst.Secret"\}$`)
	r.set("C", "2")
	r.set("A", "2")
	r.sees(`^begun \{"value":"2","type":"sst.sst.Secret"\} \{"value":"2","type":"sst.sst.Secret"\}$`)
	r.counts(1, "restarting")
	r.counts(1, `^aside: restarting: KEY changed \(stage\)$`)
}

// sdkAppears: a secret that the shell hides changes nothing but what repeats it.
func (r *remote) sdkAppears() {
	r.env = append(r.env, "A=shell")
	r.sh(`trap 'exit 0' TERM; echo "begun $A ${SST_RESOURCE_A-none}"; while :; do sleep 0.02; done`, "--sdk", "sst")
	r.sees(`^begun shell none$`)
	r.set("A", "stored")
	r.sees(`^begun shell \{"value":"shell","type":"sst.sst.Secret"\}$`)
	r.counts(1, `^aside: restarting: SST_RESOURCE_A added \(stage\)$`)
}

// gone is how a pulled cable is told of.
const gone = `127\.0\.0\.1:\d+ cannot be reached: (the connection was cut|connection refused)`

func (r *remote) pulledAtStart() {
	r.set("A", "1")
	r.cable.pulled.Store(true)
	began := time.Now()
	r.run(r.aside, "run", "--", "true")
	r.ends(exitRun)
	if took := time.Since(began); took > 10*time.Second {
		r.Errorf("it took %v to say so", took)
	}
	r.counts(1, `\Aaside: awssm: `+gone+`\n  check the network, and endpoint under aws: in aside\.yaml and AWS_ENDPOINT_URL\n\z`)
}

// startsFromCache: what was read once can be used when the store is not there,
// and is looked at again when it is.
func (r *remote) startsFromCache() {
	r.other.env = append(r.other.env, "ASIDE_QUIET=true")
	r.must("identity", "new")
	r.set("A", "1")
	r.must("run", "--no-watch", "--", "true")
	r.cable.pulled.Store(true)
	r.sh(echo)
	r.sees("^begun 1$")
	r.counts(1, `^aside: warning: awssm: `+gone+`: using the values of \d+ seconds? ago$`)
	r.counts(1, "^aside: cannot check awssm for changes: ")
	r.set("A", "2")
	r.cable.pulled.Store(false)
	r.sees("^aside: checking awssm for changes works again$")
	r.sees("^begun 2$")
	r.signal(15)
	r.ends(0)
}

// must runs another command line in the same folder.
func (r *remote) must(args ...string) result {
	r.Helper()
	s := site{TB: r.TB, dir: r.dir, env: r.env}
	got := s.aside(args...)
	if got.code != 0 {
		r.Fatalf("aside %q ended with %d:\n%s", args, got.code, got.stderr)
	}
	return got
}

// keepsNothing: the cache is off in production, and where aside.yaml says so.
func (r *remote) keepsNothing() {
	r.must("identity", "new")
	for _, c := range []struct{ stage, yaml, kept string }{
		{"production", "store: awssm\n", "0 files"},
		{"dev", "store: awssm\ncache: off\n", "0 files"},
		{"production", "store: awssm\ncache: on\n", "1 file"},
		{"dev", "store: awssm\n", "1 file"},
	} {
		r.config(c.yaml)
		r.set("A", "1", "--stage", c.stage)
		r.must("run", "--no-watch", "--stage", c.stage, "--", "true")
		if got := r.must("cache", "clear").stderr; got != "aside: removed "+c.kept+"\n" {
			r.Errorf("%s, %s: %s, want %s", c.stage, c.yaml, got, c.kept)
		}
	}
	r.cable.pulled.Store(true)
	r.run(r.aside, "run", "--", "true")
	r.ends(exitRun)
	r.counts(1, `\Aaside: awssm: `+gone+`\n  check the network`)
}

func (r *remote) pulledWhilePolling() {
	r.set("A", "1")
	r.sh(echo)
	r.sees("^begun 1$")
	r.passes(4)
	r.cable.pulled.Store(true)
	r.sees(`^aside: cannot check awssm for changes: awssm: ` + gone + ` \(continuing\)\n  check the network`)
	r.set("A", "2")
	r.passes(8) // several polls, or one with its retries
	r.cable.pulled.Store(false)
	r.sees("^aside: checking awssm for changes works again$")
	r.sees("^begun 2$")
	r.counts(1, "cannot check")
	r.counts(1, "works again")
	r.counts(1, "restarting")
	r.counts(1, "^begun 1$")
}

func (r *remote) deniedWhilePolling() {
	r.set("A", "1")
	r.sh(echo)
	r.sees("^begun 1$")
	r.passes(4)
	r.cable.denying.Store(true)
	r.sees(`^aside: cannot check awssm for changes: awssm: .*not allowed.*\(continuing\)$`)
	r.set("A", "2")
	r.cable.denying.Store(false)
	r.sees("^aside: checking awssm for changes works again$")
	r.sees("^begun 2$")
	r.counts(1, "cannot check")
	r.counts(1, "restarting")
}

func (r *remote) offline() {
	r.run(r.aside, "run", "--offline", "--", "true")
	r.ends(exitRun)
	r.sees(`^aside: offline: no values are kept without an identity and a folder for them\n  make an identity`)
	r.must("identity", "new")
	r.set("A", "1")
	r.must("run", "--no-watch", "--", "true")
	before := r.cable.passed.Load()
	r.set("A", "2")
	got := r.must("run", "--offline", "--poll", "100ms", "--", "sh", "-c", "sleep 1; echo $A")
	if got.stdout != "1\n" || !strings.HasPrefix(got.stderr, "aside: warning: offline: using the values that awssm held ") {
		r.Errorf("%+v", got)
	}
	if after := r.cable.passed.Load(); after != before {
		r.Errorf("%d requests with --offline", after-before)
	}
	if got := r.must("cache", "clear"); got.stderr != "aside: removed 1 file\n" {
		r.Errorf("%+v", got)
	}
	s := site{TB: r.TB, dir: r.dir, env: r.env}
	s.fails(exitRun, "aside: offline: nothing was kept of awssm for the stage dev of "+r.app+
		"\n  run it once while the store can be reached\n", "run", "--offline", "--", "true")
}
