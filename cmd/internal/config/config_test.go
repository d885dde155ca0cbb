package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

// write makes files, by their slash-separated names, in a new folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const everything = `# all of it
app: my-app
stage: dev
store: local
aws: {region: eu-central-1, profile: my-profile, endpoint: "http://localhost:4566"}

stages:
  production: {type: production, store: awssm}
  "pr-*": {type: pr}

parameters:
  VERSION: 1.20
  NAME: x
`

func TestLoadEverything(t *testing.T) {
	dir := write(t, map[string]string{Name: everything})
	got, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		Root:  dir,
		Path:  filepath.Join(dir, Name),
		App:   Text{"my-app", Pos{2, 6}},
		Stage: Text{"dev", Pos{3, 8}},
		Store: Store{Text: Text{"local", Pos{4, 8}}},
		AWS: AWS{
			Region:   Text{"eu-central-1", Pos{5, 15}},
			Profile:  Text{"my-profile", Pos{5, 38}},
			Endpoint: Text{"http://localhost:4566", Pos{5, 60}},
		},
		Stages: Map[Stage]{
			{Text{"production", Pos{8, 3}}, Stage{Type: Production, Store: Store{Text: Text{"awssm", Pos{8, 41}}}}},
			{Text{"pr-*", Pos{9, 3}}, Stage{Type: Preview}},
		},
		Parameters: Map[Scalar]{
			{Text{"VERSION", Pos{12, 3}}, Scalar{"1.20", Pos{12, 12}}},
			{Text{"NAME", Pos{13, 3}}, Scalar{"x", Pos{13, 9}}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestLoadFindsTheRoot(t *testing.T) {
	dir := write(t, map[string]string{
		"a/aside.yaml":     "app: outer",
		"a/b/c/aside.yaml": "app: inner",
		"a/b/c/d/e/x":      "",
		"a/b/f/x":          "",
		"g/x":              "",
	})
	for _, tt := range []struct{ from, root, app string }{
		{"a", "a", "outer"},
		{"a/b", "a", "outer"},
		{"a/b/f", "a", "outer"},
		{"a/b/c", "a/b/c", "inner"},
		{"a/b/c/d/e", "a/b/c", "inner"},
		{"g", "g", ""},
	} {
		c, err := Load(filepath.Join(dir, filepath.FromSlash(tt.from)))
		if err != nil {
			t.Errorf("%s: %v", tt.from, err)
			continue
		}
		root := filepath.Join(dir, filepath.FromSlash(tt.root))
		path := ""
		if tt.app != "" {
			path = filepath.Join(root, Name)
		}
		if c.Root != root || c.Path != path || c.App.Value != tt.app {
			t.Errorf("%s: root %q, path %q, app %q", tt.from, c.Root, c.Path, c.App.Value)
		}
	}
}

func TestLoadFromTheCurrentFolder(t *testing.T) {
	dir := write(t, map[string]string{Name: "app: here", "sub/x": ""})
	t.Chdir(filepath.Join(dir, "sub"))
	for _, from := range []string{"", ".", ".."} {
		c, err := Load(from)
		if err != nil {
			t.Fatal(err)
		}
		if c.App.Value != "here" || !filepath.IsAbs(c.Root) || filepath.Base(c.Path) != Name {
			t.Errorf("%q: %+v", from, c)
		}
	}
}

func TestLoadFails(t *testing.T) {
	dir := write(t, map[string]string{
		"yml/aside.yml":    "app: x",
		"yml/sub/x":        "",
		"both/aside.yml":   "app: x",
		"both/aside.yaml":  "app: y",
		"large/aside.yaml": "#" + strings.Repeat("x", maxSize),
		"dir/aside.yaml/x": "",
		"file":             "",
	})
	if err := os.Mkdir(filepath.Join(dir, "link"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "link", Name)); err != nil {
		t.Fatal(err)
	}
	const unreadable = "put a file that can be read in its place, or remove it"
	for _, tt := range []struct{ from, want, hint string }{
		{"yml", "{dir}/yml/aside.yml is not read", "rename it to aside.yaml"},
		{"yml/sub", "{dir}/yml/aside.yml is not read", "rename it to aside.yaml"},
		{"both", "", ""},
		{"large", "{dir}/large/aside.yaml cannot be read: it is larger than 1048576 bytes", unreadable},
		{"file", "{dir}/file is no folder", "name one with --dir, or leave it out for the current one"},
		{"dir", "{dir}/dir/aside.yaml cannot be read: is a directory", unreadable},
		{"link", "{dir}/link/aside.yaml cannot be read: no such file or directory", unreadable},
		{"missing", "{dir}/missing is no folder", "name one with --dir, or leave it out for the current one"},
	} {
		_, err := Load(filepath.Join(dir, tt.from))
		if tt.want == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.from, err)
			}
			continue
		}
		if want := strings.ReplaceAll(tt.want, "{dir}", dir); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", tt.from, err, want)
		}
		if got := sources.HintOf(err); got != tt.hint {
			t.Errorf("%s: hint %q", tt.from, got)
		}
	}
}

func TestParameterSource(t *testing.T) {
	dir := write(t, nil)
	c, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	source := c.ParameterSource()
	path := filepath.Join(dir, Name)
	if got := source.Paths(); !reflect.DeepEqual(got, []string{path}) {
		t.Errorf("paths %q", got)
	}
	read := func() []sources.Value {
		t.Helper()
		r, err := source.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r.Values
	}
	if got := read(); len(got) != 0 {
		t.Errorf("without a file: %v", got)
	}

	if err := os.WriteFile(path, []byte("parameters:\n  B: 0x1F\n  A: yes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := read()
	if len(got) != 2 || got[0].Name != "B" || got[0].Secret.Reveal() != "0x1F" || got[1].Name != "A" || got[1].Secret.Reveal() != "yes" {
		t.Fatalf("got %v", got)
	}
	if want := (sources.Origin{Layer: sources.Parameter, Source: Name, Line: 3, Column: 3}); got[1].Origin != want {
		t.Errorf("origin %+v", got[1].Origin)
	}

	if err := os.WriteFile(path, []byte("parameters: 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := source.Read(t.Context()); err == nil || len(r.Values) > 0 {
		t.Errorf("a bad file: %v, %v", r, err)
	}
}

func TestReadMissing(t *testing.T) {
	if _, err := read(filepath.Join(t.TempDir(), Name)); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
