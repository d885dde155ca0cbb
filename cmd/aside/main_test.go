package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this binary aside, where it is called by that name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"aside": main})
}

// TestScripts runs the command line as users do, each script in a home of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			home := filepath.Join(e.WorkDir, ".home")
			e.Setenv("HOME", home)
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
			e.Setenv("XDG_DATA_HOME", filepath.Join(home, "data"))
			e.Setenv("XDG_CACHE_HOME", filepath.Join(home, "cache"))
			e.Setenv("NO_COLOR", "1")
			// The race detector waits a second at the end of every program otherwise.
			e.Setenv("GORACE", "atexit_sleep_ms=0")
			return os.MkdirAll(home, 0o755)
		},
		RequireUniqueNames: true,
	})
}
