package execstore

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/aside-cli/aside/sources"
)

const (
	maxOutput = 16 << 20 // of stdout, in bytes
	shownTail = 20       // lines of stderr
	keptTail  = 16 << 10 // bytes of stderr

	// drain is how long the output of a command that ended may stay open.
	drain = time.Second

	tempFail = 75 // EX_TEMPFAIL
)

var (
	errTooMuch = fmt.Errorf("printed more than %d MiB", maxOutput>>20)
	errTooLong = errors.New("too long")
)

// run runs the command for a scope and returns what it printed.
//
// It stays in our own process group: the supervisor, which collects every
// orphan, leaves what ends there to whoever waits for it, and takes a group of
// its own for a part of the command that it supervises. So only the process
// that was started is killed in the end; of what it started itself, drain
// limits the time that we wait for.
func (s *Store) run(ctx context.Context, scope sources.Scope) ([]byte, error) {
	limited, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer time.AfterFunc(s.config.Timeout, func() { cancel(errTooLong) }).Stop()

	app := s.config.App
	if scope.Shared {
		app = shared
	}
	stdout, stderr := &head{full: func() { cancel(errTooMuch) }}, &tail{}
	cmd := exec.CommandContext(limited, s.config.Command[0], s.config.Command[1:]...)
	cmd.Dir = s.config.Dir
	cmd.Env = append(s.config.Environ[:len(s.config.Environ):len(s.config.Environ)],
		"ASIDE_APP="+app, "ASIDE_SCOPE="+scope.Segment(), "ASIDE_STAGE="+s.config.Stage)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.WaitDelay = drain

	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, s.failed(scope, err, context.Cause(limited), cmd.Process != nil, stderr.lines())
	}
	return stdout.kept, nil
}

// failed says what became of a command: err, or what it was ended for.
func (s *Store) failed(scope sources.Scope, err, cause error, started bool, stderr []string) error {
	f := &Error{stderr: stderr, err: err}
	var exit *exec.ExitError
	switch {
	case errors.Is(cause, errTooMuch):
		f.message, f.hint = cause.Error(), "let it print variables alone"
	case errors.Is(cause, errTooLong):
		f.message = fmt.Sprintf("did not end within %s", s.config.Timeout)
		f.hint = "if it needs longer, raise timeout under store: in aside.yaml"
		f.err = sources.ErrUnreachable
	case !started:
		f.message = "cannot be started: " + reason(err).Error()
		f.hint = "install it, or correct exec under store: in aside.yaml"
	case errors.Is(err, exec.ErrWaitDelay):
		f.message = "left a process behind that keeps its output open"
		f.hint = "send the output of what it starts elsewhere, or wait for its end"
	case errors.As(err, &exit):
		f.message = "failed: " + exit.String()
		if exit.ExitCode() == tempFail {
			f.err = sources.ErrUnreachable
		}
		if len(stderr) == 0 {
			f.hint = "it does not say why: run it by hand"
		}
	default:
		f.message = "failed: " + reason(err).Error()
	}
	f.message = fmt.Sprintf("exec: %s %s (%s)", s.name, f.message, scope)
	return f
}

// reason leaves out the path or name that a system's error begins with.
func reason(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// An Error tells of a command that failed.
type Error struct {
	message, hint string
	stderr        []string
	err           error
}

func (e *Error) Error() string { return e.message }
func (e *Error) Unwrap() error { return e.err }

// Hint is what the command said on stderr, the last 20 lines of it, and what to do.
func (e *Error) Hint() string {
	lines := e.stderr
	if e.hint != "" {
		lines = append(lines[:len(lines):len(lines)], e.hint)
	}
	return strings.Join(lines, "\n  ")
}

// A head keeps what is written up to a limit, and calls full behind it.
type head struct {
	kept []byte
	full func()
}

func (h *head) Write(p []byte) (int, error) {
	if len(h.kept)+len(p) > maxOutput {
		h.full()
		return 0, errTooMuch
	}
	h.kept = append(h.kept, p...)
	return len(p), nil
}

// A tail keeps the end of what is written.
type tail struct{ kept []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if cut := len(t.kept) - keptTail; cut > 0 {
		t.kept = append(t.kept[:0], t.kept[cut:]...)
	}
	return len(p), nil
}

// lines returns the last lines, without what would move a terminal's cursor or
// change its colours.
func (t *tail) lines() []string {
	// The control sequences of ECMA-48, and what else is invisible.
	controls := regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]|[^\PC\t\n]`)
	text := controls.ReplaceAllString(strings.ToValidUTF8(string(t.kept), ""), "")
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, " \t\n"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines[max(0, len(lines)-shownTail):]
}
