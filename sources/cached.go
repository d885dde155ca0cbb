package sources

import (
	"context"
	"strconv"
	"sync"
)

// Cached returns a source that reads src again only when [Cache.Version] has
// seen that it changed, so that a saved file does not cost a remote store
// anything.
func Cached(src PolledSource) *Cache { return &Cache{src: src} }

// A Cache remembers what a polled source held. See [Cached].
type Cache struct {
	src PolledSource

	mu      sync.Mutex
	reading *Reading // nil until it was read
	version string   // "" until it was asked for
	stale   bool
	asked   int // how often it was found stale
}

var _ PolledSource = (*Cache)(nil)

// Read implements [Source]. After an error the next Read asks the source again.
func (c *Cache) Read(ctx context.Context) (Reading, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reading != nil && !c.stale {
		return *c.reading, nil
	}
	// Before the source is read: what changes meanwhile makes it stale again.
	wasStale := c.stale
	c.stale = false
	r, err := c.src.Read(ctx)
	if err != nil {
		c.stale = wasStale
		return Reading{}, err
	}
	c.reading = &r
	return r, nil
}

// Version implements [PolledSource]. The first answer cannot be compared with
// what Read returned before, so it counts as a change; and so does every answer
// until a changed source was read without an error.
func (c *Cache) Version(ctx context.Context) (string, error) {
	version, err := c.src.Version(ctx)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if version != c.version {
		c.version, c.stale = version, true
	}
	if c.stale {
		c.asked++
	}
	return version + "#" + strconv.Itoa(c.asked), nil
}
