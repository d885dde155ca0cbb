package export

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const dumpTo = "EXPORT_TEST_DUMP_TO"

// TestMain lets the test binary stand in for what a shell starts: it writes its
// environment to a file, with a NUL after each variable.
func TestMain(m *testing.M) {
	if path, ok := os.LookupEnv(dumpTo); ok {
		if err := os.WriteFile(path, []byte(strings.Join(os.Environ(), "\x00")), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("no %s on this machine: %v", program, err)
	}
	return path
}

// shells evaluate the file $1 as people do, and then run $2. Own prints the
// names of the shell's own variables.
var shells = []struct {
	name, format string
	args         []string
	own          string
}{
	{"dash", "shell", []string{"-c", `eval "$(cat "$1")"; exec "$2"`, "sh"}, `set`},
	{"bash", "shell", []string{"--norc", "-c", `eval "$(cat "$1")"; exec "$2"`, "sh"}, `compgen -v`},
	{"zsh", "shell", []string{"-fc", `eval "$(cat "$1")"; exec "$2"`, "sh"}, `print -l ${(k)parameters}`},
	{"fish", "fish", []string{"-N", "-c", `set -l program $argv[2]; cat $argv[1] | source; exec $program`}, `set -n`},
	{"pwsh", "powershell", []string{"-NoProfile", "-NonInteractive", "-CommandWithArgs",
		`$program = $args[1]; Get-Content -Raw -LiteralPath $args[0] | Invoke-Expression; & $program`}, `Get-ChildItem -Name variable:`},
}

// evaluate has the shell evaluate script, and returns the environment of what it starts.
func evaluate(t *testing.T, shell string, args []string, script string) (env map[string]string, stderr string) {
	t.Helper()
	dir := t.TempDir()
	file, dump := filepath.Join(dir, "script"), filepath.Join(dir, "dump")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell, append(args, file, program)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, dumpTo + "=" + dump,
		"GOCOVERDIR=" + dir, "GORACE=atexit_sleep_ms=0"} // for the test binary
	var messages bytes.Buffer
	cmd.Stderr = &messages
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, messages.String())
	}
	out, err := os.ReadFile(dump)
	if err != nil {
		t.Fatal(err)
	}
	env = map[string]string{}
	for _, v := range strings.Split(string(out), "\x00") {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	return env, messages.String()
}

// only returns of env what is named in vars.
func only(env map[string]string, vars []Variable) map[string]string {
	wanted := map[string]bool{}
	for _, v := range vars {
		wanted[v.Name] = true
	}
	maps.DeleteFunc(env, func(name, _ string) bool { return !wanted[name] })
	return env
}

func TestRealShells(t *testing.T) {
	for _, shell := range shells {
		t.Run(shell.name, func(t *testing.T) {
			path := need(t, shell.name)
			vars := accepted(shell.format)
			for i := 1; i < 0x100; i++ {
				if shell.format != "powershell" || i < 0x80 {
					vars = append(vars, variable(fmt.Sprintf("BYTE_%d", i), string([]byte{'a', byte(i), 'b'})))
				}
			}
			out, err := write(t, shell.format, vars)
			if err != nil {
				t.Fatal(err)
			}
			env, stderr := evaluate(t, path, shell.args, out)
			if stderr != "" {
				t.Errorf("it complains: %.500s", stderr)
			}
			equal(t, only(env, vars), vars)
		})
	}
}

// Whatever a shell calls a variable of its own is refused, or set like any other.
func TestShellsOwnVariables(t *testing.T) {
	for _, shell := range shells {
		t.Run(shell.name, func(t *testing.T) {
			path := need(t, shell.name)
			own, err := exec.Command(path, "-c", shell.own).Output()
			if err != nil {
				t.Fatal(err)
			}
			for _, value := range []string{"x y", "42", "long enough"} {
				var vars []Variable
				for line := range strings.Lines(string(own)) {
					name, _, _ := strings.Cut(strings.TrimSpace(line), "=")
					v := variable(name, value)
					if identifier(name, "") != "" || name == dumpTo {
						continue
					}
					if f, _ := find(shell.format); f.check([]Variable{v}) == nil {
						vars = append(vars, v)
					}
				}
				if len(vars) < 3 {
					t.Fatalf("only %d variables in %q", len(vars), own)
				}
				out, err := write(t, shell.format, vars)
				if err != nil {
					t.Fatal(err)
				}
				env, _ := evaluate(t, path, shell.args, out)
				equal(t, only(env, vars), vars)
			}
		})
	}
}

