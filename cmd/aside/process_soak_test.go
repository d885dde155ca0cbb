//go:build linux

package main

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestSoak restarts a command with a whole tree again and again, with changes at
// random moments. ASIDE_SOAK says how often.
func TestSoak(t *testing.T) {
	want, err := strconv.Atoi(cmp.Or(os.Getenv("ASIDE_SOAK"), "40"))
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, build(t))
	_, port, _ := net.SplitHostPort(r.freeAddress())
	r.env = append(r.env, "PORT="+port)
	r.write(".env", "VALUE=0\n")
	r.run(r.aside, "run", "--debounce", "5ms", "--", r.child, "tree").sees("^ready 0$")

	began := time.Now()
	var warmFDs, warmRSS int
	value := 0
	for r.restarts() < want {
		value++
		r.write(".env", fmt.Sprintf("VALUE=%d\n", value))
		time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		if value%10 == 0 {
			r.settled(value)
			if r.restarts() < want/2 { // measured when caches and pools are filled
				warmFDs, warmRSS = r.openFiles(), r.residentMemory()
			}
		}
	}
	r.settled(value)
	fds, rss := r.openFiles(), r.residentMemory()
	t.Logf("%d restarts for %d changes in %v; open files %d, then %d; resident memory %d KiB, then %d KiB",
		r.restarts(), value, time.Since(began).Round(time.Millisecond), warmFDs, fds, warmRSS, rss)
	if fds > warmFDs {
		t.Errorf("%d open files, %d before", fds, warmFDs)
	}
	if len(raceFlags()) == 0 && rss > warmRSS+2<<10 {
		t.Errorf("resident memory grew from %d KiB to %d KiB", warmRSS, rss)
	}
	r.counts(0, "failed|killing|continuing")
	r.signal(15)
	r.ends(128 + 15)
	r.nothingLeft()
}

func (r *rig) restarts() int { return strings.Count(r.out.String(), "aside: restarting") }

// settled waits for the last change to arrive, and for the tree to be complete.
func (r *rig) settled(value int) {
	r.Helper()
	r.sees(fmt.Sprintf("^ready %d$", value))
	r.until("one whole tree", func() bool { return len(r.left()) == 4 })
}

// openFiles counts the descriptors of aside at rest: while it looks once more, a
// file is open for a moment.
func (r *rig) openFiles() int {
	least := math.MaxInt
	for range 20 {
		fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", r.pid()))
		if err != nil {
			r.Fatal(err)
		}
		least = min(least, len(fds))
		time.Sleep(5 * time.Millisecond)
	}
	return least
}

// residentMemory in KiB.
func (r *rig) residentMemory() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.pid()))
	if err != nil {
		r.Fatal(err)
	}
	kib, err := strconv.Atoi(regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindStringSubmatch(string(status))[1])
	if err != nil {
		r.Fatal(err)
	}
	return kib
}
