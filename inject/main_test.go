package inject

import (
	"os"
	"runtime"
	"testing"
)

// elsewhere has Foreground be called on another thread than the first.
const elsewhere = "\x01elsewhere"

// TestMain does what main does: on a terminal a command starts as this program.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == elsewhere {
		runtime.LockOSThread()
		go func() { // so not on the first thread
			code, _ := Foreground(os.Args[1:])
			os.Exit(code)
		}()
		select {}
	}
	if code, ok := Foreground(os.Args); ok {
		os.Exit(code)
	}
	os.Exit(m.Run())
}
