package sources

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCascade(t *testing.T) {
	for stage, want := range map[string]string{
		"dev":   ".env.dev.local .env.local .env.dev .env",
		"local": ".env.local.local .env.local .env",
	} {
		if got := strings.Join(Cascade(stage), " "); got != want {
			t.Errorf("%s: %s", stage, got)
		}
	}
}

func TestEnvFiles(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(t.TempDir(), "other.env")
	write(t, dir, map[string]string{
		".env":       "A=1\n  export B=$A # c\nA='2'\nC=x#y\nLONE\n",
		".env.local": "\ufeffA=3\r\n",
	})
	if err := os.WriteFile(other, []byte("D=4"), 0o600); err != nil {
		t.Fatal(err)
	}
	source := EnvFiles(dir, other, ".env.dev.local", ".env.local", ".env.dev", ".env")

	reading, err := source.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range reading.Values {
		text, ok := v.Template.Literal()
		if v.Origin.Layer != DotEnv || ok == (v.Name == "B") {
			t.Errorf("%s: layer %v, literal %v", v.Name, v.Origin.Layer, ok)
		}
		got = append(got, fmt.Sprintf("%s=%s %s:%d:%d", v.Name, text, v.Origin.Source, v.Origin.Line, v.Origin.Column))
	}
	want := []string{
		"D=4 " + other + ":1:1", "A=3 .env.local:1:1",
		"C=x#y .env:4:1", "A=2 .env:3:1", "B= .env:2:10", "A=1 .env:1:1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}

	warnings := []string{
		".env:4:3: C: a # without a blank before it is part of the value: quote the value to make that plain",
		".env:5:1: a name without a value is skipped: NAME= sets the empty value",
	}
	if !slices.Equal(reading.Warnings, warnings) {
		t.Errorf("warnings %q", reading.Warnings)
	}

	paths := []string{other}
	for _, name := range Cascade("dev") {
		paths = append(paths, filepath.Join(dir, name))
	}
	if !slices.Equal(source.Paths(), paths) {
		t.Errorf("paths %q", source.Paths())
	}
}

func TestEnvFilesErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"bad":   "A=1\nB='s3cret",
		"nul":   "A=s3cret\x00",
		"big":   "A='" + strings.Repeat("x", MaxEnvFile) + "'",
		"fits":  "A='" + strings.Repeat("x", MaxEnvFile-len("A=''")) + "'",
		"utf16": "\xff\xfeA\x00=\x001\x00",
	})
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, want, hint string }{
		{"bad", "bad:2:3: B: the quote ' that opens here is never closed", `close it; in double quotes \" is a quote, and a backslash at the end is \\`},
		{"nul", "nul:1:9: a NUL byte: this is no text in UTF-8", "save the file as UTF-8"},
		{"utf16", "utf16:1:4: a NUL byte: this is no text in UTF-8", "save the file as UTF-8"},
		{"big", "big is larger than 16 MiB", "is it a .env file?"},
		{"folder", "folder is a directory", "rename the folder, or name a file"},
	} {
		for _, source := range []Source{EnvFiles(dir, test.name), RequiredEnvFiles(dir, test.name)} {
			reading, err := source.Read(context.Background())
			if err == nil || err.Error() != test.want || HintOf(err) != test.hint || reading.Values != nil {
				t.Errorf("%s: got %v (%s)", test.name, err, HintOf(err))
			}
		}
	}
	if _, err := EnvFiles(dir, "fits").Read(context.Background()); err != nil {
		t.Errorf("a file of 16 MiB: %v", err)
	}

	reading, err := EnvFiles(dir, "missing").Read(context.Background())
	if err != nil || reading.Values != nil {
		t.Errorf("a missing file: %v", err)
	}
	_, err = RequiredEnvFiles(dir, "fits", "missing").Read(context.Background())
	if !errors.Is(err, ErrNotFound) || err.Error() != "missing: not found" || HintOf(err) == "" {
		t.Errorf("a required file that is missing: %v (%s)", err, HintOf(err))
	}
}

func TestUnreadableEnvFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{".env": "A=1"})
	if err := os.Chmod(filepath.Join(dir, ".env"), 0); err != nil {
		t.Fatal(err)
	}
	if file, err := os.Open(filepath.Join(dir, ".env")); err == nil {
		file.Close()
		t.Skip("file permissions do not hold for this user")
	}
	_, err := EnvFiles(dir, ".env").Read(context.Background())
	if err == nil || err.Error() != ".env cannot be read: permission denied" || HintOf(err) == "" {
		t.Errorf("got %v (%s)", err, HintOf(err))
	}
}
