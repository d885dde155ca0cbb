//go:build linux

package main

import (
	"bytes"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMaskedLooksTheSame compares what arrives on a terminal, byte for byte.
func TestMaskedLooksTheSame(t *testing.T) {
	t.Parallel()
	p := build(t)
	for name, test := range map[string]struct {
		args []string
		keys []string // each typed when what is printed has come to rest
	}{
		"many lines":   {[]string{"seq", "1000000"}, nil},
		"progress bar": {[]string{"sh", "-c", `for i in $(seq 0 100); do printf '\r\033[32m%3d %%\033[0m [%-20s]' $i "$(printf '%.*s' $((i/5)) '####################')"; done; echo`}, nil},
		"any bytes":    {[]string{"sh", "-c", `head -c 300000 bytes; sleep 0.1; head -c 300000 bytes`}, nil},
		"raw output":   {[]string{"sh", "-c", `stty -opost; head -c 300000 bytes; stty opost`}, nil},
		"less":         {[]string{"less", "text"}, []string{" ", "b", "G", "/42\r", "q"}},
		"vim":          {[]string{"vim", "-u", "NONE", "-i", "NONE", "-N", "text"}, []string{"jjjdd", "ihello\x1b", ":%s/1/one/g\r", "G", ":q!\r"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(test.args[0]); err != nil {
				t.Skip(err)
			}
			screen := func(flags ...string) []byte {
				r := newRig(t, p)
				r.env = append(r.env, "TERM=xterm", "LESSHISTFILE=-")
				r.token(token)
				r.write("text", numberedLines(500))
				r.write("bytes", string(allBytes(300000)))
				r.onTTY(slices.Concat([]string{r.aside, "run"}, flags, []string{"--"}, test.args)...)
				for _, keys := range test.keys {
					r.rests()
					r.types(keys)
				}
				r.ends(0)
				r.rests()
				r.out.mu.Lock()
				defer r.out.mu.Unlock()
				return bytes.Clone(r.out.text.Bytes())
			}
			bare, masked := screen(), screen("--mask")
			if !bytes.Equal(bare, masked) {
				i := 0
				for i < min(len(bare), len(masked)) && bare[i] == masked[i] {
					i++
				}
				t.Fatalf("%d bytes and %d, different from byte %d on:\n%q\n%q", len(bare), len(masked), i,
					bare[i:min(len(bare), i+100)], masked[i:min(len(masked), i+100)])
			}
			t.Logf("%d bytes", len(bare))
		})
	}
}

// rests waits until something was printed, and nothing more for a while.
func (r *rig) rests() {
	size := func() int {
		r.out.mu.Lock()
		defer r.out.mu.Unlock()
		return r.out.text.Len()
	}
	last, since := 0, time.Now()
	r.until("a quiet terminal", func() bool {
		if now := size(); now != last {
			last, since = now, time.Now()
		}
		return last > 0 && time.Since(since) > 500*time.Millisecond
	})
}

func numberedLines(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("line " + strconv.Itoa(i+1) + "\n")
	}
	return b.String()
}

// allBytes are of every value, without what a terminal answers to.
func allBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7 >> 2)
	}
	return b
}
