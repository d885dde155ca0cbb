package inject

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aside-cli/aside/sources"
)

type fakeSource struct {
	read func(context.Context) (sources.Reading, error)
}

func (f fakeSource) Read(ctx context.Context) (sources.Reading, error) { return f.read(ctx) }

func fixed(r sources.Reading, err error) sources.Source {
	return fakeSource{func(context.Context) (sources.Reading, error) { return r, err }}
}

func holds(values ...sources.Value) sources.Reading { return sources.Reading{Values: values} }

func environOf(t *testing.T, r *Resolver) string {
	t.Helper()
	env, _, err := r.Resolve(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(env.Environ(), " ")
}

func TestResolve(t *testing.T) {
	stage := sources.Origin{Layer: sources.Stage}
	r := &Resolver{
		Sources: []sources.Source{
			fixed(holds(defined("A", "first", stage), defined("GONE", "", stage)), nil),
			fixed(holds(defined("A", "second", stage), defined("B", "b", stage)), nil),
			fixed(holds(defined("A", "env", sources.Origin{Layer: sources.Env})), nil),
			fixed(sources.Reading{}, nil),
		},
		Without: []string{"GONE"},
	}
	if got := environOf(t, r); got != "A=env B=b" {
		t.Errorf("got %s", got)
	}
	r.Sources = r.Sources[:2]
	if got := environOf(t, r); got != "A=first B=b" {
		t.Errorf("of one layer: got %s", got)
	}
}

// Sources are read at once: each of these waits for the others.
func TestResolveReadsAtOnce(t *testing.T) {
	var all sync.WaitGroup
	r := &Resolver{}
	const n = 5
	all.Add(n)
	for range n {
		r.Sources = append(r.Sources, fakeSource{func(context.Context) (sources.Reading, error) {
			all.Done()
			all.Wait()
			return sources.Reading{}, nil
		}})
	}
	environOf(t, r)
}

func TestResolveFailsAsAWhole(t *testing.T) {
	failure := errors.New("store: unreachable")
	later := errors.New("store: another")
	r := &Resolver{Sources: []sources.Source{
		fixed(holds(defined("A", "a", sources.Origin{})), nil),
		fixed(sources.Reading{Warnings: []string{"half read"}}, failure),
		fixed(sources.Reading{}, later),
	}}
	env, warnings, err := r.Resolve(context.Background())
	if env != nil || len(warnings) > 0 || err != failure {
		t.Errorf("got %v, %q, %v", env, warnings, err)
	}
}

func TestResolveCollectsWarnings(t *testing.T) {
	reading, err := sources.ParseEnv(".env", []byte("A=$NONE\nB"))
	if err != nil {
		t.Fatal(err)
	}
	r := &Resolver{Sources: []sources.Source{fixed(sources.Reading{Warnings: []string{"first"}}, nil), fixed(reading, nil)}}
	_, warnings, err := r.Resolve(context.Background())
	if err != nil || len(warnings) != 3 || warnings[0] != "first" ||
		!strings.HasPrefix(warnings[1], ".env:2:1: ") || !strings.HasPrefix(warnings[2], ".env:1:3: A: ") {
		t.Errorf("%q, %v", warnings, err)
	}
}

func TestResolvePassesItsContextOn(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := &Resolver{Sources: []sources.Source{fakeSource{func(ctx context.Context) (sources.Reading, error) {
		<-ctx.Done()
		return sources.Reading{}, ctx.Err()
	}}}}
	if _, _, err := r.Resolve(ctx); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}

func TestResolveTraces(t *testing.T) {
	failure := errors.New("unreachable")
	var mu sync.Mutex
	var seen []int
	r := &Resolver{
		Sources: []sources.Source{fixed(holds(defined("A", "", sources.Origin{})), nil), fixed(sources.Reading{}, failure)},
		Trace: func(i int, r sources.Reading, err error, took time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, i)
			if i == 0 && (len(r.Values) != 1 || err != nil) || i == 1 && err != failure || took < 0 {
				t.Errorf("source %d: %v, %v, %v", i, r, err, took)
			}
		},
	}
	if _, _, err := r.Resolve(context.Background()); err != failure {
		t.Errorf("got %v", err)
	}
	slices.Sort(seen)
	if !slices.Equal(seen, []int{0, 1}) {
		t.Errorf("traced %v", seen)
	}
}
