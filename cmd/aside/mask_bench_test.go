//go:build linux

package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// manySecrets makes 200, of the kind that people have.
func (r *rig) manySecrets() {
	random := rand.New(rand.NewPCG(1, 2))
	var secrets strings.Builder
	for i := range 200 {
		fmt.Fprintf(&secrets, "SECRET_%d: \"sk_%016x%016x\"\n", i, random.Uint64(), random.Uint64())
	}
	r.write(".secrets.local.cue", secrets.String())
}

// BenchmarkMaskedLine reports how long a line takes from the command to the
// reader of aside, and what of it is due to the mask.
func BenchmarkMaskedLine(b *testing.B) {
	r := newRig(b, build(b))
	r.manySecrets()
	for b.Loop() {
		bare := r.lines(300, r.aside, "run", "--", r.child, "show", "X")
		masked := r.lines(300, r.aside, "run", "--mask", "--", r.child, "show", "X")
		b.ReportMetric(float64(median(bare).Microseconds()), "bare-µs")
		b.ReportMetric(float64(median(masked).Microseconds()), "masked-µs")
		b.ReportMetric(float64(slices.Max(masked).Microseconds()), "masked-worst-µs")
	}
}

// BenchmarkMaskedOutput is the throughput of a command's output, beside cat.
func BenchmarkMaskedOutput(b *testing.B) {
	r := newRig(b, build(b))
	r.manySecrets()
	const size = 1 << 30
	line := "{\"level\":\"info\",\"msg\":\"request handled\",\"path\":\"/api/v1/users\",\"status\":200}\n"
	r.write("log", strings.Repeat(line, (1<<20)/len(line)+1)[:1<<20])
	script := "for i in 1 2 3 4 5 6 7 8; do cat " + strings.Repeat("log ", 128) + "; done"
	for name, args := range map[string][]string{
		"sh | cat": {"sh", "-c", "(" + script + ") | cat"},
		"masked":   {r.aside, "run", "--mask", "--", "sh", "-c", script},
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				cmd := exec.Command(args[0], args[1:]...)
				cmd.Dir, cmd.Env = r.dir, r.env
				out, err := cmd.StdoutPipe()
				if err != nil {
					b.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					b.Fatal(err)
				}
				n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{out}, make([]byte, 1<<20))
				if err != nil || n != size {
					b.Fatal(n, err)
				}
				cmd.Wait()
			}
		})
	}
}
