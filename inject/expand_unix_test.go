//go:build unix

package inject

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// A quadratic expansion would take minutes here.
func TestExpansionIsLinear(t *testing.T) {
	start := cpuTime(t)
	all, _, err := expand(define(t, chain(100_000)), false)
	if err != nil || all["N0"].secret.Reveal() != "end" {
		t.Errorf("a chain of 100,000: %v", err)
	}
	all, _, err = expand(define(t, single(100_000)), false)
	if err != nil || all["A"].secret.Reveal() != strings.Repeat("b.", 100_000) {
		t.Errorf("100,000 references in one value: %v", err)
	}
	dollars := strings.Repeat("$$", maxExpanded/2-1)
	all, _, err = expand(define(t, "B=b\nA=$B"+dollars), false)
	if err != nil || all["A"].secret.Reveal() != "b"+dollars {
		t.Errorf("a reference and many dollars: %v", err)
	}
	if took := cpuTime(t) - start; took > time.Minute {
		t.Errorf("took %v", took)
	}
}

// cpuTime is what this program has used: unlike the time of day it does not
// depend on what else the machine does.
func cpuTime(t *testing.T) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
