package export

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

func writeJSON(vars []Variable, _ Options) ([]byte, error) {
	object := make(map[string]string, len(vars))
	for _, v := range vars {
		object[v.Name] = v.Value.Reveal()
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(object)
	return out.Bytes(), err
}

func writeYAML(vars []Variable, _ Options) ([]byte, error) {
	if len(vars) == 0 {
		return []byte("{}\n"), nil
	}
	var out []byte
	for _, v := range vars {
		out = append(appendQuoted(out, v.Name), ": "...)
		out = append(appendQuoted(out, v.Value.Reveal()), '\n')
	}
	return out, nil
}

// yamlKey: a key on one line with its value has at most 1024 characters.
func yamlKey(name, _ string) string {
	if len(appendQuoted(nil, name)) > 1024 {
		return "has a name that is too long for a key of YAML"
	}
	return ""
}

// appendQuoted quotes s for YAML and for HCL, which share these escapes. Names
// are quoted too: a plain NO or 1e3 is no string in YAML.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case unicode.IsPrint(r):
			dst = append(dst, string(r)...)
		case r < 1<<16:
			dst = fmt.Appendf(dst, `\u%04X`, r)
		default:
			dst = fmt.Appendf(dst, `\U%08X`, r)
		}
	}
	return append(dst, '"')
}

// writeKubernetes writes the manifest of a Secret, in which values are bytes.
func writeKubernetes(vars []Variable, o Options) ([]byte, error) {
	out := fmt.Appendf(nil, "apiVersion: v1\nkind: Secret\nmetadata:\n  name: %q\ntype: Opaque\n", kubernetesName(o.App))
	if len(vars) == 0 {
		return append(out, "data: {}\n"...), nil
	}
	out = append(out, "data:\n"...)
	for _, v := range vars {
		out = fmt.Appendf(out, "  %q: %q\n", v.Name, base64.StdEncoding.EncodeToString([]byte(v.Value.Reveal())))
	}
	return out, nil
}

// kubernetesName makes a DNS label of an app's name: at most 63 lower-case
// letters, digits and -, with no - at the ends.
func kubernetesName(app string) string {
	var words []string
	for word := range strings.FieldsFuncSeq(strings.ToLower(app), func(r rune) bool {
		return (r < 'a' || 'z' < r) && (r < '0' || '9' < r)
	}) {
		words = append(words, word)
	}
	label := strings.Join(words, "-")
	label = strings.TrimRight(label[:min(63, len(label))], "-")
	if label == "" {
		return "aside"
	}
	return label
}

func kubernetesKey(name, _ string) string {
	if name == "." || strings.HasPrefix(name, "..") {
		return "has a name that Kubernetes takes for a folder"
	}
	return ""
}
