package execstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aside-cli/aside/sources"
)

// The test's own program is the command, where HELPER says what it does.
func TestMain(m *testing.M) {
	what := os.Getenv("HELPER")
	if what == "" {
		os.Exit(m.Run())
	}
	os.Exit(help(what))
}

// help is what the command does, and its exit status.
func help(what string) int {
	do, arg, _ := strings.Cut(what, ":")
	switch do {
	case "print":
		fmt.Print(arg)
	case "scope":
		if scope := os.Getenv("ASIDE_SCOPE"); scope != "unknown" {
			fmt.Printf(`{"FROM": "%s/%s", "STAGE": "%s"}`, os.Getenv("ASIDE_APP"), scope, os.Getenv("ASIDE_STAGE"))
		}
	case "file":
		text, err := os.ReadFile(arg)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		os.Stdout.Write(text)
	case "where":
		dir, _ := os.Getwd()
		stdin, _ := io.ReadAll(os.Stdin)
		fmt.Printf("WHERE='%s'\nSTDIN=%d\nOWN=%s\nARGS='%s'", dir, len(stdin), os.Getenv("OWN"), strings.Join(os.Args[1:], "|"))
	case "meet": // waits until arg commands of its kind have started
		dir, n := filepath.Split(arg)
		if err := os.WriteFile(filepath.Join(dir, os.Getenv("ASIDE_APP")+os.Getenv("ASIDE_SCOPE")), nil, 0o600); err != nil {
			return 1
		}
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if all, _ := os.ReadDir(dir); fmt.Sprint(len(all)) == n {
				return 0
			}
		}
		return 1
	case "flood":
		for {
			if _, err := fmt.Print(strings.Repeat("hunter2\n", 1<<17)); err != nil {
				time.Sleep(time.Hour) // however it takes the news
			}
		}
	case "hang":
		fmt.Println("SECRET=hunter2")
		fmt.Fprintln(os.Stderr, "waiting for the vault")
		time.Sleep(time.Hour)
	case "leave": // a process that keeps the output open
		left := exec.Command(os.Args[0])
		left.Env = append(os.Environ(), "HELPER=hang")
		left.Stdout = os.Stdout
		if err := left.Start(); err != nil {
			return 1
		}
		os.WriteFile(arg, fmt.Append(nil, left.Process.Pid), 0o600)
	case "fail":
		fmt.Println("SECRET=hunter2")
		status := 0
		said, _ := fmt.Sscan(arg, &status)
		if said != 1 {
			return 1
		}
		fmt.Fprint(os.Stderr, os.Getenv("SAYS"))
		return status
	}
	return 0
}

var (
	dev      = sources.StageScope("dev")
	fallback = sources.FallbackScope()
	preview  = sources.TypeScope("preview")
)

const program = "execstore.test"

