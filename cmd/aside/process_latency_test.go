//go:build linux

package main

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"
)

// A stopwatch measures one restart after the other.
type stopwatch struct {
	*rig
	restarts        int
	toTERM, toStart []time.Duration // from a change on disk; from the end of the old command
}

func (r *rig) stopwatch(debounce time.Duration) *stopwatch {
	r.write(".env", "A=0\n")
	r.run(r.aside, "run", "--debounce", debounce.String(), "--", r.child, "show", "A").sees(`^started A=0`)
	return &stopwatch{rig: r}
}

func (s *stopwatch) restart() {
	s.restarts++
	began := time.Now()
	s.write(".env", fmt.Sprintf("A=%d\n", s.restarts))
	ended := s.time(fmt.Sprintf(`^terminated A=%d (\d+)$`, s.restarts-1))
	started := s.time(fmt.Sprintf(`^started A=%d (\d+)$`, s.restarts))
	s.toTERM = append(s.toTERM, ended.Sub(began))
	s.toStart = append(s.toStart, started.Sub(ended))
}

// time reads a time that the child printed.
func (s *stopwatch) time(pattern string) time.Time {
	s.Helper()
	ns, err := strconv.ParseInt(s.sees(pattern), 10, 64)
	if err != nil {
		s.Fatal(err)
	}
	return time.Unix(0, ns)
}

func median(took []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(took))[len(took)/2]
}

// latency checks the order of magnitude, on a machine that does other things too;
// BenchmarkRestart measures.
func (r *rig) latency() {
	s := r.stopwatch(100 * time.Millisecond)
	for range 5 {
		s.restart()
	}
	toTERM, toStart := median(s.toTERM), median(s.toStart)
	if toTERM < 100*time.Millisecond || toTERM > 600*time.Millisecond || toStart > 300*time.Millisecond {
		r.Fatalf("from a change to TERM %v, from the end to the start %v", toTERM, toStart)
	}
}

// BenchmarkRestart reports how long it takes from a change on disk to SIGTERM,
// --debounce subtracted, and from the end of the old command to the start of the
// new one, median and worst. Run it with -benchtime 100x.
func BenchmarkRestart(b *testing.B) {
	const debounce = 100 * time.Millisecond
	s := newRig(b, build(b)).stopwatch(debounce)
	for b.Loop() {
		s.restart()
	}
	report := func(name string, took time.Duration) {
		b.ReportMetric(float64(took)/float64(time.Millisecond), name)
	}
	report("change-to-TERM-median-ms", median(s.toTERM)-debounce)
	report("change-to-TERM-worst-ms", slices.Max(s.toTERM)-debounce)
	report("end-to-start-median-ms", median(s.toStart))
	report("end-to-start-worst-ms", slices.Max(s.toStart))
}
