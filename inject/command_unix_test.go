//go:build unix

package inject

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

func TestFind(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, mode os.FileMode) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	put("bin/tool", 0o755)
	put("bin/text", 0o644)
	put("other/tool", 0o755)
	put("other/text", 0o755)
	put("other/folder/x", 0o755)
	put("here", 0o755)
	bin, other := filepath.Join(dir, "bin"), filepath.Join(dir, "other")

	const (
		spelling = "check its spelling, and PATH"
		folder   = "check its spelling, and the folder it is seen from"
	)
	for _, c := range []struct {
		what, name, path string
		found            string // "" for an error
		code             int
		err, hint        string
	}{
		{"in PATH", "tool", bin + ":" + other, bin + "/tool", 0, "", ""},
		{"the first in PATH", "tool", other + ":" + bin, other + "/tool", 0, "", ""},
		{"behind one that cannot be run", "text", bin + ":" + other, other + "/text", 0, "", ""},
		{"behind a folder of the same name", "folder", other + ":" + other + "/nosuch", "", 127, "folder: command not found", spelling},
		{"a relative entry", "tool", "bin", "./bin/tool", 0, "", ""},
		{"an empty entry", "here", "/nosuch:", "./here", 0, "", ""},
		{"no entry for the current folder", "here", bin, "", 127, "here: command not found", spelling},
		{"not executable", "text", bin, "", 126, bin + "/text: cannot be run: permission denied", "if it is a program: chmod +x " + bin + "/text"},
		{"not found", "nosuch", bin, "", 127, "nosuch: command not found", spelling},
		{"an empty PATH", "nosuch", "", "", 127, "nosuch: command not found", spelling},
		{"no PATH", "tool", "-", "", 127, "tool: command not found: PATH is not set", spelling},
		{"no name", "", bin, "", 127, "the command's name is empty", spelling},
		{"a path", "bin/tool", "-", "bin/tool", 0, "", ""},
		{"an absolute path", other + "/tool", "-", other + "/tool", 0, "", ""},
		{"a path to nothing", "./nosuch", bin, "", 127, "./nosuch: no such file", folder},
		{"a path to a text", "bin/text", bin, "", 126, "bin/text: cannot be run: permission denied", "if it is a program: chmod +x bin/text"},
		{"a path to a folder", "./bin", bin, "", 126, "./bin: cannot be run: it is a folder", ""},
		{"a path through a file", "here/x", bin, "", 126, "here/x: cannot be run: not a directory", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			vars := map[string]string{"PATH": c.path}
			if c.path == "-" {
				vars = nil
			}
			inDir := Command{Args: []string{c.name}, Dir: dir}
			got, err := inDir.find(environment(t, vars))
			if c.found != "" {
				if err != nil || got != c.found {
					t.Errorf("got %q, %v, want %q", got, err, c.found)
				}
				return
			}
			var start *StartError
			if !errors.As(err, &start) {
				t.Fatalf("got %q, %v, want a *StartError", got, err)
			}
			if start.Code != c.code || err.Error() != c.err || sources.HintOf(err) != c.hint {
				t.Errorf("got  %d %s (%s)\nwant %d %s (%s)", start.Code, err, sources.HintOf(err), c.code, c.err, c.hint)
			}
		})
	}
}

// The PATH that counts is the command's, not the one this program has.
func TestFindInTheMergedPath(t *testing.T) {
	t.Setenv("PATH", "/bin:/usr/bin")
	_, err := Command{Args: []string{"sh"}}.find(environment(t, map[string]string{"PATH": t.TempDir()}))
	if err == nil || err.Error() != "sh: command not found" {
		t.Errorf("got %v", err)
	}
}

func TestPrepare(t *testing.T) {
	dir := t.TempDir()
	env := environment(t, map[string]string{"PATH": "/bin", "PWD": "/elsewhere", "A": "1"})
	l, err := Command{Args: []string{"sh", "-c", ":"}, Dir: dir}.prepare(env)
	if err != nil {
		t.Fatal(err)
	}
	if l.path != "/bin/sh" || l.dir != dir || strings.Join(l.argv, " ") != "sh -c :" ||
		!slices.Equal(l.environ, []string{"A=1", "PATH=/bin", "PWD=" + dir}) {
		t.Errorf("%+v", l)
	}
	l, err = Command{Args: []string{"sh"}}.prepare(env)
	if err != nil || !slices.Equal(l.environ, env.Environ()) {
		t.Errorf("without a folder of its own: %+v, %v", l, err)
	}
}
