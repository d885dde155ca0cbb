package inject

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aside-cli/aside/sources"
)

// A Resolver makes environments out of sources.
type Resolver struct {
	// Sources, in the order of precedence: of two values in the same layer that
	// of the earlier source wins.
	Sources []sources.Source

	// Adapt makes of what Sources gave, in their order, what is merged. It must not
	// change the values in place, for sources may keep them. nil: all is merged as
	// it was read.
	Adapt func([]sources.Reading) ([]sources.Reading, error)

	// Without are names that no command ever gets.
	Without []string

	// Trace is told how long Sources[i] took, and what it gave; it is called
	// by several goroutines at once. nil: nobody wants to know.
	Trace func(i int, r sources.Reading, err error, took time.Duration)
}

// Resolve reads all sources at once and merges what they hold. It fails where
// one of them does: there is no partial environment. The warnings are a line
// each.
func (r *Resolver) Resolve(ctx context.Context) (*Environment, []string, error) {
	readings := make([]sources.Reading, len(r.Sources))
	errs := make([]error, len(r.Sources))
	var all sync.WaitGroup
	for i, src := range r.Sources {
		all.Go(func() {
			start := time.Now()
			readings[i], errs[i] = src.Read(ctx)
			if r.Trace != nil {
				r.Trace(i, readings[i], errs[i], time.Since(start))
			}
		})
	}
	all.Wait()

	for _, err := range errs {
		if err != nil {
			return nil, nil, err
		}
	}
	if r.Adapt != nil {
		var err error
		if readings, err = r.Adapt(readings); err != nil {
			return nil, nil, err
		}
	}
	var values []sources.Value
	var warnings []string
	for _, reading := range readings {
		warnings = append(warnings, reading.Warnings...)
		for _, v := range reading.Values {
			if !slices.Contains(r.Without, v.Name) {
				values = append(values, v)
			}
		}
	}
	env, more, err := Merge(values)
	return env, append(warnings, more...), err
}
