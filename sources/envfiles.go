package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/aside-cli/aside/dotenv"
)

// MaxEnvFile limits the size of a .env file, in bytes.
const MaxEnvFile = 16 << 20

// Cascade returns the names of the .env files of a stage, highest first.
func Cascade(stage string) []string {
	// In the stage "local" two of them are the same file.
	return slices.Compact([]string{".env." + stage + ".local", ".env.local", ".env." + stage, ".env"})
}

// EnvFiles returns a source that reads .env files, the highest first. Names that
// are not absolute lie in dir. Files that do not exist are skipped.
func EnvFiles(dir string, names ...string) FileSource {
	return newEnvFiles(dir, names, false)
}

// RequiredEnvFiles is EnvFiles, but a file that does not exist is an error that
// wraps [ErrNotFound].
func RequiredEnvFiles(dir string, names ...string) FileSource {
	return newEnvFiles(dir, names, true)
}

type envFiles struct {
	names, paths []string
	required     bool

	mu     sync.Mutex
	piped  map[string][]byte // what was read from pipes, by path
	filled map[string]bool   // the files that held something when they were read last
}

func newEnvFiles(dir string, names []string, required bool) *envFiles {
	s := &envFiles{names: names, required: required, piped: map[string][]byte{}, filled: map[string]bool{}}
	for _, name := range names {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, name)
		}
		s.paths = append(s.paths, path)
	}
	return s
}

// Paths implements [FileSource].
func (s *envFiles) Paths() []string { return slices.Clone(s.paths) }

// Read implements [Source]. It waits for the writer of a named pipe until ctx is done.
func (s *envFiles) Read(ctx context.Context) (Reading, error) {
	var r Reading
	for i, name := range s.names {
		src, err := s.content(ctx, s.paths[i])
		if errors.Is(err, fs.ErrNotExist) && !s.required {
			continue
		}
		if err != nil {
			return Reading{}, fileError(name, err)
		}
		file, err := ParseEnv(name, src)
		if err != nil {
			return Reading{}, err
		}
		r.Values = append(r.Values, file.Values...)
		r.Warnings = append(r.Warnings, file.Warnings...)
	}
	return r, nil
}

// ParseEnv reads src as a .env file called name.
func ParseEnv(name string, src []byte) (Reading, error) {
	file, err := dotenv.Parse(name, src)
	if err != nil {
		return Reading{}, err
	}
	var r Reading
	for _, w := range file.Warnings {
		r.Warnings = append(r.Warnings, w.String())
	}
	for _, entry := range slices.Backward(file.Entries) { // the later one wins
		r.Values = append(r.Values, Value{
			Name:     entry.Name,
			Origin:   Origin{Layer: DotEnv, Source: name, Line: entry.Line, Column: entry.Column},
			Template: &entry.Value,
		})
	}
	return r, nil
}

// maxPipeWait is how long a pipe that was read before is waited for: other files
// may have changed, and are read with it.
const maxPipeWait = time.Second

var (
	errDirectory = errors.New("is a directory")
	errTooLarge  = fmt.Errorf("is larger than %d MiB", MaxEnvFile>>20)
)

// fileError says what is wrong with the file called name, and what to do.
func fileError(name string, err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		err = path.Err // without a path: name is the one that the user knows
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Hint(fmt.Errorf("%s: %w", name, ErrNotFound), "check its name, and the folder it is seen from")
	case errors.Is(err, fs.ErrPermission):
		return Hint(fmt.Errorf("%s cannot be read: %w", name, err), "allow it to the user that aside runs as: chmod u+r")
	case errors.Is(err, errDirectory):
		return Hint(fmt.Errorf("%s %w", name, err), "rename the folder, or name a file")
	case errors.Is(err, errTooLarge):
		return Hint(fmt.Errorf("%s %w", name, err), "is it a .env file?")
	}
	return Hint(fmt.Errorf("%s cannot be read: %w", name, err), "name a file that can be read")
}

// content returns what the file holds, or the pipe. A pipe from <(command) is
// empty when it is read again, and another one may have no writer then; what it
// said before still stands.
func (s *envFiles) content(ctx context.Context, path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errDirectory
	}
	if info.Mode()&fs.ModeNamedPipe == 0 {
		return s.settled(ctx, path)
	}
	s.mu.Lock()
	before, again := s.piped[path]
	s.mu.Unlock()
	within := ctx
	if again {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, maxPipeWait)
		defer cancel()
	}
	src, err := readPipe(within, path)
	switch {
	case again && ctx.Err() == nil && (len(src) == 0 || within.Err() != nil):
		return before, nil
	case err != nil:
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.piped[path] = src
	return src, nil
}

func readLimited(r io.Reader) ([]byte, error) {
	src, err := io.ReadAll(io.LimitReader(r, MaxEnvFile+1))
	if err == nil && len(src) > MaxEnvFile {
		err = errTooLarge
	}
	return src, err
}

// readPipe reads the pipe at path to its end, or until ctx is done. (On macOS,
// which cannot poll named pipes, a writer that is there but silent is waited for.)
func readPipe(ctx context.Context, path string) ([]byte, error) {
	opened, ended := make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		// Opening a named pipe waits for a writer: be one.
		for {
			w, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
			if err == nil {
				w.Close()
			}
			select {
			case <-opened:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	file, err := os.Open(path)
	close(opened)
	if !stop() {
		<-ended // or it would be the writer of whoever reads next
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	defer context.AfterFunc(ctx, func() { file.SetReadDeadline(time.Now()) })()
	src, err := readLimited(file)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return src, err
}
