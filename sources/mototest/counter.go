package mototest

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// A Counter is a server that counts what it is asked, by operation.
type Counter struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string]int
}

// NewCounter returns a Counter that lets h answer.
func NewCounter(t testing.TB, h http.Handler) *Counter {
	t.Helper()
	c := &Counter{asked: map[string]int{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.asked[Operation(r)]++
		c.mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(c.Close)
	return c
}

// Take returns the operations since the last time, with their counts, in one line.
func (c *Counter) Take() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	line := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(c.asked), "map["), "]")
	clear(c.asked)
	return line
}

// Forward passes requests on to target. Each write has it for itself: moto fails
// now and then when it is asked for two at once, and is asked again.
func Forward(t testing.TB, target string) http.Handler {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(u)
	forward.ErrorLog = log.New(io.Discard, "", 0) // the store's errors are looked at
	var writing sync.RWMutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reads.MatchString(Operation(r)) {
			writing.RLock()
			defer writing.RUnlock()
		} else {
			writing.Lock()
			defer writing.Unlock()
		}
		forward.ServeHTTP(w, r)
	})
}

var reads = regexp.MustCompile("^(Get|List|Describe|BatchGet|Head)")

// Operation returns the name of what AWS is asked, of the operations that the
// stores use.
func Operation(r *http.Request) string {
	if _, name, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		return name
	}
	if r.URL.Query().Has("versions") {
		return "ListObjectVersions"
	}
	return map[string]string{"GET": "GetObject", "PUT": "PutObject", "HEAD": "HeadObject"}[r.Method]
}