// The docker command reads the file itself and sends what it found to the daemon.
func TestRealDocker(t *testing.T) {
	docker := need(t, "docker")
	vars := accepted("docker")
	out, err := write(t, "docker", vars)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var created struct{ Env []string }
	daemon := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.44")
		if r.Method == http.MethodPost {
			mu.Lock()
			defer mu.Unlock()
			if err := json.NewDecoder(r.Body).Decode(&created); err != nil {
				t.Error(err)
			}
			w.WriteHeader(http.StatusTeapot)
		}
		fmt.Fprintln(w, "{}")
	}))
	defer daemon.Close()
	cmd := exec.Command(docker, "create", "--env-file", file, "image")
	cmd.Env = []string{"DOCKER_HOST=tcp://" + daemon.Listener.Addr().String(), "DOCKER_CONFIG=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	if message, err := cmd.CombinedOutput(); err == nil {
		t.Errorf("docker takes a teapot for a daemon: %s", message)
	}
	mu.Lock()
	defer mu.Unlock()
	got := map[string]string{}
	for _, v := range created.Env {
		name, value, _ := strings.Cut(v, "=")
		got[name] = value
	}
	equal(t, got, vars)
}

// TestRealCompose has compose-go read the files, as docker compose does for
// env_file: {path: …, format: raw} and, in its usual format, without one. The
// program that does so is a module of its own, which keeps compose-go out of ours.
func TestRealCompose(t *testing.T) {
	reader := filepath.Join(t.TempDir(), "compose")
	build := exec.Command("go", "build", "-o", reader, ".")
	build.Dir = filepath.Join("testdata", "compose")
	if message, err := build.CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%v: %s", err, message)
		}
		t.Skipf("compose-go cannot be built on this machine: %v: %s", err, message)
	}
	for format, name := range map[string]string{"docker": "raw", "env": ".env"} {
		t.Run(format, func(t *testing.T) {
			vars := accepted(format)
			out, err := write(t, format, vars)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(reader, name)
			cmd.Stdin = strings.NewReader(out)
			answer, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			encoded, got := map[string][]byte{}, map[string]string{}
			if err := json.Unmarshal(answer, &encoded); err != nil {
				t.Fatal(err)
			}
			for name, value := range encoded {
				got[name] = string(value)
			}
			equal(t, got, vars)
		})
	}
}

func TestRealTerraform(t *testing.T) {
	terraform := need(t, "terraform")
	vars := accepted("tfvars")
	out, err := write(t, "tfvars", vars)
	if err != nil {
		t.Fatal(err)
	}
	var declarations, values strings.Builder
	for _, v := range vars {
		fmt.Fprintf(&declarations, "variable %q { type = string }\n", v.Name)
		fmt.Fprintf(&values, "%s = base64encode(var.%s), ", v.Name, v.Name)
	}
	dir := t.TempDir()
	for name, content := range map[string]string{"main.tf": declarations.String(), "x.tfvars": out} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(terraform, "console", "-var-file=x.tfvars")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "CHECKPOINT_DISABLE=1"}
	cmd.Stdin = strings.NewReader("jsonencode({" + values.String() + "})\n")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	answer, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %.1000s", err, stderr.String())
	}
	var quoted string
	encoded, got := map[string]string{}, map[string]string{}
	if err := json.Unmarshal(answer, &quoted); err != nil {
		t.Fatalf("%v: %.200s", err, answer)
	}
	if err := json.Unmarshal([]byte(quoted), &encoded); err != nil {
		t.Fatal(err)
	}
	for name, value := range encoded {
		text, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			t.Fatal(err)
		}
		got[name] = string(text)
	}
	equal(t, got, vars)
}
