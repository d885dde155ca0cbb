//go:build linux

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A step is a command that the README shows after a prompt, with what it prints.
type step struct{ command, output string }

// sessions are the blocks of README.md that show commands after a prompt.
func sessions(t *testing.T) [][]step {
	t.Helper()
	var all [][]step
	var steps []step
	for line := range strings.Lines(readme(t)) {
		text, indented := strings.CutPrefix(line, "    ")
		command, ok := strings.CutPrefix(text, "$ ")
		switch {
		case indented && ok:
			steps = append(steps, step{command: strings.TrimSuffix(command, "\n")})
		case indented && len(steps) > 0:
			steps[len(steps)-1].output += text
		case line != "\n" && len(steps) > 0:
			all, steps = append(all, steps), nil
		}
	}
	return all
}

func readme(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReadme runs what the README shows, and wants it to print the same.
func TestReadme(t *testing.T) {
	all := sessions(t)
	if len(all) != 2 {
		t.Fatalf("%d sessions", len(all))
	}
	t.Run("one minute", func(t *testing.T) {
		r := newRig(t, programs{aside: asideItself(t)})
		r.env = append(r.env, "GORACE=atexit_sleep_ms=0")
		r.write("node", "#!/bin/sh\necho \"listening on http://localhost:$PORT\"\nexec sleep 600\n")
		if err := os.Chmod(filepath.Join(r.dir, "node"), 0o700); err != nil {
			t.Fatal(err)
		}
		r.env[0] = "PATH=" + r.dir + ":" + strings.TrimPrefix(r.env[0], "PATH=")
		for _, s := range all[0] {
			if name, ok := strings.CutPrefix(s.command, "cat "); ok {
				r.write(name, s.output)
			}
			r.shows(s)
		}
	})
	t.Run("what wins", func(t *testing.T) {
		r := layersProject(t)
		r.env = r.env[:len(r.env)-2] // the commands set them
		for _, s := range all[1] {
			r.shows(s)
		}
	})
	t.Run("the first command", func(t *testing.T) {
		line := regexp.MustCompile(`(?m)^    (.* )go run \./cmd/aside (run .*)$`).FindStringSubmatch(readme(t))
		if line == nil {
			t.Fatal("there is none")
		}
		r := newRig(t, programs{aside: asideItself(t)})
		root, err := filepath.Abs("../..")
		if err != nil {
			t.Fatal(err)
		}
		r.dir, r.env = root, append(r.env, "CI=1", "USER=ada", "GORACE=atexit_sleep_ms=0")
		r.run("sh", "-c", line[1]+"aside "+line[2])
		r.ends(0)
		for _, want := range []string{"ASIDE_APP=shop", "ASIDE_STAGE=dev", "PORT=4000", "URL=http://localhost:4000", "LOG_LEVEL=warn",
			"DATABASE_URL=postgres://localhost/shop_ada", "STRIPE_KEY=.+", "VERSION=1.2.0"} {
			r.sees("^" + want + "$")
		}
	})
}

// shows runs a step on a terminal of its own, does what a person would, and
// compares what is printed with what the README says.
func (r *rig) shows(s step) {
	r.Helper()
	on := newRig(r.TB, r.programs)
	on.dir, on.env, on.columns = r.dir, r.env, 120
	on.onTTY("sh", "-c", s.command)
	switch s.command {
	case "aside secret set STRIPE_KEY":
		on.sees("^STRIPE_KEY: ")
		on.until("a terminal that shows nothing", func() bool { return !on.echoes() })
		on.types("sk_test_123\n")
		on.ends(0)
	case "aside run -- node server.js":
		on.sees("^listening on http://localhost:3000$")
		env, err := os.ReadFile(filepath.Join(on.dir, ".env"))
		if err != nil {
			on.Fatal(err)
		}
		text := strings.Replace(string(env), "3000", "4000", 1)
		on.write(".env", text)
		on.sees("^listening on http://localhost:4000$")
		defer func() { // what follows the session
			on.write(".env", strings.Replace(text, "LOG_LEVEL=info", `KEY="oops`, 1))
			on.sees("^aside: .env:3:5: KEY: .*\n  .*\n")
			message := regexp.MustCompile("(?m)^aside: .env:3:5: .*\n  .*\n").FindString(on.out.String())
			if shown := "    " + strings.Replace(message, "\n", "\n    ", 1); !strings.Contains(readme(r.TB), shown) {
				on.Errorf("README.md does not show\n%s", shown)
			}
			on.types("\x03")
			on.ends(130)
		}()
	default:
		on.ends(0)
	}
	want := strings.TrimRight(numbered(s.output), "\n ")
	on.until(s.command, func() bool { return strings.TrimRight(on.stable(on.out.String()), "\n ") == want })
}
