//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// layersProject is a folder in which a variable comes from each of the ten
// layers, from the app's scopes and from the shared ones, and LOG_LEVEL from all.
func layersProject(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, programs{aside: asideItself(t)})
	home := r.dir
	r.dir = filepath.Join(home, "shop")
	if err := os.CopyFS(r.dir, os.DirFS("testdata/layers")); err != nil {
		t.Fatal(err)
	}
	r.env = append(r.env, "GORACE=atexit_sleep_ms=0")
	for _, line := range []string{
		"LOG_LEVEL a", "LOG_LEVEL b --shared",
		"LOG_LEVEL c --type dev", "LOG_LEVEL trace --type dev --shared",
		"LOG_LEVEL e --fallback", "LOG_LEVEL f --fallback --shared",
		"StripeKey sk_test_1", "StripeKey sk_test_23", "SMTP_PASSWORD hunter2 --shared",
		"SEARCH_KEY 12345678 --type dev", "MAPS_KEY 123456 --type dev --shared",
		"MAIL_TOKEN 12345678 --fallback", "LICENSE 1234 --fallback --shared", "HTTP_PROXY x --fallback",
	} {
		out, err := r.command(append([]string{"secret", "set"}, strings.Fields(line)...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
	}
	r.env = append(r.env, "LOG_LEVEL=trace", "HTTP_PROXY=")
	return r
}

// asideItself is the path by which this test binary is aside: see TestMain.
func asideItself(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("aside")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// command is a call of aside in the rig's folder.
func (r *rig) command(args ...string) *exec.Cmd {
	cmd := exec.Command(r.aside, args...)
	cmd.Dir, cmd.Env = r.dir, r.env
	return cmd
}

// TestExplainAllLayers checks what explain prints against testdata/explain.
func TestExplainAllLayers(t *testing.T) {
	r := layersProject(t)
	for name, args := range map[string][]string{
		"table.txt":    {"explain"},
		"table.json":   {"explain", "--json"},
		"name.txt":     {"explain", "LOG_LEVEL"},
		"name.json":    {"explain", "LOG_LEVEL", "--json"},
		"empty.txt":    {"explain", "HTTP_PROXY"},
		"expanded.txt": {"explain", "URL"},
		"declared.txt": {"explain", "StripeKey"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := r.command(args...)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil || stderr.Len() > 0 {
				t.Errorf("%v: %s", err, stderr.String())
			}
			golden(t, name, r.stable(string(out)))
		})
	}
}

// TestExplainOnTerminal checks that the table is as wide as the terminal and no
// wider, and that there is colour on a terminal alone, without NO_COLOR.
func TestExplainOnTerminal(t *testing.T) {
	r := layersProject(t)
	for _, test := range []struct {
		width int
		env   string
		bold  bool
	}{
		{80, "TERM=xterm", true},
		{80, "NO_COLOR=1", false},
		{120, "TERM=dumb", false},
		{40, "NO_COLOR=1", false},
	} {
		t.Run(fmt.Sprintf("%d columns, %s", test.width, test.env), func(t *testing.T) {
			on := newRig(t, r.programs)
			on.dir, on.env, on.columns = r.dir, append(r.env[:len(r.env):len(r.env)], "TERM=xterm", test.env), uint16(test.width)
			on.onTTY(r.aside, "explain")
			on.ends(0)
			on.sees("^VERSION .*\n")
			out := on.out.String()
			if bold := strings.Contains(out, "\x1b"); bold != test.bold || bold && !strings.HasPrefix(out, "\x1b[1mNAME ") {
				t.Errorf("escape sequences: %v, want %v: %q", bold, test.bold, out)
			}
			out = strings.NewReplacer("\x1b[1m", "", "\x1b[0m", "").Replace(out)
			for line := range strings.Lines(out) {
				if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > test.width {
					t.Errorf("a line of %d columns: %s", n, line)
				}
			}
			golden(t, fmt.Sprintf("table-%d.txt", test.width), on.stable(out))
		})
	}
}

var hashes = regexp.MustCompile(`(#|hash |"hash": ")([0-9a-f]{8})\b`)

// stable makes two outputs alike that differ in nothing but their salt and the
// home folder: it numbers the hashes in the order of their first appearance.
func (r *rig) stable(text string) string {
	for _, v := range r.env {
		if home, ok := strings.CutPrefix(v, "HOME="); ok {
			text = strings.ReplaceAll(text, home, "/home/ada")
		}
	}
	return numbered(text)
}

func numbered(text string) string {
	numbers := map[string]int{}
	return hashes.ReplaceAllStringFunc(text, func(found string) string {
		before, hash := found[:len(found)-8], found[len(found)-8:]
		if numbers[hash] == 0 {
			numbers[hash] = len(numbers) + 1
		}
		return fmt.Sprintf("%s%08d", before, numbers[hash])
	})
}

// golden compares text with a file in testdata/explain, or writes it with -update.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", "explain", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != text {
		t.Errorf("%s: %v; got\n%s\nwant\n%s", path, err, text, want)
	}
}
