package inject

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/aside-cli/aside/sources"
)

// A Command is what a user asked to run.
type Command struct {
	Args []string // the command and its arguments; at least one
	Dir  string   // where it runs; "" is the current folder

	Stdout, Stderr *os.File // nil: those of this program
}

// ExitStatus is the exit status of a command that ran, as a shell would tell
// it: its own code, or 128 plus the signal that killed it. It is never 0.
type ExitStatus int

func (s ExitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// ErrInterrupted comes with the [ExitStatus] where SIGINT ended the command, or the
// wait for one. It is ErrUnheard where nobody but the command got that: Ctrl-C
// killed it while it had the terminal. See [Interrupt].
var (
	ErrInterrupted = errors.New("interrupted")
	ErrUnheard     = fmt.Errorf("%w from the terminal", ErrInterrupted)
)

// EndedBy is the error of what a signal from outside ended: an [ExitStatus], with
// [ErrInterrupted] where it was SIGINT.
func EndedBy(sig syscall.Signal) error {
	status := ExitStatus(128 + int(sig))
	if sig == syscall.SIGINT {
		return fmt.Errorf("%w: %w", ErrInterrupted, status)
	}
	return status
}

// A StartError is a command that could not be started. Code is what env,
// timeout and nohup exit with then: 127 where it was not found, else 126.
type StartError struct {
	Code int
	Err  error
}

func (e *StartError) Error() string { return e.Err.Error() }
func (e *StartError) Unwrap() error { return e.Err }

// launch is a command that is ready to start: found, and within the limits of
// the system.
type launch struct {
	path    string
	argv    []string
	dir     string
	environ []string

	stdout, stderr *os.File // nil: this program's

	parcels []parcel // what else it gets; its environ has a place for the file of each
	fds     []int    // what it inherits beside the standard descriptors, once they are made
}

// prepare does everything that can fail before a process is touched.
func (c Command) prepare(env *Environment) (launch, error) {
	if c.Dir != "" {
		if err := checkFolder(c.Dir); err != nil {
			return launch{}, err
		}
	}
	path, err := c.find(env)
	if err != nil {
		return launch{}, err
	}
	if err := systemLimits().check(path, c.Args, env); err != nil {
		return launch{}, err
	}
	environ := env.Environ()
	if c.Dir != "" {
		environ = setPWD(environ, c.Dir)
	}
	return launch{path: path, argv: c.Args, dir: c.Dir, environ: environ, stdout: c.Stdout, stderr: c.Stderr}, nil
}

// checkFolder returns an error unless there is a folder at path.
func checkFolder(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return sources.Hint(fmt.Errorf("there is no folder %s", path), "make it, or choose another path")
	}
	return err
}

// standard returns what the command gets as descriptors 0, 1 and 2.
func (l launch) standard() []uintptr {
	stdout, stderr := cmp.Or(l.stdout, os.Stdout), cmp.Or(l.stderr, os.Stderr)
	return []uintptr{os.Stdin.Fd(), stdout.Fd(), stderr.Fd()}
}

// find looks the command up in the PATH that it will see itself, as env(1) does.
func (c Command) find(env *Environment) (string, error) {
	name := c.Args[0]
	if name == "" {
		return "", notFound("the command's name is empty")
	}
	if filepath.Base(name) != name {
		file, err := c.executable(name)
		if err != nil {
			return "", cannotRun(name, err)
		}
		return file, nil
	}
	path, ok := env.Lookup("PATH")
	if !ok {
		return "", notFound(name + ": command not found: PATH is not set")
	}
	var denied error
	for _, dir := range filepath.SplitList(path.Reveal()) {
		file := filepath.Join(dir, name)
		if !filepath.IsAbs(file) {
			// A relative entry of PATH, or an empty one, means the folder the
			// command runs in; ./ keeps it from being looked up once more.
			file = "." + string(filepath.Separator) + file
		}
		found, err := c.executable(file)
		if err == nil {
			return found, nil
		}
		if errors.Is(err, fs.ErrPermission) {
			denied = cannotRun(file, err)
		}
	}
	if denied != nil {
		return "", denied
	}
	return "", notFound(name + ": command not found")
}

// executable returns the program that file names, seen from the folder the command runs in.
func (c Command) executable(file string) (string, error) {
	seen := file
	if c.Dir != "" && !filepath.IsAbs(file) {
		seen = filepath.Join(c.Dir, file)
	}
	info, err := os.Stat(seen)
	if err == nil && info.IsDir() {
		return "", errors.New("it is a folder")
	}
	extension, err := executable(seen)
	return file + extension, err
}

func notFound(what string) error {
	return &StartError{127, sources.Hint(errors.New(what), "check its spelling, and PATH")}
}

func cannotRun(name string, err error) error {
	var reason *fs.PathError
	if errors.As(err, &reason) {
		err = reason.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return &StartError{127, sources.Hint(fmt.Errorf("%s: no such file", name), "check its spelling, and the folder it is seen from")}
	}
	err = fmt.Errorf("%s: cannot be run: %w", name, err)
	if errors.Is(err, fs.ErrPermission) {
		err = sources.Hint(err, "if it is a program: chmod +x "+name)
	}
	return &StartError{126, err}
}

// setPWD tells the command the name of the folder that it is started in.
func setPWD(environ []string, dir string) []string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return environ
	}
	for i, v := range environ {
		if strings.HasPrefix(v, "PWD=") {
			environ[i] = "PWD=" + abs
		}
	}
	return environ
}
