package awsconf

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Delays before a retry double up to the longest.
const (
	maxAttempts    = 6
	firstDelay     = 25 * time.Millisecond
	throttledDelay = 100 * time.Millisecond
	maxDelay       = 2 * time.Second
)

// Intervals between the requests of a session that was throttled.
const (
	firstInterval = 25 * time.Millisecond
	maxInterval   = time.Second
)

// A retryer is the SDK's standard one, which tries a request again, and
// adaptive: when a request is throttled, all others wait longer for their turn,
// and less again with each that succeeds. (The SDK's own adaptive mode goes
// down to a request every two seconds if the first one of all is throttled.)
//
// A network that is down is told within two seconds, throttling within six.
type retryer struct {
	*retry.Standard

	mu       sync.Mutex
	interval time.Duration // between two requests
	changed  time.Time     // when the interval last grew
	next     time.Time     // when the next request may start
}

func newRetryer() *retryer {
	return &retryer{Standard: retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = maxAttempts
		o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(cut))
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, err error) (time.Duration, error) {
			delay := firstDelay
			if throttled(err) {
				delay = throttledDelay
			}
			delay = min(delay<<attempt, maxDelay)
			return delay/2 + rand.N(delay/2), nil
		})
	})}
}

// GetAttemptToken implements [aws.RetryerV2]: it waits for the request's turn.
func (r *retryer) GetAttemptToken(ctx context.Context) (release func(error) error, err error) {
	start := r.turn()
	select {
	case <-time.After(time.Until(start)):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	done, err := r.Standard.GetAttemptToken(ctx)
	if err != nil {
		return nil, err
	}
	return func(err error) error {
		r.adapt(start, err)
		return done(err)
	}, nil
}

func (r *retryer) turn() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	start := time.Now()
	if r.next.After(start) {
		start = r.next
	}
	r.next = start.Add(r.interval)
	return start
}

// adapt learns from the answer to a request. Those that were under way
// together when throttling began count once.
func (r *retryer) adapt(start time.Time, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case throttled(err) && !start.Before(r.changed):
		r.interval = min(max(2*r.interval, firstInterval), maxInterval)
		r.changed = time.Now()
	case err == nil && r.interval > 0:
		if r.interval -= r.interval / 8; r.interval < firstInterval/4 {
			r.interval = 0
		}
	}
}

// cut lets an answer that ends in its middle be asked for again. The SDK takes
// it for a malformed one.
func cut(err error) aws.Ternary {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

func throttled(err error) bool {
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
}

// attempts records how the attempts at one call went: when time runs out
// between two of them, the SDK's error says no more than that.
type attempts struct {
	mu   sync.Mutex
	host string // that was asked
	last error  // of the last attempt that was not cut off by the limit on time
}

type attemptsKey struct{}

func recordAttempts(stack *middleware.Stack) error {
	return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("asideAttempts", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleFinalize(ctx, in)
		made, ok := ctx.Value(attemptsKey{}).(*attempts)
		if !ok {
			return out, metadata, err
		}
		made.mu.Lock()
		defer made.mu.Unlock()
		if r, ok := in.Request.(*smithyhttp.Request); ok {
			made.host = r.URL.Host
		}
		if ctx.Err() == nil {
			made.last = err
		}
		return out, metadata, err
	}), middleware.After)
}
