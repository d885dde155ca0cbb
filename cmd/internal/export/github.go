package export

import (
	"crypto/rand"
	"fmt"
	"io"
	"strings"
)

// writeGitHub writes what is appended to the file $GITHUB_ENV, after the lines
// that mask the stored values. A delimiter that nobody can guess keeps a value
// from setting variables of its own.
func writeGitHub(vars []Variable, o Options) ([]byte, error) {
	if err := writeMasks(vars, o.Masks); err != nil {
		return nil, err
	}
	var out []byte
	for _, v := range vars {
		end := "aside_" + rand.Text()
		out = fmt.Appendf(out, "%s<<%s\n%s\n%s\n", v.Name, end, v.Value.Reveal(), end)
	}
	return out, nil
}

func writeMasks(vars []Variable, w io.Writer) error {
	if w == nil {
		return nil
	}
	var masks strings.Builder
	escape := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	for _, v := range vars {
		value := v.Value.Reveal()
		if v.Stored && strings.TrimSpace(value) != "" { // the runner complains about blanks
			masks.WriteString("::add-mask::" + escape.Replace(value) + "\n")
		}
	}
	_, err := io.WriteString(w, masks.String())
	return err
}

// githubOwn refuses what GitHub does not let a step set.
func githubOwn(name, _ string) string {
	upper := strings.ToUpper(name)
	if upper == "NODE_OPTIONS" || strings.HasPrefix(upper, "GITHUB_") || strings.HasPrefix(upper, "RUNNER_") {
		return "is a variable that GitHub does not let be set"
	}
	return ""
}

// githubEnd: a runner on Windows takes CRLF for the end of a line.
func githubEnd(_, value string) string {
	if strings.HasSuffix(value, "\r") {
		return "ends in a carriage return, which GitHub drops on Windows"
	}
	return ""
}
