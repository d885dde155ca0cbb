//go:build unix

package execstore

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// The supervisor takes a process in a group of its own for one of those that it
// supervises, and would collect or kill it.
func TestStaysInOurProcessGroup(t *testing.T) {
	if _, err := exec.LookPath("ps"); err != nil {
		t.Skip("no ps here: ", err)
	}
	s := newStore(t, "", func(c *Config) { c.Command = []string{"sh", "-c", "echo GROUP=$(ps -o pgid= -p $$)"} })
	equal(t, "group", strings.TrimSpace(read(t, s, dev)), "stage GROUP="+strconv.Itoa(syscall.Getpgrp()))
}
