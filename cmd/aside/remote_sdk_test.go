package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

// TestSDK lets SST's own packages for JavaScript read what aside gives.
func TestSDK(t *testing.T) {
	for _, c := range []struct {
		sdk, program, version string
		install               func(t *testing.T, dir, version string)
	}{
		{"sst", `import { Resource } from "sst";
console.log(JSON.stringify([Resource.App.name, Resource.App.stage, Resource.StripeKey.value]));
`, "4.17.1", installSDK},
		{"sst-v2", `import { Config } from "sst/node/config";
console.log(JSON.stringify([Config.APP, Config.STAGE, Config.StripeKey]));
`, "2.49.6", installV2},
	} {
		t.Run(c.sdk, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "app: my-app\nsecrets: {StripeKey: {env: STRIPE_KEY}}\n", "ASIDE_QUIET=true")
			s.write("main.mjs", c.program)
			if err := os.Symlink(modules(t, c.version, c.install), filepath.Join(s.dir, "node_modules")); err != nil {
				t.Fatal(err)
			}
			want := []string{"my-app", "dev", "sk_$1 'ä' \"q\" <b>\\n\n"}
			s.must("secret", "set", "StripeKey", want[2])
			var got []string
			text := s.must("run", "--no-watch", "--sdk", c.sdk, "--", "node", "main.mjs")
			if err := json.Unmarshal([]byte(text), &got); err != nil || !slices.Equal(got, want) {
				t.Errorf("it reads %s, want %q", text, want)
			}
		})
	}
}

// modules returns a folder with a version of the package sst, from an earlier
// run of the test where there was one.
func modules(t *testing.T, version string, install func(t *testing.T, dir, version string)) string {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is not installed, and CI is set", tool)
			}
			t.Skipf("%s is not installed: SST's own SDK is not tried", tool)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	cache = filepath.Join(cache, "aside-test")
	dir := filepath.Join(cache, "sst-"+version)
	if _, err := os.Stat(dir); err == nil {
		return filepath.Join(dir, "node_modules")
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	unfinished, err := os.MkdirTemp(cache, "unfinished-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(unfinished)
	install(t, unfinished, version)
	if err := os.Rename(unfinished, dir); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	return filepath.Join(dir, "node_modules")
}

// installSDK leaves out SST's command, which is 100 MB.
func installSDK(t *testing.T, dir, version string) {
	tool(t, dir, "npm", "install", "--prefix", ".", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=optional", "sst@"+version)
}

// installV2 leaves out all but what reads the configuration, and its one dependency.
func installV2(t *testing.T, dir, version string) {
	tool(t, dir, "npm", "install", "--prefix", ".", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=optional", "@aws-sdk/client-ssm@3.699.0")
	tool(t, dir, "npm", "pack", "--silent", "sst@"+version)
	tool(t, dir, "tar", "-xzf", "sst-"+version+".tgz", "package/node", "package/package.json")
	if err := os.Rename(filepath.Join(dir, "package"), filepath.Join(dir, "node_modules", "sst")); err != nil {
		t.Fatal(err)
	}
}

func tool(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
}

// On Windows one variable holds all resources.
func TestSDKInOne(t *testing.T) {
	p := &project{name: "shop", stage: "dev"}
	one := inOne(p.sdkV3(map[string]inject.Variable{
		"StripeKey": {Name: "STRIPE_KEY", Secret: sources.NewSecret("<s3cret>"), Origin: sources.Origin{Layer: sources.Stage, Source: "local"}},
		"Other":     {Name: "Other", Secret: sources.NewSecret("")},
	}))
	const want = `{"App":{"name":"shop","stage":"dev"},"Other":{"value":"","type":"sst.sst.Secret"},` +
		`"StripeKey":{"value":"<s3cret>","type":"sst.sst.Secret"}}`
	if got := one.Secret.Reveal(); one.Name != "SST_RESOURCES_JSON" || got != want {
		t.Errorf("%s is\n%s, want\n%s", one.Name, got, want)
	}
	if !slices.Equal(one.Repeats, []string{"Other", "STRIPE_KEY"}) {
		t.Errorf("it repeats %q", one.Repeats)
	}
}
