package local

import (
	"runtime"
	"testing"

	"github.com/aside-cli/aside/sources"
)

func TestFromEnv(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the folders of this table are those of Unix")
	}
	for _, c := range []struct {
		name string
		env  map[string]string
		want Config
	}{
		{"home", map[string]string{"HOME": "/home/u"},
			Config{DefaultIdentity: "/home/u/.config/aside/identity.txt", Shared: "/home/u/.local/share/aside/shared"}},
		{"xdg", map[string]string{"HOME": "/home/u", "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d"},
			Config{DefaultIdentity: "/c/aside/identity.txt", Shared: "/d/aside/shared"}},
		{"xdg that is not absolute", map[string]string{"HOME": "/home/u", "XDG_CONFIG_HOME": "c", "XDG_DATA_HOME": ""},
			Config{DefaultIdentity: "/home/u/.config/aside/identity.txt", Shared: "/home/u/.local/share/aside/shared"}},
		{"home that is not absolute", map[string]string{"HOME": "."}, Config{}},
		{"identity", map[string]string{"ASIDE_IDENTITY": "\nAGE-SECRET-KEY-1X\n", "ASIDE_IDENTITY_FILE": "k.txt"},
			Config{Identity: sources.NewSecret("AGE-SECRET-KEY-1X"), IdentityFile: "k.txt"}},
		{"nothing", nil, Config{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want.Root = "/root"
			got := FromEnv("/root", func(name string) string { return c.env[name] })
			if got.Root != c.want.Root || got.Shared != c.want.Shared || !got.Identity.Equal(c.want.Identity) ||
				got.IdentityFile != c.want.IdentityFile || got.DefaultIdentity != c.want.DefaultIdentity {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}
