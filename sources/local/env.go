package local

import (
	"path/filepath"
	"runtime"
	"strings"

	"github.com/aside-cli/aside/sources"
)

// FromEnv returns the configuration for the store in root that the environment
// asks for: ASIDE_IDENTITY, ASIDE_IDENTITY_FILE, and the folders of the XDG Base
// Directory Specification, on macOS too: what is shared between a laptop and a
// container lies under the same names. On Windows, where they are not set,
// %AppData% and %LocalAppData% stand for them. An empty variable is as good as
// none, and so, as the specification has it, is a folder that is not absolute,
// HOME included.
func FromEnv(root string, getenv func(string) string) Config {
	return Config{
		Root:            root,
		Identity:        sources.NewSecret(strings.TrimSpace(getenv("ASIDE_IDENTITY"))),
		IdentityFile:    getenv("ASIDE_IDENTITY_FILE"),
		DefaultIdentity: under(base(getenv, "XDG_CONFIG_HOME", "AppData", ".config"), "aside", "identity.txt"),
		Shared:          under(base(getenv, "XDG_DATA_HOME", "LocalAppData", ".local/share"), "aside", "shared"),
	}
}

// base returns the folder that the variable xdg names, or its default, or "".
func base(getenv func(string) string, xdg, onWindows, inHome string) string {
	if dir := getenv(xdg); filepath.IsAbs(dir) {
		return dir
	}
	if runtime.GOOS == "windows" {
		return getenv(onWindows)
	}
	if home := getenv("HOME"); filepath.IsAbs(home) { // else a key would be made in the project
		return under(home, inHome)
	}
	return ""
}

// under joins the path, but for a folder that is not known.
func under(dir string, elem ...string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(append([]string{dir}, elem...)...)
}