func newStore(t *testing.T, helper string, change ...func(*Config)) *Store {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), program)
	if filepath.Ext(self) != ".exe" { // a fuzz worker's binary is called otherwise
		if err := os.Symlink(self, link); err != nil {
			t.Fatal(err)
		}
		self = link
	}
	c := Config{App: "app", Stage: "dev", Command: []string{self}, Environ: append(os.Environ(), "HELPER="+helper)}
	for _, f := range change {
		f(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t *testing.T, s *Store, scopes ...sources.Scope) string {
	t.Helper()
	values, err := s.Read(t.Context(), scopes...)
	if err != nil {
		t.Fatal(failure(err))
	}
	var b strings.Builder
	for _, v := range values {
		layer := v.Origin.Layer.String()
		if v.Origin.Shared {
			layer = "shared " + layer
		}
		fmt.Fprintf(&b, "%s %s=%s\n", layer, v.Name, v.Secret.Reveal())
	}
	return b.String()
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// failure writes an error with its hint, as a user sees them.
func failure(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error() + "\n" + sources.HintOf(err)
}

func TestScopes(t *testing.T) {
	all := []sources.Scope{
		dev, {Layer: sources.Stage, Name: "dev", Shared: true}, preview,
		fallback, {Layer: sources.Fallback, Shared: true}, sources.StageScope("unknown"),
	}
	for _, test := range []struct {
		scopes []string
		want   string
	}{
		{nil, "stage FROM=app/dev\nstage STAGE=dev\nshared stage FROM=_shared/dev\nshared stage STAGE=dev\n" +
			"type FROM=app/_type.preview\ntype STAGE=dev\nfallback FROM=app/_fallback\nfallback STAGE=dev\n" +
			"shared fallback FROM=_shared/_fallback\nshared fallback STAGE=dev\n"},
		{[]string{"stage"}, "stage FROM=app/dev\nstage STAGE=dev\n"},
		{[]string{"fallback", "shared"}, "fallback FROM=app/_fallback\nfallback STAGE=dev\n" +
			"shared fallback FROM=_shared/_fallback\nshared fallback STAGE=dev\n"},
	} {
		s := newStore(t, "scope", func(c *Config) { c.Scopes = test.scopes })
		equal(t, fmt.Sprint(test.scopes), read(t, s, all...), test.want)
	}
	values, err := newStore(t, "scope").Read(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "source", values[0].Origin.Source, "exec:"+program)
}

func TestScopesAtTheSameTime(t *testing.T) {
	dir := t.TempDir()
	s := newStore(t, "meet:"+filepath.Join(dir, "3"), func(c *Config) { c.Timeout = time.Minute })
	equal(t, "values", read(t, s, dev, preview, fallback), "")
}

func TestSurroundings(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := newStore(t, "where", func(c *Config) {
		c.Dir = dir
		c.Command = append(c.Command, "a b", "$HOME")
		c.Environ = append(c.Environ, "OWN=kept")
	})
	equal(t, "values", read(t, s, dev), "stage ARGS=a b|$HOME\nstage OWN=kept\nstage STDIN=0\nstage WHERE="+dir+"\n")
}

func TestVersion(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secrets")
	s := newStore(t, "file:"+file)
	other := newStore(t, "file:"+file)
	var seen []string
	step := func(what, text string, changes bool) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		v, err := s.Version(t.Context(), dev, fallback)
		if err != nil {
			t.Fatal(err)
		}
		if changed := !slices.Contains(seen, v); changed != changes {
			t.Errorf("%s: changed %t, want %t", what, changed, changes)
		}
		seen = append(seen, v)
		if w, err := other.Version(t.Context(), dev, fallback); err != nil || w == v {
			t.Errorf("%s: digests of two stores can be compared: %v", what, err)
		}
	}
	step("first", `{"A": "1", "B": "2"}`, true)
	step("the same in another order", "B=2\nA='1'", false)
	step("another value", `{"A": "1", "B": "3"}`, true)
	step("another name", `{"A": "1", "C": "3"}`, true)
	step("the border between name and value", `{"A1": "", "C": "3"}`, true)
	step("nothing", ``, true)
	step("the first again", `{"A": "1", "B": "2"}`, false)
}

func TestReadOnly(t *testing.T) {
	s := newStore(t, "scope")
	secret := sources.NewSecret("hunter2")
	equal(t, "Set", failure(s.Set(t.Context(), dev, map[string]sources.Secret{"B": secret, "A": secret})),
		"exec: cannot set A, B for the stage dev: what execstore.test prints is only read\nset it in the manager that execstore.test asks")
	equal(t, "Remove", failure(s.Remove(t.Context(), fallback, "A")),
		"exec: cannot remove A for the fallback: what execstore.test prints is only read\nremove it in the manager that execstore.test asks")
}

func TestNew(t *testing.T) {
	const hint = "\nwrite the program and its arguments, as in store: {exec: [\"op\", \"inject\", \"-i\", \"secrets.tpl\"]}"
	for want, c := range map[string]Config{
		"exec: there is no command" + hint: {Command: []string{""}},
		"exec: there are no scopes called \"production\"\none of stage, type, fallback, shared": {Command: []string{"op"}, Scopes: []string{"stage", "production"}},
		"exec: the timeout is -1s: it cannot be negative\n":                                     {Command: []string{"op"}, Timeout: -time.Second},
		"no error": {Command: []string{"op"}},
	} {
		_, err := New(c)
		equal(t, "error", failure(err), want)
	}
	_, err := New(Config{})
	equal(t, "no command", failure(err), "exec: there is no command"+hint)
}

func TestFails(t *testing.T) {
	long := ""
	for i := range 30 {
		long += fmt.Sprintf("line %d\n", i)
	}
	for _, test := range []struct {
		helper, says, want string
		unreachable        bool
	}{
		{"fail:3", "", "failed: exit status 3 (stage dev)\nit does not say why: run it by hand", false},
		{"fail:1", "\x1b[31mno session\x1b[0m\r\n\n  sign in\a first\n", "failed: exit status 1 (stage dev)\nno session\n    sign in first", false},
		{"fail:75", "no network\n", "failed: exit status 75 (stage dev)\nno network", true},
		{"fail:1", long, "failed: exit status 1 (stage dev)\n" + strings.ReplaceAll(strings.TrimSpace(long[strings.Index(long, "line 10"):]), "\n", "\n  "), false},
		{"fail:1", strings.Repeat("x", 70000) + "\nend", "failed: exit status 1 (stage dev)\n" + strings.Repeat("x", keptTail-4) + "\n  end", false},
		{"flood", "", "printed more than 16 MiB (stage dev)\nlet it print variables alone", false},
		{"print:{\"A\": \"hunter2", "", "", false},
	} {
		s := newStore(t, test.helper, func(c *Config) { c.Environ = append(c.Environ, "SAYS="+test.says) })
		want := "exec: execstore.test " + test.want
		if test.want == "" {
			want = "exec: the output of execstore.test for the stage dev is no valid JSON: error at byte 14\nprint one object like {\"NAME\": \"value\"}"
		}
		values, err := s.Read(t.Context(), dev)
		equal(t, test.helper, failure(err), want)
		if values != nil || errors.Is(err, sources.ErrUnreachable) != test.unreachable {
			t.Errorf("%s: %d values, unreachable %t", test.helper, len(values), errors.Is(err, sources.ErrUnreachable))
		}
		_, err = s.Version(t.Context(), dev)
		equal(t, test.helper, failure(err), want)
	}
}

func TestTimeout(t *testing.T) {
	for timeout := 200 * time.Millisecond; ; timeout *= 2 {
		s := newStore(t, "hang", func(c *Config) { c.Timeout = timeout })
		_, err := s.Read(t.Context(), dev)
		if !errors.Is(err, sources.ErrUnreachable) {
			t.Error("who says nothing in time is not unreachable")
		}
		if !strings.Contains(failure(err), "vault") && timeout < time.Minute {
			continue // it was ended before it could say a word
		}
		equal(t, "error", failure(err), fmt.Sprintf("exec: execstore.test did not end within %s (stage dev)\n"+
			"waiting for the vault\n  if it needs longer, raise timeout under store: in aside.yaml", timeout))
		return
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := newStore(t, "hang").Read(ctx, dev, fallback); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sources.ErrUnreachable) {
		t.Errorf("got %v", err)
	}
}

// One scope that fails ends the commands of the others.
func TestOneFails(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no sh here: ", err)
	}
	s := newStore(t, "hang", func(c *Config) {
		c.Command = []string{"sh", "-c", `[ $ASIDE_SCOPE = dev ] && exec "$0"; echo denied >&2; exit 4`, self}
	})
	_, err = s.Read(t.Context(), dev, fallback)
	equal(t, "error", failure(err), "exec: sh failed: exit status 4 (fallback)\ndenied")
}

