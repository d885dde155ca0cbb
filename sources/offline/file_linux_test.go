package offline

import (
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// A write that fails in its middle, as on a full disk, leaves the old values,
// and nothing beside them. The limit on the size of files holds for a process
// of the test's own.
func TestFullDisk(t *testing.T) {
	if os.Getenv("FULL_DISK") == "" {
		again := exec.Command(os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
		again.Env = append(os.Environ(), "FULL_DISK=1")
		out, err := again.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestFullDisk") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	c := newConfig(t)
	keep(t, c, "old")

	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: 1000}); err != nil {
		t.Skip("no limit can be set: ", err)
	}
	src := &remote{}
	src.set("2", strings.Repeat("new", 1000))
	r, err := New(src, c).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "warning", r.Warnings[1], "the values of awssm could not be kept for working offline: file too large")
	if files := filesIn(t, c.Dir); len(files) != 1 {
		t.Errorf("files %q", files)
	}
	if got := without(t, c); !strings.HasPrefix(got, "A=old\n") {
		t.Errorf("got %.100s", got)
	}
}
