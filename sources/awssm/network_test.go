package awssm

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/mototest"
)

// A cable is the network between a store and a server.
type cable struct {
	url string

	mu     sync.Mutex
	target string
	state  string // "connected", "cut" or "silent"
	ends   []net.Conn
}

func newCable(t *testing.T, target string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{url: "http://" + l.Addr().String(), state: "connected"}
	c.lead(target)
	t.Cleanup(func() {
		l.Close()
		c.set("cut")
	})
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			c.plug(near)
		}
	}()
	return c
}

// lead changes where the cable leads to.
func (c *cable) lead(target string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.target = strings.TrimPrefix(target, "http://")
}

// set changes the cable's state. Bytes that are under way are lost.
func (c *cable) set(state string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = state
	if state == "cut" {
		for _, end := range c.ends {
			end.Close()
		}
		c.ends = nil
	}
}

func (c *cable) is(state string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state == state
}

func (c *cable) plug(near net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == "cut" {
		near.Close()
		return
	}
	far, err := net.Dial("tcp", c.target)
	if err != nil {
		near.Close()
		return
	}
	c.ends = append(c.ends, near, far)
	go c.carry(far, near)
	go c.carry(near, far)
}

func (c *cable) carry(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if c.is("silent") {
			io.Copy(io.Discard, from) // this connection is lost for good
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// Whenever the network goes, no reading is in part, no caller waits for long,
// and all is well when it comes back.
func TestNetworkGoesAndComesBack(t *testing.T) {
	for _, gone := range []string{"cut", "silent"} {
		t.Run(gone, func(t *testing.T) {
			moto.Fresh(t)
			var pull atomic.Bool // when the second page is asked for
			var c *cable
			proxy := newProxy(t, moto.URL(t), func(_ string, r request) {
				if r.NextToken != "" && pull.Swap(false) {
					c.set(gone)
				}
			})
			var pairs []string
			for i := range 45 {
				pairs = append(pairs, fmt.Sprintf("N%d", i), "1")
			}
			set(t, newStore(t, moto.URL(t)), dev, pairs...)

			c = newCable(t, proxy.URL)
			s := newStore(t, c.url, func(c *Config) { c.AWS.Timeout = 3 * time.Second })
			fails := func(what string, ask func() (empty bool, err error)) {
				t.Helper()
				start := time.Now()
				empty, err := ask()
				if !errors.Is(err, sources.ErrUnreachable) || !empty {
					t.Errorf("%s: nothing was read: %t, error %v", what, empty, err)
				}
				if took := time.Since(start); took > 10*time.Second {
					t.Errorf("%s: took %v", what, took)
				}
				c.set("connected")
			}
			reading := func() (bool, error) {
				values, err := s.Read(t.Context(), dev)
				return values == nil, err
			}
			polling := func() (bool, error) {
				version, err := s.Version(t.Context(), dev)
				return version == "", err
			}
			well := func(what string) (version string) {
				t.Helper()
				if n := len(read(t, s, dev)); n != 45 {
					t.Errorf("%s: %d values, want 45", what, n)
				}
				version, err := s.Version(t.Context(), dev)
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
				return version
			}

			c.set(gone)
			fails("at start", reading)
			before := well("after the start")
			pull.Store(true)
			fails("between two pages", reading)
			well("after that")
			c.set(gone)
			fails("while polling", polling)
			if well("after that") != before {
				t.Error("a network that was gone looks like a change")
			}
			set(t, s, dev, "N1", "2")
			if well("after a change") == before {
				t.Error("a change does not show any more")
			}
		})
	}
}

// As above, with a server that is killed in the middle of a reading, and
// another that takes its place.
func TestServerIsKilled(t *testing.T) {
	var first, second mototest.Server
	kill := sync.OnceFunc(first.Stop)
	defer second.Stop()
	defer kill()
	direct := newStore(t, first.URL(t))
	c := newCable(t, first.URL(t))
	proxy := newProxy(t, c.url, func(_ string, r request) {
		if r.NextToken != "" {
			kill()
		}
	})
	s := newStore(t, proxy.URL)
	var pairs []string
	for i := range 25 {
		pairs = append(pairs, fmt.Sprintf("N%d", i), "1")
	}
	set(t, direct, dev, pairs...)

	start := time.Now()
	values, err := s.Read(t.Context(), dev)
	if values != nil || !errors.Is(err, sources.ErrUnreachable) {
		t.Errorf("values %s, error %v", show(values), err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	equal(t, "error", failure(err), "awssm: "+strings.TrimPrefix(proxy.URL, "http://")+" is out of order (HTTP 502)\n"+
		"try again in a while; https://health.aws.amazon.com/health/status tells of outages")
	_, err = direct.Read(t.Context(), dev)
	equal(t, "error without a proxy", failure(err), "awssm: "+strings.TrimPrefix(first.URL(t), "http://")+" cannot be reached: connection refused\n"+
		"check the network, and endpoint under aws: in aside.yaml and AWS_ENDPOINT_URL")

	c.lead(second.URL(t))
	set(t, s, dev, pairs...)
	if n := len(read(t, s, dev)); n != 25 {
		t.Errorf("%d values, want 25", n)
	}
}

// A store that answers slowly but steadily may take longer than one request.
func TestSlowPages(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		pages   int
		pause   time.Duration
		timeout time.Duration
		want    string
	}{
		{"ten", 10, 600 * time.Millisecond, 5 * time.Second, "no error"},
		{"without end", 1 << 30, 10 * time.Millisecond, time.Second,
			"awssm: AWS is too slow: not everything was answered within 5s\ncheck the network, and try again"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			app := appName(t)
			server := fake(t, func(_ string, r request) any {
				if r.SecretIdList != nil {
					return object{}
				}
				time.Sleep(test.pause)
				page, _ := strconv.Atoi(r.NextToken)
				out := object{"SecretValues": []any{secret(fmt.Sprintf("%s/dev/N%d", app, page), "1")}}
				if page++; page < test.pages {
					out["NextToken"] = strconv.Itoa(page)
				}
				return out
			})
			values, err := newStore(t, server.URL, func(c *Config) { c.AWS.Timeout = test.timeout }).Read(t.Context(), dev)
			equal(t, "error", failure(err), test.want)
			if ok := err == nil; ok && len(values) != test.pages || !ok && (values != nil || !errors.Is(err, sources.ErrUnreachable)) {
				t.Errorf("%d values, error %v", len(values), err)
			}
		})
	}
}

// One request that fails ends the other that runs beside it.
func TestReadFailsAtOnce(t *testing.T) {
	arrived, left := make(chan bool), make(chan bool, 1)
	server := mototest.NewCounter(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if strings.Contains(string(body), "SecretIdList") {
			close(arrived)
			<-r.Context().Done()
			left <- true
			return
		}
		<-arrived
		w.WriteHeader(400)
		io.WriteString(w, `{"__type": "ExpiredTokenException"}`)
	}))
	s := newStore(t, server.URL, func(c *Config) { c.AWS.Timeout = 2 * time.Minute })
	_, err := s.Read(t.Context(), dev)
	equal(t, "error", failure(err), "awssm: the AWS credentials have expired (ExpiredTokenException)\n"+
		"sign in again, for example with aws sso login, or renew AWS_SESSION_TOKEN")
	select {
	case <-left:
	case <-time.After(time.Minute):
		t.Error("the other request was not given up")
	}
}
