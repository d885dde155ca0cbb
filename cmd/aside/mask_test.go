//go:build linux

package main

import (
	"bytes"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const token = `s3cret/value+42 "x"`

// TestMask shows --mask at work, with real processes and terminals.
func TestMask(t *testing.T) {
	p := build(t)
	for name, test := range map[string]func(*rig){
		"streams":                       (*rig).maskedStreams,
		"one stream":                    (*rig).maskedTogether,
		"byte by byte":                  (*rig).maskedByteByByte,
		"restart":                       (*rig).maskedRestart,
		"on a terminal":                 (*rig).maskedOnTTY,
		"restart on a terminal":         (*rig).maskedRestartOnTTY,
		"only one output is a terminal": (*rig).maskedHalf,
		"in a pipeline":                 (*rig).maskedPipeline,
		"terminals of a pipeline":       (*rig).maskedPipelineTerminals,
		"less in a pipeline":            (*rig).maskedLessInPipeline,
		"nobody reads":                  (*rig).maskedSIGPIPE,
		"a full disk":                   (*rig).maskedFull,
		"left behind":                   func(r *rig) { r.maskedLeftBehind((*rig).run) },
		"left behind on a terminal":     func(r *rig) { r.maskedLeftBehind((*rig).onTTY) },
		"a large rest":                  (*rig).maskedLargeRest,
		"killed":                        (*rig).maskedKilled,
		"script in between":             (*rig).maskedScript,
		"background, foreground":        (*rig).maskedBackground,
		"kill %1":                       (*rig).maskedJobKilled,
		"modes afterwards":              (*rig).maskedModes,
		"hangup":                        (*rig).maskedHangup,
		"PID 1":                         (*rig).maskedInit,
		"tree":                          (*rig).maskedTree,
		"latency":                       (*rig).maskedLatency,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, p)
			r.env = append(r.env, "ASIDE_MASK=1")
			r.token(token)
			test(r)
		})
	}
}

// token makes value the secret TOKEN.
func (r *rig) token(value string) {
	r.Helper()
	r.write(".secrets.local.cue", "TOKEN: "+strconv.Quote(value)+"\n")
}

