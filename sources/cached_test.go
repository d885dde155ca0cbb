package sources

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
)

// A remote is a PolledSource that holds its version, and counts.
type remote struct {
	mu       sync.Mutex
	version  int
	reads    int
	readErr  error
	askErr   error
	whenRead func()
}

func (r *remote) Read(context.Context) (Reading, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reads++
	if r.whenRead != nil {
		defer r.whenRead()
	}
	if r.readErr != nil {
		return Reading{}, r.readErr
	}
	return Reading{Values: []Value{{Name: fmt.Sprintf("V%d", r.version)}}}, nil
}

func (r *remote) Version(context.Context) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprint(r.version), r.askErr
}

// cacheTest has a Cache and remembers the token, as a poll does.
type cacheTest struct {
	*testing.T
	*remote
	cache *Cache
	token string
}

func newCacheTest(t *testing.T) *cacheTest {
	r := &remote{version: 1}
	return &cacheTest{T: t, remote: r, cache: Cached(r)}
}

// read wants a version from the cache after so many reads of the source in all.
func (c *cacheTest) read(version, reads int) {
	c.Helper()
	r, err := c.cache.Read(context.Background())
	if err != nil {
		c.Fatal(err)
	}
	if got, want := r.Values[0].Name, fmt.Sprintf("V%d", version); got != want {
		c.Errorf("read %s, want %s", got, want)
	}
	if c.reads != reads {
		c.Errorf("the source was read %d times, want %d", c.reads, reads)
	}
}

// poll wants to see a change, or none.
func (c *cacheTest) poll(changed bool) {
	c.Helper()
	token, err := c.cache.Version(context.Background())
	if err != nil {
		c.Fatal(err)
	}
	if (token != c.token) != changed {
		c.Errorf("token %q after %q", token, c.token)
	}
	c.token = token
}

func TestCachedReadsOnce(t *testing.T) {
	c := newCacheTest(t)
	c.read(1, 1)
	c.version = 2 // nobody has asked
	c.read(1, 1)
}

func TestCachedReadsAgainWhatChanged(t *testing.T) {
	c := newCacheTest(t)
	c.read(1, 1)
	c.poll(true) // the first answer may be about a later version than was read
	c.read(1, 2)
	c.poll(false)
	c.read(1, 2)
	c.version = 2
	c.poll(true)
	c.read(2, 3)
	c.read(2, 3)
}

// A change that could not be read is told of again with every poll.
func TestCachedInsistsOnAFailedRead(t *testing.T) {
	c := newCacheTest(t)
	c.read(1, 1)
	c.poll(true)
	c.read(1, 2)

	failure := errors.New("throttled")
	c.version, c.readErr = 2, failure
	for range 3 {
		c.poll(true)
		if _, err := c.cache.Read(context.Background()); err != failure {
			t.Errorf("got %v", err)
		}
	}
	c.readErr = nil
	c.poll(true)
	c.read(2, 6)
}

func TestCachedFirstReadFails(t *testing.T) {
	c := newCacheTest(t)
	c.readErr = errors.New("expired token")
	if _, err := c.cache.Read(context.Background()); err != c.readErr {
		t.Errorf("got %v", err)
	}
	c.readErr = nil
	c.read(1, 2)
}

func TestCachedVersionFails(t *testing.T) {
	c := newCacheTest(t)
	c.read(1, 1)
	c.askErr = errors.New("unreachable")
	if _, err := c.cache.Version(context.Background()); err != c.askErr {
		t.Errorf("got %v", err)
	}
	c.read(1, 1) // what is known stays good
	c.askErr = nil
	c.poll(true)
	c.read(1, 2)
}

// A change between the reading of the source and the end of Read is not lost.
func TestCachedChangeWhileItIsRead(t *testing.T) {
	c := newCacheTest(t)
	c.read(1, 1)
	c.poll(true)
	c.whenRead = func() { c.version = 2 }
	c.read(1, 2)
	c.whenRead = nil
	c.poll(true)
	c.read(2, 3)
}

func TestCachedIsSafeForConcurrentUse(t *testing.T) {
	c := newCacheTest(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := c.cache.Read(context.Background()); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if _, err := c.cache.Version(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
