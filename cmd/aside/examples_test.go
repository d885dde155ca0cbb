//go:build unix

package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// prepare makes the project that the examples of help are about.
const prepare = `
mkdir -p "$HOME/.ssh" bin internal/env
echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO6UMmUtzd4A/ZYe9gkNxyklbe+Ym6ajQ7mKd9lfMuIO ada' > "$HOME/.ssh/id_ed25519.pub"
echo 'another key' > key.pem
printf 'A=1\nB=2\n' > .env.production
printf 'PORT=3000\nURL=http://localhost:$PORT\nDATABASE_URL=postgres://localhost/shop\n' > .env
for name in npm node op gh server; do
	printf '#!/bin/sh\necho "$0 in stage $ASIDE_STAGE: $*"\n' > "bin/$name"
	chmod +x "bin/$name"
done
ln -s bin/server server
aside init
aside secret set STRIPE_KEY 1
aside secret set STRIPE_KEY 2
aside secret set STRIPE_KEY fallback --fallback
aside secret set STRIPE_KEY preview --stage pr-12
aside secret set STRIPE_KEY staging --stage staging
aside secret set ONLY_HERE staging --stage staging
for i in 1 2 3 4; do aside secret set STRIPE_KEY "$i" --stage production; done
openssl genpkey -algorithm ed25519 | aside secret set TLS_KEY
aside secret set TLS_KEY key --stage production
aside secret set DATABASE_URL db --stage production
aside recipients add age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg --name ada
mkdir -p "$HOME/.cache/aside"
touch "$HOME/.cache/aside/$(printf %032d 0).cache"
cat >> aside.yaml <<'END'
secrets:
  STRIPE_KEY: {description: Stripe API key}
  DATABASE_URL: {required: true}
links:
  api: [DATABASE_URL]
END
`

// TestExamples runs every line of the examples in help, in the shell that it is
// meant for. Each has to end well, and to leave something that can be seen: output,
// a file, or a variable or completion of the shell.
func TestExamples(t *testing.T) {
	template := newExampleRun(t)
	if _, stderr, err := template.run(shellFor(""), "set -eu\n"+prepare); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	each(commands(), func(cmd *cobra.Command) {
		if cmd.Name() == "help" || cmd.Hidden {
			return
		}
		for line := range strings.Lines(cmd.Example) {
			if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
				continue
			}
			t.Run(strings.ReplaceAll(cmd.CommandPath(), " ", "_")+"/"+line, func(t *testing.T) { template.try(t, line) })
		}
	})
}

// An exampleRun is a project folder, the home above it, and a folder for notes.
type exampleRun struct{ home, project, notes string }

func newExampleRun(t *testing.T) exampleRun {
	t.Helper()
	r := exampleRun{home: t.TempDir(), notes: t.TempDir()}
	r.project = filepath.Join(r.home, "shop")
	if err := os.Mkdir(r.project, 0o755); err != nil {
		t.Fatal(err)
	}
	return r
}

// try runs a line in a copy of the prepared folders, or in new ones if it makes
// what is there already.
func (r exampleRun) try(t *testing.T, line string) {
	shell := shellFor(line)
	if _, err := exec.LookPath(shell.args[0]); err != nil {
		t.Skipf("no %s on this machine: %v", shell.args[0], err)
	}
	own := newExampleRun(t)
	if !strings.HasPrefix(line, "aside init") && line != "aside identity new" {
		if out, err := exec.Command("cp", "-a", r.home+"/.", own.home).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	files := own.files(t)
	stdout, stderr, err := own.run(shell, fmt.Sprintf(shell.script, line))
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	var notes [2]string
	for i, name := range []string{"before", "after"} {
		text, err := os.ReadFile(filepath.Join(own.notes, name))
		if err != nil {
			t.Fatal(err)
		}
		notes[i] = string(text)
	}
	if strings.Contains(line, "--dry-run") {
		stdout += stderr
	}
	if stdout == "" && own.files(t) == files && notes[0] == notes[1] {
		t.Errorf("nothing is to be seen of it, but\n%s", stderr)
	}
}

// An exampleShell runs a line, and notes before and after it what the line may
// change in the shell itself.
type exampleShell struct {
	args   []string
	script string
}

func shellFor(line string) exampleShell {
	switch {
	case strings.Contains(line, "fish"):
		return exampleShell{[]string{"fish", "-N", "-c"}, `
function note; begin; env; complete -c aside; end > "$NOTES/$argv[1]"; end
note before; %s; or exit; note after`}
	case strings.Contains(line, "zsh"):
		return exampleShell{[]string{"zsh", "-fc"}, `
autoload -U compinit; compinit -D; setopt pipefail
note() { env > "$NOTES/$1"; print -r -- $_comps[aside] >> "$NOTES/$1" }
note before; %s || exit; note after`}
	case strings.Contains(line, "powershell"):
		return exampleShell{[]string{"pwsh", "-NoProfile", "-NonInteractive", "-Command"}, `
$ErrorActionPreference = "Stop"
function note($name) { (Get-ChildItem env: | Out-String), (TabExpansion2 "aside exp" 9).CompletionMatches.CompletionText > "$env:NOTES/$name" }
note before; %s; note after`}
	}
	return exampleShell{[]string{"bash", "--norc", "-c"}, `
set -o pipefail
note() { { env; complete -p; } > "$NOTES/$1"; }
note before; %s || exit; note after`}
}

// run runs a script in the project. On standard input there is a value.
func (r exampleRun) run(shell exampleShell, script string) (stdout, stderr string, err error) {
	cmd := exec.Command(shell.args[0], append(shell.args[1:], script)...)
	cmd.Dir = r.project
	cmd.Env = []string{
		"PATH=" + filepath.Join(r.project, "bin") + ":" + os.Getenv("PATH"), "HOME=" + r.home, "USER=ada", "NOTES=" + r.notes,
		"GITHUB_ENV=" + filepath.Join(r.home, "github_env"), "GORACE=atexit_sleep_ms=0",
	}
	cmd.Stdin = strings.NewReader("a value\n")
	var out, messages strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &messages
	err = cmd.Run()
	return out.String(), messages.String(), err
}

// files sums up every file, but for the log of what was done.
func (r exampleRun) files(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(r.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || entry.Name() == "audit.jsonl" {
			return err
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(&all, "%s %x\n", path, sha256.Sum256(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