// A process that stays behind with the output could still print.
func TestLeftBehind(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	_, err := newStore(t, "leave:"+file).Read(t.Context(), dev)
	equal(t, "error", failure(err), "exec: execstore.test left a process behind that keeps its output open (stage dev)\n"+
		"send the output of what it starts elsewhere, or wait for its end")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid := 0
	fmt.Sscan(string(text), &pid)
	left, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	left.Kill()
}

func TestNotStarted(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "plain"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ command, want string }{
		{"no-such-manager", "exec: no-such-manager cannot be started: " + exec.ErrNotFound.Error() + " (stage dev)"},
		{"./missing", "exec: missing cannot be started: no such file or directory (stage dev)"},
		{"./plain", "exec: plain cannot be started: permission denied (stage dev)"},
	} {
		if strings.HasPrefix(test.command, "./") && filepath.Separator != '/' {
			t.Logf("%s: the message is the system's own", test.command)
			continue
		}
		s := newStore(t, "", func(c *Config) { c.Command, c.Dir = []string{test.command, "--token=hunter2"}, dir })
		_, err := s.Read(t.Context(), dev)
		equal(t, test.command, failure(err), test.want+"\ninstall it, or correct exec under store: in aside.yaml")
		if errors.Is(err, sources.ErrUnreachable) {
			t.Errorf("%s: unreachable", test.command)
		}
	}
}

// warnings collects what a store warns of.
type warnings struct {
	mu    sync.Mutex
	lines []string
}

func (w *warnings) add(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, line)
}

// sorted returns them in one text.
func (w *warnings) sorted() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.Sort(w.lines)
	return strings.Join(w.lines, "\n")
}
