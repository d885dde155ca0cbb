package awsconf

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"github.com/aside-cli/aside/sources"
)

var (
	errThrottled = &smithy.GenericAPIError{Code: "ThrottlingException"}
	errBroken    = errors.New("connection reset")
)

// attempt asks r for a turn and answers with err. It returns how long it waited.
func attempt(t *testing.T, r *retryer, err error) time.Duration {
	t.Helper()
	start := time.Now()
	release, tokenErr := r.GetAttemptToken(t.Context())
	if tokenErr != nil {
		t.Fatal(tokenErr)
	}
	if err := release(err); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

// A request that fails all the way, and one that is throttled once.
func TestRetriesTakeTime(t *testing.T) {
	for _, test := range []struct {
		name        string
		err         error
		attempts    int
		least, most time.Duration
	}{
		{"throttled once", errThrottled, 2, 100 * time.Millisecond, 300 * time.Millisecond},
		{"throttled until given up", errThrottled, maxAttempts, 2500 * time.Millisecond, requestTimeout},
		{"no network", errBroken, maxAttempts, 750 * time.Millisecond, 2 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRetryer()
				start := time.Now()
				for i := 1; i < test.attempts; i++ {
					attempt(t, r, test.err)
					delay, err := r.RetryDelay(i, test.err)
					if err != nil {
						t.Fatal(err)
					}
					time.Sleep(delay)
				}
				attempt(t, r, nil)
				if took := time.Since(start); took < test.least || took > test.most {
					t.Errorf("took %v, want %v to %v", took, test.least, test.most)
				}
			})
		})
	}
}

// After throttling the requests of a session come slower, and as fast as ever
// when all is well again.
func TestAdapts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRetryer()
		var waits []time.Duration
		for range 3 {
			waits = append(waits, attempt(t, r, nil))
		}
		attempt(t, r, errThrottled)
		attempt(t, r, nil) // its turn was given before
		waits = append(waits, attempt(t, r, nil))
		if waits[0]+waits[1]+waits[2] != 0 || waits[3] != firstInterval {
			t.Errorf("waited %v", waits)
		}
		for range 20 {
			attempt(t, r, nil)
		}
		if wait := attempt(t, r, nil); wait != 0 {
			t.Errorf("still waits %v after 20 answers", wait)
		}
		for range 20 {
			attempt(t, r, errThrottled)
		}
		attempt(t, r, nil)
		if wait := attempt(t, r, nil); wait > maxInterval || wait < maxInterval/2 {
			t.Errorf("waits %v after much throttling", wait)
		}
	})
}

// Requests that were under way together and are throttled together count once.
func TestAdaptsOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRetryer()
		var releases []func(error) error
		for range 5 {
			release, err := r.GetAttemptToken(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			releases = append(releases, release)
		}
		time.Sleep(time.Millisecond)
		for _, release := range releases {
			release(errThrottled)
		}
		if r.interval != firstInterval {
			t.Errorf("the interval is %v", r.interval)
		}
	})
}

func TestWaitingForATurnEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRetryer()
		r.interval = time.Minute
		attempt(t, r, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.GetAttemptToken(ctx); err != context.DeadlineExceeded {
			t.Errorf("got %v", err)
		}
	})
}

// A long outage uses up what may be retried; what succeeds gives it back.
func TestRetriesComeBack(t *testing.T) {
	r := newRetryer()
	var err error
	for n := 0; err == nil; n++ {
		if n > 1000 {
			t.Fatal("there is no end to retries")
		}
		_, err = r.GetRetryToken(t.Context(), errBroken)
	}
	for range 10 {
		attempt(t, r, nil)
	}
	if _, err := r.GetRetryToken(t.Context(), errBroken); err != nil {
		t.Errorf("after ten successes: %v", err)
	}
}

// Whoever waits for the sign-in and then for an answer waits ten seconds at most.
func TestTimeLimits(t *testing.T) {
	if limit := signInTimeout + requestTimeout; limit > 10*time.Second {
		t.Errorf("a user may wait %v", limit)
	}
}

func TestLimit(t *testing.T) {
	url, _ := serve(t, 200, "", "")
	s := New(Settings{Region: "eu-central-1", Endpoint: url, Timeout: time.Millisecond})
	ctx, cancel := s.Limit(t.Context())
	defer cancel()
	<-ctx.Done()
	err := ask(ctx, s)
	if got, want := failure(err), "AWS is too slow: not everything was answered within 5ms\ncheck the network, and try again"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if !errors.Is(err, sources.ErrUnreachable) {
		t.Error("not ErrUnreachable")
	}
}
