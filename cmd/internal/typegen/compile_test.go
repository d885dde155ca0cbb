package typegen

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tool returns a program's path. In CI it has to be there.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("%s is missing", name)
	}
	if err != nil {
		t.Skipf("%s is missing", name)
	}
	return path
}

// tree makes files, by their slash-separated names, in a new folder.
func tree(t *testing.T, files map[string]string) string {
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

// run returns what a command prints, and whether it went well.
func run(t *testing.T, dir string, environ []string, name string, args ...string) (string, bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), environ...)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// must is run of what has to go well.
func must(t *testing.T, dir string, environ []string, name string, args ...string) string {
	t.Helper()
	out, ok := run(t, dir, environ, name, args...)
	if !ok {
		t.Fatalf("%s %s:\n%s", name, strings.Join(args, " "), out)
	}
	return out
}

// modules returns a node_modules folder with TypeScript and the types of Node,
// which npm fetches the first time.
func modules(t *testing.T) string {
	t.Helper()
	npm := tool(t, "npm")
	tool(t, "node")
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	const typescript, node = "5.9.3", "22.19.0"
	dir := filepath.Join(cache, "aside-test", "typescript-"+typescript+"-node-"+node)
	if _, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err == nil {
		return filepath.Join(dir, "node_modules")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	out, ok := run(t, dir, nil, npm, "install", "--prefix", dir, "--no-audit", "--no-fund", "--ignore-scripts", "typescript@"+typescript, "@types/node@"+node)
	if !ok && os.Getenv("CI") == "" {
		t.Skipf("npm cannot fetch TypeScript:\n%s", out)
	}
	if !ok {
		t.Fatalf("npm cannot fetch TypeScript:\n%s", out)
	}
	return filepath.Join(dir, "node_modules")
}

const tsUse = `const key: string = process.env.STRIPE_KEY;
const maybe: string | undefined = process.env.MAYBE_INT;
const version: string = process.env.NEEDED_INT;
process.env.TZ = "UTC";
// @ts-expect-error: an optional variable is no string
export const wrong: string = process.env.MAYBE_INT;
export { key, maybe, version };
`

const tsUseSST = tsUse + `
import { Resource } from "sst";
export const value: string = Resource.StripeKey.value;
export const app: string = Resource.App.name;
`

// TestTypeScriptCompiles checks the declarations beside those of Node, and beside
// an SDK that declares what SST's does; and that a wrong use is seen.
func TestTypeScriptCompiles(t *testing.T) {
	installed := modules(t)
	files := map[string]string{
		"plain/env.d.ts": generate(t, "ts", sample(), Options{}),
		"plain/use.ts":   tsUse,
		"sst/env.d.ts":   generate(t, "ts", sample(), Options{SST: true}),
		"sst/use.ts":     tsUseSST,
		"sst/own.d.ts": `import "sst"
declare module "sst" { export interface Resource { "StripeKey": { "type": "sst.sst.Secret"; "value": string } } }
export {}`,
		"sst/node_modules/sst/package.json": `{"name": "sst", "version": "3.0.0", "types": "index.d.ts"}`,
		"sst/node_modules/sst/index.d.ts":   "export interface Resource { App: { name: string; stage: string } }\nexport declare const Resource: Resource;\n",
	}
	for _, name := range []string{"plain", "sst"} {
		files[name+"/tsconfig.json"] = `{"compilerOptions": {"strict": true, "exactOptionalPropertyTypes": true, "lib": ["es2022"], "noEmit": true, "module": "nodenext",
			"target": "es2022", "skipLibCheck": false, "types": ["node"], "typeRoots": ["` + filepath.ToSlash(filepath.Join(installed, "@types")) + `"]}}`
	}
	dir := tree(t, files)
	tsc := filepath.Join(installed, "typescript", "bin", "tsc")
	for _, name := range []string{"plain", "sst"} {
		must(t, filepath.Join(dir, name), nil, "node", tsc, "--project", ".")
	}
}

const goUse = `package main

import (
	"fmt"
	"os"

	"example.com/x/env"
)

func main() {
	e, err := env.Load()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	var key string = e.Key
	var port uint16 = e.Port
	var debug *bool = e.Debug
	fmt.Println(key, port, *debug, e.Limit == nil)
}
`

func TestGoCompiles(t *testing.T) {
	loaded := []Variable{
		{Name: "KEY", Required: true}, {Name: "PORT", Type: "port", Required: true},
		{Name: "DEBUG", Type: "bool"}, {Name: "LIMIT", Type: "number"},
	}
	dir := tree(t, map[string]string{
		"go.mod":          "module example.com/x\n\ngo 1.21\n",
		"main.go":         goUse,
		"env/env.go":      generate(t, "go", loaded, Options{}),
		"all/env.go":      generate(t, "go", sample(), Options{Package: "all"}),
		"empty/env.go":    generate(t, "go", nil, Options{Package: "empty"}),
		"optional/env.go": generate(t, "go", []Variable{{Name: "A"}}, Options{Package: "optional"}),
	})
	environ := []string{"GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local"}
	must(t, dir, environ, "go", "vet", "./...")
	program := filepath.Join(dir, "program.exe")
	must(t, dir, environ, "go", "build", "-o", program, ".")
	if got := must(t, dir, []string{"KEY=x", "PORT=80", "DEBUG=1"}, program); got != "x 80 true true\n" {
		t.Errorf("got %q", got)
	}
	out, ok := run(t, dir, []string{"PORT=hunter2", "DEBUG=hunter2"}, program)
	if want := "DEBUG is not of its type; KEY is not set; PORT is not of its type\n"; ok || out != want {
		t.Errorf("got %q, want %q", out, want)
	}
}

func TestPythonCompiles(t *testing.T) {
	python := tool(t, "python3")
	loaded := []Variable{
		{Name: "KEY", Required: true}, {Name: "PORT", Type: "port", Required: true},
		{Name: "DEBUG", Type: "bool"}, {Name: "LIMIT", Type: "number"}, {Name: "class"},
	}
	dir := tree(t, map[string]string{
		"env.py":   generate(t, "python", loaded, Options{}),
		"all.py":   generate(t, "python", sample(), Options{}),
		"empty.py": generate(t, "python", nil, Options{}),
		"use.py":   "import all, empty\nimport env\nassert empty.load() == {}\ntry:\n    print(env.load())\nexcept ValueError as e:\n    print(e)\n",
	})
	must(t, dir, nil, python, "-W", "error", "-m", "py_compile", "env.py", "all.py", "empty.py")
	if got, want := must(t, dir, []string{"KEY=x", "PORT=80", "DEBUG=0"}, python, "use.py"), "{'DEBUG': False, 'KEY': 'x', 'PORT': 80}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got := must(t, dir, []string{"PORT=hunter2", "DEBUG=hunter2"}, python, "use.py")
	if want := "KEY is not set; DEBUG is not of its type; PORT is not of its type\n"; strings.ReplaceAll(got, "\r\n", "\n") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
