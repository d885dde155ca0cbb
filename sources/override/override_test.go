package override

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

// put writes src as the file of a new root.
func put(t *testing.T, src string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, Name), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	return root
}

// The example is that of Encore's documentation.
func TestReadEncoreExample(t *testing.T) {
	root := put(t, "GitHubAPIToken: \"my-local-override-token\"\nSSHPrivateKey: \"custom-ssh-private-key\"\n")
	src := New(root)
	r, err := src.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ name, value, origin string }{
		{"GitHubAPIToken", "my-local-override-token", ".secrets.local.cue:1"},
		{"SSHPrivateKey", "custom-ssh-private-key", ".secrets.local.cue:2"},
	}
	if len(r.Values) != len(want) || r.Warnings != nil {
		t.Fatalf("read %d values and the warnings %q", len(r.Values), r.Warnings)
	}
	for i, w := range want {
		v := r.Values[i]
		if v.Name != w.name || v.Secret.Reveal() != w.value || v.Origin.String() != w.origin || v.Template != nil ||
			v.Origin.Layer != sources.Override || v.Origin.Column != 1 {
			t.Errorf("value %d is %s=%s of %v", i, v.Name, v.Secret.Reveal(), v.Origin)
		}
	}
	if paths := src.Paths(); len(paths) != 1 || paths[0] != filepath.Join(root, Name) {
		t.Errorf("paths are %q", paths)
	}
}

func TestReadWithoutFile(t *testing.T) {
	r, err := New(t.TempDir()).Read(t.Context())
	if err != nil || r.Values != nil {
		t.Errorf("read %v and %v", r, err)
	}
}

func TestReadUnreadable(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, Name), 0o700); err != nil {
		t.Fatal(err)
	}
	loop := t.TempDir()
	if err := os.Symlink(Name, filepath.Join(loop, Name)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, root, want, hint string }{
		{"folder", folder, ".secrets.local.cue is no regular file", `put a file of lines like NAME: "value" in its place, or remove it`},
		{"large", put(t, strings.Repeat("//\n", MaxFile/3)+"// "), ".secrets.local.cue is larger than 1 MiB", "keep large values in files of their own, and here only where they are"},
		{"loop", loop, ".secrets.local.cue cannot be read: ", "mend the file, or remove it: nothing needs it"},
	} {
		r, err := New(test.root).Read(t.Context())
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || sources.HintOf(err) != test.hint || r.Values != nil {
			t.Errorf("%s: %v (%s)", test.name, err, sources.HintOf(err))
		}
		if err != nil && strings.Contains(err.Error(), test.root) {
			t.Errorf("%s: the error names the path: %v", test.name, err)
		}
	}
	if _, err := New(put(t, strings.Repeat("//\n", MaxFile/3)+"/")).Read(t.Context()); err == nil || strings.Contains(err.Error(), "larger") {
		t.Errorf("a file of %d bytes: %v", MaxFile, err)
	}
}
