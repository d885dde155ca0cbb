package sources

import (
	"context"
	"os"
	"time"
)

// A shell empties the file that it redirects to before the command begins: with
// sops -d secrets > .env it holds nothing for a while, which nobody means. This
// is how long content is waited for.
const (
	maxWriterWait = 5 * time.Second // while somebody has the file open for writing
	maxEmptyWait  = time.Second     // where that cannot be known
	settleStep    = 10 * time.Millisecond
)

// settled returns what the file at path holds. If it held something before and
// is empty now, this is what its writer leaves in it.
func (s *envFiles) settled(ctx context.Context, path string) ([]byte, error) {
	s.mu.Lock()
	filled := s.filled[path]
	s.mu.Unlock()
	src, err := readFile(path)
	if err == nil && filled && len(src) == 0 {
		for start := time.Now(); time.Since(start) < patience(path); {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(settleStep):
			}
		}
		src, err = readFile(path)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filled[path] = len(src) > 0
	return src, nil
}

// patience returns how long the content of the file that was emptied at path is
// worth waiting for.
func patience(path string) time.Duration {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	written, known := beingWritten(path)
	switch {
	case written:
		return maxWriterWait
	case !known && info.Size() == 0:
		return maxEmptyWait
	}
	return 0
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readLimited(file)
}
