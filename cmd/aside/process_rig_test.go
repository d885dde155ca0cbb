//go:build linux

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// patience is how long anything may take that is to happen at all.
const patience = time.Minute

// programs are what the tests of the process layer run.
type programs struct{ aside, child string }

// build builds the programs as users get them, and with -race as it is here.
func build(tb testing.TB) programs {
	tb.Helper()
	dir := tb.TempDir()
	p := programs{filepath.Join(dir, "aside"), filepath.Join(dir, "child")}
	for output, args := range map[string][]string{
		p.aside: append(raceFlags(), "."),
		p.child: {"./testdata/child"},
	} {
		cmd := exec.Command("go", append([]string{"build", "-o", output}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			tb.Fatalf("%v: %v\n%s", cmd, err, out)
		}
	}
	return p
}

// unignore keeps from what is started the signals that the tests themselves were
// started to ignore, as nohup and scripts do with their jobs in the background. For
// good: signal.Stop would ignore them again, and signal.Ignored not know it.
func unignore() {
	caught := make(chan os.Signal, 1)
	for _, sig := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT} {
		if signal.Ignored(sig) {
			signal.Notify(caught, sig)
		}
	}
}

// A rig runs one command line in a project folder of its own.
type rig struct {
	testing.TB
	programs
	dir string
	env []string
	in  *os.File   // standard input; nil: /dev/null
	fd3 *os.File   // nil: none
	cmd *exec.Cmd  // once started
	tty *os.File   // the other side of its terminal, if it has one
	out transcript // all that it prints, in order

	columns uint16 // of its terminal; 0: 200
	prompts int    // of bash, so far
}

func newRig(t testing.TB, p programs) *rig {
	unignore()
	dir := t.TempDir()
	return &rig{TB: t, programs: p, dir: dir, env: []string{
		"PATH=" + filepath.Dir(p.aside) + ":" + os.Getenv("PATH"),
		"HOME=" + dir, "TERM=dumb", "PS1=$ ", "LC_ALL=C",
		"GODEBUG=asyncpreemptoff=1", // no SIGURG of Go's own
	}}
}

// write writes a file of the project, at once as editors do.
func (r *rig) write(name, content string) {
	r.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.WriteFile(path+"~", []byte(content), 0o600); err != nil {
		r.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		r.Fatal(err)
	}
}

// run starts a program without a terminal, as the leader of a session.
func (r *rig) run(args ...string) *rig {
	r.Helper()
	r.cmd = exec.Command(args[0], args[1:]...)
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if r.in != nil {
		r.cmd.Stdin = r.in
	}
	output, w, err := os.Pipe()
	if err != nil {
		r.Fatal(err)
	}
	r.cmd.Stdout, r.cmd.Stderr = w, w
	r.start(output)
	w.Close()
	return r
}

// onTTY starts a program as the leader of a session with a terminal of its own.
func (r *rig) onTTY(args ...string) *rig {
	r.Helper()
	r.cmd = exec.Command(args[0], args[1:]...)
	tty, other, err := pty.Open()
	if err != nil {
		r.Fatal(err)
	}
	pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: cmp.Or(r.columns, 200)})
	r.cmd.Stdin, r.cmd.Stdout, r.cmd.Stderr = other, other, other
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	r.tty = tty
	r.start(tty)
	other.Close()
	return r
}

func (r *rig) start(output *os.File) {
	r.Helper()
	r.cmd.Dir, r.cmd.Env = r.dir, r.env
	if r.fd3 != nil {
		r.cmd.ExtraFiles = []*os.File{r.fd3}
	}
	if err := r.cmd.Start(); err != nil {
		r.Fatal(err)
	}
	go r.out.follow(output)
	r.Cleanup(func() {
		r.cmd.Process.Kill()
		r.cmd.Wait()
		output.Close()
		if r.Failed() {
			r.Logf("printed:\n%s", r.out.String())
		}
	})
}

func (r *rig) pid() int { return r.cmd.Process.Pid }

func (r *rig) signal(sig syscall.Signal) {
	r.Helper()
	if err := r.cmd.Process.Signal(sig); err != nil {
		r.Fatal(err)
	}
}

// type_ types on the terminal.
func (r *rig) types(text string) {
	r.Helper()
	if _, err := r.tty.WriteString(text); err != nil {
		r.Fatal(err)
	}
}

// code waits for the end and returns the exit code as a shell sees it.
func (r *rig) code() int {
	r.Helper()
	late := time.AfterFunc(patience, func() { r.cmd.Process.Kill() })
	r.cmd.Wait()
	if !late.Stop() {
		r.Fatalf("%v did not end\n%s", r.cmd.Args, r.out.String())
	}
	status := r.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

func (r *rig) ends(want int) {
	r.Helper()
	if got := r.code(); got != want {
		r.Fatalf("exit code %d, want %d\n%s", got, want, r.out.String())
	}
}

// sees waits until what was printed matches pattern count times (at least), and
// returns the first group of the last match.
func (r *rig) sees(pattern string) string { r.Helper(); return r.seesTimes(1, pattern) }

func (r *rig) seesTimes(count int, pattern string) string {
	r.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	var found [][]string
	r.until(fmt.Sprintf("%d × %q", count, pattern), func() bool {
		found = re.FindAllStringSubmatch(r.out.String(), -1)
		return len(found) >= count
	})
	return found[len(found)-1][len(found[0])-1]
}

// counts fails unless pattern was printed exactly want times so far.
func (r *rig) counts(want int, pattern string) {
	r.Helper()
	if want > 0 {
		r.seesTimes(want, pattern) // it may still be on its way
	}
	text := r.out.String()
	if got := len(regexp.MustCompile("(?m)"+pattern).FindAllString(text, -1)); got != want {
		r.Fatalf("%q was printed %d times, want %d:\n%s", pattern, got, want, text)
	}
}

// until waits for a condition.
func (r *rig) until(what string, ok func() bool) {
	r.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			r.Fatalf("waited in vain for %s; printed:\n%s", what, r.out.String())
		}
	}
}

// A transcript is what a program printed so far.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) follow(f *os.File) {
	buf := make([]byte, 4096)
	for {
		n, err := f.Read(buf)
		t.mu.Lock()
		t.text.Write(buf[:n])
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ReplaceAll(t.text.String(), "\r\n", "\n")
}
