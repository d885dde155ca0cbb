package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// delay is what a far service takes to answer.
const delay = 50 * time.Millisecond

// A far endpoint gives the answers of another one, each after delay at least,
// and those that it gave before after nothing but delay.
type far struct {
	*httptest.Server
	endpoint string

	mu      sync.Mutex
	answers map[string]answer
	asked   int // since the last reset
	chain   int // the most of these that waited for one another
	ended   int // the longest chain that has ended
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func newFar(t testing.TB, endpoint string) *far {
	f := &far{endpoint: endpoint, answers: map[string]answer{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	after := time.After(delay)
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	f.asked++
	place := f.ended + 1 // in a chain, behind all that has ended
	f.chain = max(f.chain, place)
	key := r.Method + r.URL.String() + r.Header.Get("X-Amz-Target") + string(body)
	a, known := f.answers[key]
	f.mu.Unlock()
	if !known {
		a = f.ask(r, body)
		f.mu.Lock()
		f.answers[key] = a
		f.mu.Unlock()
	}
	<-after
	f.mu.Lock()
	f.ended = max(f.ended, place)
	f.mu.Unlock()
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	w.Write(a.body)
}

func (f *far) ask(r *http.Request, body []byte) answer {
	r = r.Clone(r.Context())
	r.RequestURI, r.Body = "", io.NopCloser(bytes.NewReader(body))
	r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(f.endpoint, "http://")
	got, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return answer{status: http.StatusBadGateway}
	}
	defer got.Body.Close()
	text, _ := io.ReadAll(got.Body)
	return answer{got.StatusCode, got.Header, text}
}

// reset begins to count anew.
func (f *far) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked, f.chain, f.ended = 0, 0, 0
}

func (f *far) counted() (asked, chain int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked, f.chain
}

// startup prepares a store with n secrets for the stage and as fallbacks, and
// returns the far endpoint and the site that reads it.
func startup(t testing.TB, endpoint, store string, n int) (*far, *site) {
	f := newFar(t, endpoint)
	yaml := fmt.Sprintf("app: far%d\nstore: %s\ncache: off\n", n, store)
	near := newSite(t, yaml, awsEnv(endpoint)...)
	var file strings.Builder
	for i := range n {
		fmt.Fprintf(&file, "N%d=%d\n", i, i)
	}
	near.write("all.env", file.String())
	near.must("secret", "load", "all.env")
	near.must("secret", "load", "all.env", "--fallback")
	s := newSite(t, yaml, awsEnv(f.URL)...)
	s.must("run", "--no-watch", "--", "true")
	return f, s
}

// starts are stores with the longest chain of requests that a start may take.
// Of awssm the pages are one, because each names the next.
var starts = [...]struct {
	store          string
	secrets, chain int
}{
	{"awssm", 5, 1}, {"awssm", 50, 6}, {"ssm", 5, 1}, {"ssm", 50, 6}, {"sst", 50, 2}, {"sst-v2", 5, 1},
}

// TestRemoteStart: what need not wait for another request does not.
func TestRemoteStart(t *testing.T) {
	endpoint := newMoto(t)
	for _, c := range starts {
		t.Run(fmt.Sprint(c.store, c.secrets), func(t *testing.T) {
			f, s := startup(t, endpoint, c.store, c.secrets)
			// On a busy machine a request that is sent late seems to have waited,
			// but not each time.
			var asked, chain int
			for try := range 10 {
				f.reset()
				s.must("run", "--no-watch", "--", "true")
				if asked, chain = f.counted(); chain <= c.chain {
					return
				}
				t.Logf("try %d: %d of %d", try, chain, asked)
			}
			t.Errorf("%d of %d requests waited for one another, want %d", chain, asked, c.chain)
		})
	}
}

// BenchmarkRemoteStart measures what a start takes beside the longest chain of
// requests.
func BenchmarkRemoteStart(b *testing.B) {
	endpoint := newMoto(b)
	for _, c := range starts {
		b.Run(fmt.Sprint(c.store, c.secrets), func(b *testing.B) {
			f, s := startup(b, endpoint, c.store, c.secrets)
			var over time.Duration
			var requests, waited int
			for b.Loop() {
				f.reset()
				began := time.Now()
				s.must("run", "--no-watch", "--", "true")
				took := time.Since(began)
				requests, waited = f.counted()
				over += took - time.Duration(waited)*delay
			}
			b.ReportMetric(float64(requests), "requests")
			b.ReportMetric(float64(waited), "chain")
			b.ReportMetric(float64(over.Milliseconds())/float64(b.N), "ms-beside-it")
		})
	}
}
