package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aside-cli/aside/cmd/internal/docgen"
)

//go:generate go test . -run ^TestDocs$ -update

var update = flag.Bool("update", false, "write the files in docs that are made from the program")

// commands returns the tree of commands.
func commands() *cobra.Command {
	a := &app{stdout: io.Discard, stderr: io.Discard}
	return a.command()
}

// TestDocs checks the files in docs that are made from the program.
func TestDocs(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	want := map[string]string{}
	for name, text := range docgen.ManPages(commands()) {
		want[filepath.Join(docs, "man", name)] = text
	}
	schema, err := docgen.Schema(storeNames())
	if err != nil {
		t.Fatal(err)
	}
	want[filepath.Join(docs, "aside.schema.json")] = string(schema)

	there, err := filepath.Glob(filepath.Join(docs, "man", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range there {
		if _, ok := want[path]; ok {
			continue
		}
		if *update {
			err = os.Remove(path)
		}
		if !*update || err != nil {
			t.Errorf("%s is the page of no command (go generate ./cmd/aside removes it): %v", path, err)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if *update {
			if err := os.WriteFile(path, []byte(want[path]), 0o644); err != nil {
				t.Error(err)
			}
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil || string(text) != want[path] {
			t.Errorf("%s is out of date: go generate ./cmd/aside (%v)", path, err)
		}
	}
}

// TestHelp checks that every command says what it does, and that the lines of
// its examples are command lines that it takes.
func TestHelp(t *testing.T) {
	lines := 0
	each(commands(), func(cmd *cobra.Command) {
		path := cmd.CommandPath()
		switch {
		case cmd.Name() == "help" || cmd.Hidden:
			return
		case cmd.Short == "" || cmd.Example == "":
			t.Errorf("%s: no short text or no example", path)
		case strings.HasSuffix(cmd.Short, "."):
			t.Errorf("%s: the short text is no sentence", path)
		}
		own := false
		for _, args := range commandLines(cmd.Example) {
			lines++
			found, err := parse(args)
			if err != nil {
				t.Errorf("%s: the example %q: %v", path, args, err)
				continue
			}
			own = own || strings.HasPrefix(found, path)
		}
		if !own {
			t.Errorf("%s: no example is one of it", path)
		}
	})
	t.Logf("%d lines", lines)
}

// parse takes a command line, without running it, and returns its command.
func parse(args []string) (string, error) {
	root := commands()
	root.SetContext(context.Background())
	cmd, rest, err := root.Find(args)
	if err != nil {
		return "", err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return "", err
	}
	return cmd.CommandPath(), cmd.ValidateArgs(cmd.Flags().Args())
}

// TestReadmeCommands checks that the command lines in README.md are some that the
// program takes; those within a sentence may leave arguments out.
func TestReadmeCommands(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(string(text)) {
		shown, indented := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ")
		if indented {
			shown, _, _ = strings.Cut(strings.TrimPrefix(shown, "$ "), "  ") // what it does
			if strings.HasPrefix(shown, "aside: ") {
				continue
			}
			for _, args := range commandLines(shown) {
				lines++
				if _, err := parse(args); err != nil {
					t.Errorf("%q: %v", args, err)
				}
			}
			continue
		}
		for _, quoted := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(line, -1) {
			for _, args := range commandLines(quoted[1]) {
				lines++
				root := commands()
				cmd, rest, err := root.Find(args)
				if err == nil {
					err = cmd.ParseFlags(rest)
				}
				if err != nil && !errors.Is(err, pflag.ErrHelp) {
					t.Errorf("%q: %v", args, err)
				}
			}
		}
	}
	if lines < 40 {
		t.Errorf("only %d command lines were found", lines)
	}
}

var (
	comments   = regexp.MustCompile(`(?m)(^|\s)#.*`)
	calls      = regexp.MustCompile(`(?m)(?:^|[\s(])aside((?: +(?:"[^"]*"|'[^']*'|[^\s|<>()"']+))+)`)
	shellWords = regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`)
)

// commandLines returns the arguments of every call of aside in lines of a shell,
// those in a pipe, in $(…) and in <(…) too.
func commandLines(text string) [][]string {
	var all [][]string
	for _, call := range calls.FindAllStringSubmatch(comments.ReplaceAllString(text, ""), -1) {
		var args []string
		for _, word := range shellWords.FindAllString(call[1], -1) {
			args = append(args, strings.Trim(word, `"'`))
		}
		all = append(all, args)
	}
	return all
}

func TestCommandLines(t *testing.T) {
	for text, want := range map[string]string{
		"  # comment\n  aside explain":                                     "explain",
		`  eval "$(aside export --format shell)"`:                          "export --format shell",
		"  aside secret list > backup.env":                                 "secret list",
		"  aside secret list --stage a | aside secret load - --stage b":    "secret list --stage a;secret load - --stage b",
		"  source <(aside completion bash)":                                "completion bash",
		"  openssl rand -hex 32 | aside secret set X":                      "secret set X",
		"  aside export | jq -r .A":                                        "export",
		"  aside a b\n\n  # c\n  aside d":                                  "a b;d",
		`  aside recipients add "$(cat ~/.ssh/id_ed25519.pub)" --name ada`: `recipients add $(cat ~/.ssh/id_ed25519.pub) --name ada`,
	} {
		var got []string
		for _, args := range commandLines(text) {
			got = append(got, strings.Join(args, " "))
		}
		if strings.Join(got, ";") != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
