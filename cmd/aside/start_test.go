//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// BenchmarkStart measures how long a command takes to start and end: under
// env(1), and under aside with four .env files and a store of 50 secrets.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	aside := filepath.Join(dir, "aside")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", aside, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	run := func(name string, args ...string) {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	var secrets strings.Builder
	for i := range 50 {
		fmt.Fprintf(&secrets, "SECRET_%d='a value of a secret, number %d'\n", i, i)
	}
	files := map[string]string{"secrets": secrets.String()}
	for i, name := range []string{".env", ".env.dev", ".env.local", ".env.dev.local"} {
		files[name] = fmt.Sprintf("A%d=1\nB%d=$A%d\nURL=http://localhost:$A0\n", i, i, i)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	run(aside, "secret", "load", "secrets")

	b.Run("env", func(b *testing.B) {
		for b.Loop() {
			run("env", "A=b", "true")
		}
	})
	b.Run("aside", func(b *testing.B) {
		for b.Loop() {
			run(aside, "run", "--no-watch", "--", "true")
		}
	})
}

// TestRunAlone: run is the same with the other commands and without.
func TestRunAlone(t *testing.T) {
	find := func(root *cobra.Command) *cobra.Command {
		t.Helper()
		cmd, _, err := root.Find([]string{"run"})
		if err != nil || cmd.Name() != "run" {
			t.Fatalf("%v, %v", cmd, err)
		}
		return cmd
	}
	alone := new(app).command("run", "--", "true")
	if n := len(alone.Commands()); n != 1 {
		t.Errorf("%d commands are made for run", n)
	}
	if got, want := find(alone).UsageString(), find(commands()).UsageString(); got != want {
		t.Errorf("run alone:\n%s\namong the others:\n%s", got, want)
	}
}

// TestNoSchemas keeps out what the newer clients of AWS's services do at every
// start, in stages without AWS too: they build the schemas of all operations. Of
// all services here together that takes more than 2 ms and 1.7 MB.
func TestNoSchemas(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(dep, "github.com/aws/") && strings.HasSuffix(dep, "/schemas") {
			t.Errorf("%s is linked: take an older version of the module", dep)
		}
	}
}
