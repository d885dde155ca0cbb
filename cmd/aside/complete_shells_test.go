//go:build linux

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// bashWords stands in for what completion in bash needs of the bash-completion
// package, where that is not installed.
const bashWords = `_get_comp_words_by_ref() {
	local line=${COMP_LINE:0:COMP_POINT}
	words=($line); [[ $line == *" " ]] && words+=("")
	cword=$((${#words[@]} - 1)) cur=${words[-1]} prev=${words[-2]}
}`

// TestCompletionInShells presses the tab key in real shells.
func TestCompletionInShells(t *testing.T) {
	lines := []struct{ typed, want string }{
		{"aside secret get STRI\t\n", "in dev"},
		{"aside secret get STRIPE_KEY --stage prod\t\n", "in production"},
		{"aside secret get STRIPE_KEY --sta\tproduction\n", "in production"},
		{"aside run --link ap\t-- printenv STRIPE_KEY\n", "in dev"},
		{"aside run --as STRIPE_KEY=fi\t -- env\n", "STRIPE_KEY_FILE=/"},
		{"aside run --as STRI\tfi\t -- sh -c 'grep -c . $STRIPE_KEY_FILE'\n", "1\n"},
		{"aside export --format js\t| cat\n", `"PORT": "3000"`},
		{"aside types --lang json\t| cat\n", "json-schema.org/draft/2020-12/schema"},
		{"aside secret set OTHER 1 --type prev\t\n", "aside: set OTHER in type preview"},
		{"aside expl\tPOR\t\n", "from           .env:1"},
	}
	words := bashWords
	for _, installed := range []string{"/usr/share/bash-completion/bash_completion", "/etc/bash_completion"} {
		if _, err := os.Stat(installed); err == nil {
			words = "source " + installed
		}
	}
	for _, shell := range []struct {
		args    []string
		prelude string
	}{
		{[]string{"bash", "--norc", "-i"}, words + "; source <(aside completion bash)"},
		{[]string{"zsh", "-f", "-i"}, "autoload -U compinit; compinit -D; source <(aside completion zsh)"},
		{[]string{"fish", "-N", "-i"}, "aside completion fish | source"},
	} {
		t.Run(shell.args[0], func(t *testing.T) {
			if _, err := exec.LookPath(shell.args[0]); err != nil {
				t.Skipf("no %s on this machine: %v", shell.args[0], err)
			}
			r := newRig(t, programs{aside: asideItself(t)})
			r.env = append(r.env, "GORACE=atexit_sleep_ms=0", "CI=1")
			r.write("aside.yaml", "app: shop\nsecrets: {STRIPE_KEY: {description: Stripe API key}}\nlinks: {api: [STRIPE_KEY]}\n")
			r.write(".env", "PORT=3000\n")
			for _, stage := range []string{"dev", "production"} {
				if out, err := r.command("secret", "set", "STRIPE_KEY", "in "+stage, "--stage", stage).CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
			}
			r.onTTY(shell.args...)
			r.types(shell.prelude + "; echo re''ady\n")
			r.sees(`^ready$`)
			for _, line := range lines {
				before := len(r.out.String())
				r.types(line.typed)
				r.until(line.typed, func() bool { return strings.Contains(r.out.String()[before:], line.want) })
			}
			r.types("exit\n")
			r.ends(0)
		})
	}
}
