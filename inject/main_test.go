package inject

import (
	"os"
	"testing"
)

// TestMain does what main does: on a terminal a command starts as this program.
func TestMain(m *testing.M) {
	if code, ok := Foreground(os.Args); ok {
		os.Exit(code)
	}
	os.Exit(m.Run())
}