// outputs runs a shell script under aside, and returns what comes out.
func (r *rig) outputs(script string) (stdout, stderr string, code int) {
	r.Helper()
	cmd := exec.Command(r.aside, "run", "--", "sh", "-c", script)
	cmd.Dir, cmd.Env = r.dir, r.env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Run()
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func (r *rig) maskedStreams() {
	stdout, stderr, code := r.outputs(`echo "out $TOKEN."; echo "err $TOKEN." >&2; printf '%s' "user:$TOKEN" | base64; exit 7`)
	encoded := base64.StdEncoding.EncodeToString([]byte("user:" + token))
	if stdout != "out [redacted].\n"+encoded[:7]+"[redacted]\n" || stderr != "err [redacted].\n" || code != 7 {
		r.Fatalf("stdout %q, stderr %q, code %d; base64 %q", stdout, stderr, code, encoded)
	}
}

// maskedTogether: where both outputs are one, what is printed stays in order.
func (r *rig) maskedTogether() {
	r.run(r.aside, "run", "--", "sh", "-c", `for i in $(seq 300); do echo "out $i $TOKEN"; echo "err $i $TOKEN" >&2; done`).ends(0)
	var want strings.Builder
	for i := range 300 {
		n := strconv.Itoa(i + 1)
		want.WriteString("out " + n + " [redacted]\nerr " + n + " [redacted]\n")
	}
	r.until("all lines", func() bool { return len(r.out.String()) >= want.Len() })
	if r.out.String() != want.String() {
		r.Fatal("the order has changed")
	}
}

func (r *rig) maskedByteByByte() {
	stdout, _, _ := r.outputs(`printf %s "$TOKEN" | while IFS= read -r -N 1 c || [ "$c" ]; do printf %s "$c"; done 2>/dev/null; echo .
		printf %s "$TOKEN" | dd bs=1 2>/dev/null; echo .; printf %s "$TOKEN" | head -c 5; sleep 0.3; printf %s "$TOKEN" | tail -c +6; echo .`)
	lines := strings.Split(stdout, "\n")
	if lines[1] != "[redacted]." || lines[2] != token[:5]+"[redacted]." || strings.Contains(stdout, token) {
		r.Fatalf("%q", stdout)
	}
}

// maskedRestart: what was secret before stays it.
func (r *rig) maskedRestart() {
	script := `echo "begun $TOKEN."; [ -e old ] || printf %s "$TOKEN" >old; echo "old $(cat old)."; sleep 1000`
	r.run(r.aside, "run", "--", "sh", "-c", script).sees(`^old \[redacted\]\.$`)
	r.token("another value")
	r.seesTimes(2, `^begun \[redacted\]\.$`)
	r.seesTimes(2, `^old \[redacted\]\.$`)
	r.signal(syscall.SIGTERM)
	r.ends(143)
}

func (r *rig) maskedOnTTY() {
	r.onTTY(r.aside, "run", "--", "sh", "-c", `[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo "out $TOKEN."; echo "err $TOKEN." >&2; printf "first $TOKEN
second line
"; stty size; exit 9`).ends(9)
	r.sees(`^out \[redacted\]\.$`)
	r.sees(`^err \[redacted\]\.$`)
	r.sees(`^first \[redacted\]$`)
	r.sees(`^24 200$`)
	r.token("several\nlines\nof a key\n")
	r.onTTY(r.aside, "run", "--", "sh", "-c", `echo "<$TOKEN>"`).ends(0)
	r.sees(`^<\[redacted\]>$`)
}

func (r *rig) maskedRestartOnTTY() {
	script := `echo "begun $TOKEN."; [ -e old ] || printf %s "$TOKEN" >old; echo "old $(cat old)."; read x; echo "read $x"`
	r.onTTY(r.aside, "run", "--", "sh", "-c", script).sees(`^old \[redacted\]\.$`)
	r.token("another value")
	r.seesTimes(2, `^begun \[redacted\]\.$`)
	r.seesTimes(2, `^old \[redacted\]\.$`)
	r.types("a line\n")
	r.sees("^read a line$")
	r.ends(0)
}

// maskedHalf: an output that is no terminal stays none.
func (r *rig) maskedHalf() {
	for _, test := range []struct{ redirect, want string }{
		{">file", "^0y 1n 2y"}, {"2>file", "^0y 1y 2n"}, {"</dev/null", "^0n 1y 2y"}, {">file 2>&1", "^0y 1n 2n"}, {">file </dev/null", "^0n 1n 2y"},
	} {
		r.onTTY("bash", "-c", `aside run -- sh -c 'exec 3>result; for i in 0 1 2; do [ -t $i ] && printf "%sy " $i >&3 || printf "%sn " $i >&3; done; echo "$TOKEN"; echo "$TOKEN" >&2' `+test.redirect).ends(0)
		result, _ := os.ReadFile(filepath.Join(r.dir, "result"))
		if !strings.HasPrefix(string(result), test.want[1:]) {
			r.Errorf("%s: %q", test.redirect, result)
		}
		if strings.Contains(test.redirect, ">file") {
			if text, _ := os.ReadFile(filepath.Join(r.dir, "file")); strings.ReplaceAll(string(text), "[redacted]\n", "") != "" || len(text) == 0 {
				r.Errorf("%s: the file holds %q", test.redirect, text)
			}
		}
	}
	r.seesTimes(5, `^\[redacted\]$`)
	r.counts(0, "value")
}

func (r *rig) maskedPipeline() {
	r.onTTY("bash", "-c", `aside run -- sh -c 'echo "out $TOKEN."; echo "err $TOKEN." >&2; exec child signals >&2' | cat; echo "codes ${PIPESTATUS[*]}"`).sees("ready")
	r.sees(`^out \[redacted\]\.$`)
	r.sees(`^err \[redacted\]\.$`)
	r.types("\x1c")
	r.sees(got(syscall.SIGQUIT))
	pid, _ := strconv.Atoi(r.sees(`ready (\d+)`))
	syscall.Kill(pid, syscall.SIGALRM)
	r.counts(1, got(syscall.SIGQUIT))
}

// maskedPipelineTerminals: a terminal beside a pipe stays one, as large as it is.
func (r *rig) maskedPipelineTerminals() {
	r.onTTY("bash", "-c", `echo input | aside run -- sh -c 'cat; [ -t 1 ] && [ -t 2 ] && stty size <&1; printf "a\nb\n$TOKEN\n"'`).ends(0)
	r.sees("^input$")
	r.sees("^24 200$")
	r.sees(`^a\nb\n\[redacted\]$`)
}

// maskedLessInPipeline reads its keys from the terminal that everyone has.
func (r *rig) maskedLessInPipeline() {
	if _, err := exec.LookPath("less"); err != nil {
		r.Skip(err)
	}
	r.env = append(r.env, "TERM=xterm")
	r.onTTY("bash", "-c", `(seq 1000; echo "$0") | aside run -- less; echo "code $?"`).sees("20")
	r.types("G")
	r.sees("1000")
	r.types("q")
	r.sees("code 0")
}

// maskedSIGPIPE: the command learns that nobody reads any more.
func (r *rig) maskedSIGPIPE() {
	r.run("bash", "-c", `aside run -- yes | head -1; echo "codes ${PIPESTATUS[*]}"`).sees("^codes 141 0$")
	r.ends(0)
}

// maskedFull: the command wrote to a pipe, and did not learn of it.
func (r *rig) maskedFull() {
	r.run("sh", "-c", "aside run -- echo lost >/dev/full").ends(0)
	r.sees(`^aside: what the command printed is not all there: .*no space left on device$`)
}

// maskedLeftBehind: what keeps an output open does not keep aside.
func (r *rig) maskedLeftBehind(start func(*rig, ...string) *rig) {
	began := time.Now()
	start(r, r.aside, "run", "--no-watch", "--", "sh", "-c", `trap '' HUP; child sleep & echo "pid $!"; echo "last $TOKEN"; exit 4`).ends(4)
	r.sees(`^last \[redacted\]$`)
	pid, _ := strconv.Atoi(r.sees(`^pid (\d+)$`))
	syscall.Kill(pid, syscall.SIGKILL)
	if took := time.Since(began); took > patience/2 {
		r.Fatalf("it took %v", took)
	}
}

// maskedLargeRest: all of it comes out, however slowly it is read.
func (r *rig) maskedLargeRest() {
	r.run("bash", "-c", `aside run -- seq 200000 | (sleep 0.5; md5sum); seq 200000 | md5sum`).ends(0)
	r.until("both sums", func() bool { return strings.Count(r.out.String(), "\n") == 2 })
	if lines := strings.Split(r.out.String(), "\n"); lines[0] != lines[1] {
		r.Fatal("something is missing")
	}
}

// maskedKilled: nothing outlives a relay.
func (r *rig) maskedKilled() {
	r.onTTY(r.aside, "run", "--", r.child, "signals")
	pid, _ := strconv.Atoi(r.sees(`ready (\d+)`))
	inner := r.inner()
	if inner == 0 {
		r.Fatal("there is no relay")
	}
	r.signal(syscall.SIGKILL)
	r.ends(128 + 9)
	for _, pid := range []int{pid, inner} {
		r.until("its end", func() bool { return syscall.Kill(pid, 0) == syscall.ESRCH })
	}
}

// maskedScript: as in npm run, a shell without job control waits for aside.
func (r *rig) maskedScript() {
	r.write("script", "aside run -- sh -c '"+reader+"'\necho \"after $?\"\n")
	r.bash()
	r.types("sh ./script\n")
	r.sees("^begun")
	r.types("\x1a")
	r.sees(`Stopped +sh \./script`)
	r.prompt()
	r.types("ps -o stat=,args= | grep -c '^T'\n")
	r.sees("^2$") // the script and the relay; the others are on another terminal
	r.prompt()
	if inner := r.inner(); inner == 0 {
		r.Fatal("there is no relay")
	}
	r.types("fg\n")
	r.until("the command in the foreground", func() bool { return r.foreground() == "sh" })
	r.types("hello\n")
	r.sees("^read hello")
	r.types("\x04")
	r.sees("^over$")
	r.sees("^after 0$")
}

// maskedBackground: bash sends nothing to a job that runs when it brings it to
// the foreground.
func (r *rig) maskedBackground() {
	r.bash()
	r.types("aside run -- sh -c 'stty -echo; echo begun; until [ -e go ]; do :; done; read x; echo \"read $x $TOKEN\"; exec sleep 1000'\n")
	r.sees("^begun")
	r.types("\x1a")
	r.sees(`Stopped +aside run`)
	r.prompt()
	r.types("bg\n")
	r.prompt()
	r.types("jobs\n")
	r.sees(`Running +aside run`)
	r.prompt()
	r.types("fg\n")
	r.until("the command in the foreground", func() bool { return !r.echoes() && r.foreground() == "sh" })
	r.until("the terminal in raw mode", func() bool { return r.raw() })
	r.write("go", "")
	r.types("hello\n")
	r.sees(`^read hello \[redacted\]$`)
	r.types("\x03")
	r.prompt()
	r.types("echo code=$?\n")
	r.sees("^code=130$")
}

// raw reports whether the user's terminal is in the hands of a relay.
func (r *rig) raw() bool {
	modes, err := unix.IoctlGetTermios(int(r.tty.Fd()), unix.TCGETS)
	if err != nil {
		r.Fatal(err)
	}
	return modes.Lflag&(unix.ISIG|unix.ECHO|unix.ICANON) == 0
}

// maskedJobKilled: the shell sends a signal to the whole job, and the command
// gets it once.
func (r *rig) maskedJobKilled() {
	r.bash()
	r.types("aside run -- child signals &\n")
	pid, _ := strconv.Atoi(r.sees(`ready (\d+)`))
	r.types("kill %1\n")
	r.sees(got(syscall.SIGTERM))
	r.types("\n")
	r.types("kill -HUP %1\n")
	r.sees(got(syscall.SIGHUP))
	r.counts(1, got(syscall.SIGTERM))
	syscall.Kill(pid, syscall.SIGALRM)
	r.counts(1, got(syscall.SIGHUP))
}

func (r *rig) maskedModes() {
	r.onTTY("bash", "-c", `aside run -- sh -c 'stty raw -echo; exit 3'; echo "code $?"; read x`).sees("^code 3$")
	if r.raw() {
		r.Fatal("the terminal is left in raw mode")
	}
	r.types("\n")
	r.ends(0)
}

// maskedHangup: when the user's terminal vanishes, the command is told.
func (r *rig) maskedHangup() {
	r.onTTY("bash", "-c", `aside run -- sh -c 'trap "echo hung up >told; exit" HUP; echo ready; while :; do sleep 0.02; done'; true`).sees("ready")
	r.signal(syscall.SIGKILL) // the leader of the session
	r.until("the command to be told", func() bool {
		text, _ := os.ReadFile(filepath.Join(r.dir, "told"))
		return len(text) > 0
	})
	r.cmd.Wait()
	r.until("the end of aside", func() bool { return len(r.left()) == 0 })
}

func (r *rig) maskedInit() {
	r.onTTY(r.asInit(r.aside, "run", "--", "sh", "-c", `(setsid sh -c 'sleep 0.05' &) ; sleep 0.3; `+zombies+`; echo "$$ zombies=$n $TOKEN"; exit 5`)...).ends(5)
	r.sees(`zombies=0 \[redacted\]$`)
}

func (r *rig) maskedTree() {
	r.write(".env", "VALUE=1\n")
	_, port, _ := strings.Cut(r.freeAddress(), ":")
	r.env = append(r.env, "PORT="+port)
	r.onTTY(r.aside, "run", "--", r.child, "tree").sees("^ready 1$")
	r.write(".env", "VALUE=2\n")
	r.sees("^ready 2$")
	r.until("the whole tree", func() bool { return len(r.left()) == 5 }) // the inner aside among them
	r.counts(0, "failed|killing")
	r.signal(syscall.SIGTERM)
	r.ends(128 + 15)
	r.nothingLeft()
}

// lines runs a command that prints the time at each SIGHUP, and returns how long
// a line takes until it is here.
func (r *rig) lines(n int, args ...string) []time.Duration {
	r.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = r.dir, r.env
	out, err := cmd.StdoutPipe()
	if err != nil {
		r.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		r.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	var took []time.Duration
	buf := make([]byte, 4096)
	for range n {
		k, err := out.Read(buf)
		now := time.Now()
		if err != nil {
			r.Fatal(err)
		}
		fields := strings.Fields(string(buf[:k]))
		ns, err := strconv.ParseInt(fields[len(fields)-1], 10, 64)
		if err != nil {
			r.Fatal(err)
		}
		took = append(took, now.Sub(time.Unix(0, ns)))
		cmd.Process.Signal(syscall.SIGHUP)
	}
	return took
}

// maskedLatency checks the order of magnitude; BenchmarkMaskedLine measures.
func (r *rig) maskedLatency() {
	if took := median(r.lines(50, r.aside, "run", "--", r.child, "show", "TOKEN2")); took > 40*time.Millisecond {
		r.Fatalf("a line takes %v", took)
	}
}
