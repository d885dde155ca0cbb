package export

import (
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

// fuzz writes a variable between two others, reads all three back, and wants
// what is refused to be refused by name.
func fuzz(f *testing.F, formats ...string) {
	for _, c := range corpus {
		if len(c.value) < 1000 { // the fuzzer is slow to cut down longer ones
			f.Add(c.name, c.value)
		}
	}
	for _, name := range []string{"a.b", "A-B", "1A", "..", "é", "A B", "export", "no", "path", "GITHUB_X"} {
		f.Add(name, "x")
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		if name == "FIRST" || name == "LAST" {
			return
		}
		vars := []Variable{variable("FIRST", "1"), variable(name, value), variable("LAST", "2")}
		for _, format := range formats {
			out, err := write(t, format, vars)
			if err == nil {
				same(t, out, format, vars)
				continue
			}
			message := err.Error()
			named := strings.Contains(message, vars[1].title()) && !strings.Contains(message, "FIRST") && !strings.Contains(message, "LAST")
			if tooMuch := strings.Contains(message, "are too much"); !named && !tooMuch || sources.HintOf(err) == "" {
				t.Errorf("%s refuses %q with %v", format, name, err)
			}
		}
	})
}

func FuzzShells(f *testing.F)    { fuzz(f, "shell", "fish", "powershell") }
func FuzzEnvFiles(f *testing.F)  { fuzz(f, "env", "docker", "gitlab", "systemd") }
func FuzzDocuments(f *testing.F) { fuzz(f, "json", "yaml", "k8s", "tfvars") }
func FuzzGitHub(f *testing.F)    { fuzz(f, "github") }
