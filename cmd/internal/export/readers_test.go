package export

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/aside-cli/aside/dotenv"
)

// Each reader follows the published rules of what reads the format, and knows
// nothing of how it is written. A value that it would change comes out changed.
var readers = map[string]func(out string) (map[string]string, error){
	"env":        readEnv,
	"json":       readJSON,
	"yaml":       readYAML,
	"shell":      readShell,
	"fish":       readFish,
	"powershell": readPowerShell,
	"docker":     readDocker,
	"github":     readGitHub,
	"gitlab":     readGitLab,
	"k8s":        readKubernetes,
	"systemd":    readSystemd,
	"tfvars":     readTerraform,
}

func readEnv(out string) (map[string]string, error) {
	file, err := dotenv.Parse(".env", []byte(out))
	if err != nil {
		return nil, err
	}
	if len(file.Warnings) > 0 {
		return nil, fmt.Errorf("warnings %v", file.Warnings)
	}
	vars := map[string]string{}
	for _, e := range file.Entries {
		text, ok := e.Value.Literal()
		if !ok {
			return nil, fmt.Errorf("%s has references", e.Name)
		}
		vars[e.Name] = text
	}
	return vars, nil
}

func readJSON(out string) (vars map[string]string, err error) {
	err = json.Unmarshal([]byte(out), &vars)
	return vars, err
}

func readYAML(out string) (map[string]string, error) {
	var values map[string]any // into strings, it would take numbers as well
	if err := yaml.Unmarshal([]byte(out), &values); err != nil {
		return nil, err
	}
	vars := map[string]string{}
	for name, value := range values {
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("%s is a %T", name, value)
		}
		vars[name] = text
	}
	return vars, nil
}

var dnsLabel = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

func readKubernetes(out string) (map[string]string, error) {
	var secret struct {
		APIVersion string `yaml:"apiVersion"`
		Kind, Type string
		Metadata   struct{ Name string }
		Data       map[string]any
	}
	d := yaml.NewDecoder(strings.NewReader(out))
	d.KnownFields(true)
	if err := d.Decode(&secret); err != nil {
		return nil, err
	}
	if secret.APIVersion != "v1" || secret.Kind != "Secret" || secret.Type != "Opaque" || !dnsLabel.MatchString(secret.Metadata.Name) {
		return nil, fmt.Errorf("not a secret: %.200s", out)
	}
	vars := map[string]string{}
	for name, data := range secret.Data {
		text, ok := data.(string)
		if !ok || !regexp.MustCompile(`^[-._a-zA-Z0-9]{1,253}$`).MatchString(name) || name == "." || strings.HasPrefix(name, "..") {
			return nil, fmt.Errorf("%q: %T", name, data)
		}
		value, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil {
			return nil, err
		}
		vars[name] = string(value)
	}
	return vars, nil
}

// A cursor reads a text from left to right.
type cursor struct{ rest string }

func (c *cursor) next() byte {
	if c.rest == "" {
		return 0 // no text has a NUL
	}
	b := c.rest[0]
	c.rest = c.rest[1:]
	return b
}

func (c *cursor) take(prefix string) bool {
	rest, ok := strings.CutPrefix(c.rest, prefix)
	c.rest = rest
	return ok
}

// assignments reads prefix, a name, between, and what value reads, line by line.
func assignments(out, prefix, between string, value func(*cursor) (string, error)) (map[string]string, error) {
	vars := map[string]string{}
	for c := (&cursor{out}); c.rest != ""; {
		if !c.take(prefix) {
			return nil, fmt.Errorf("no %q", prefix)
		}
		name, rest, _ := strings.Cut(c.rest, between)
		c.rest = rest
		text, err := value(c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if !c.take("\n") {
			return nil, fmt.Errorf("%s: text after its value", name)
		}
		vars[name] = text
	}
	return vars, nil
}

func readShell(out string) (map[string]string, error) {
	return assignments(out, "export ", "=", func(c *cursor) (string, error) {
		var text strings.Builder
		for c.rest != "" && c.rest[0] != '\n' {
			switch b := c.next(); b {
			case '\'':
				quoted, rest, ok := strings.Cut(c.rest, "'")
				if !ok {
					return "", fmt.Errorf("an open quote")
				}
				text.WriteString(quoted)
				c.rest = rest
			case '\\':
				text.WriteByte(c.next())
			default:
				return "", fmt.Errorf("%q outside of quotes", b)
			}
		}
		return text.String(), nil
	})
}

func readFish(out string) (map[string]string, error) {
	return assignments(out, "set -gx ", " ", func(c *cursor) (string, error) {
		if !c.take("'") {
			return "", fmt.Errorf("no quote")
		}
		var text strings.Builder
		for {
			switch b := c.next(); {
			case b == 0:
				return "", fmt.Errorf("an open quote")
			case b == '\'':
				return text.String(), nil
			case b == '\\' && (c.take(`\`)):
				text.WriteByte('\\')
			case b == '\\' && c.take("'"):
				text.WriteByte('\'')
			default:
				text.WriteByte(b)
			}
		}
	})
}

// readPowerShell follows about_Quoting_Rules and about_Special_Characters.
func readPowerShell(out string) (map[string]string, error) {
	if strings.ContainsFunc(out, func(r rune) bool { return r > '~' || r < ' ' && r != '\n' }) {
		return nil, fmt.Errorf("not all of it survives a code page")
	}
	out = strings.ReplaceAll(out, "\n", "\r\n") // as Out-String does on Windows
	read, err := assignments(out, "$env:", " = ", func(c *cursor) (string, error) {
		var text []uint16
		quote := c.next()
		if quote != '\'' && quote != '"' {
			return "", fmt.Errorf("no quote")
		}
		for {
			b := c.next()
			switch {
			case b == 0:
				return "", fmt.Errorf("an open quote")
			case b == quote && c.take(string(quote)):
				text = append(text, uint16(quote))
			case b == quote:
				if !c.take("\r") {
					return "", fmt.Errorf("text after the quote")
				}
				value := string(utf16.Decode(text))
				if value == "" {
					return "", fmt.Errorf("the variable would be removed")
				}
				return value, nil
			case quote == '\'':
				text = append(text, uint16(b))
			case b == '`':
				escape := c.next()
				i := strings.IndexByte("0abfnrtv", escape)
				if i >= 0 {
					escape = "\x00\a\b\f\n\r\t\v"[i]
				}
				text = append(text, uint16(escape))
			case b == '$':
				if !c.take("([char]0x") {
					return "", fmt.Errorf("an expansion")
				}
				n, err := strconv.ParseUint(c.rest[:4], 16, 16)
				c.rest = c.rest[4:]
				if err != nil || !c.take(")") {
					return "", fmt.Errorf("an expression")
				}
				text = append(text, uint16(n))
			default:
				text = append(text, uint16(b))
			}
		}
	})
	return read, err
}

// readDocker follows the docker command's parser of --env-file.
func readDocker(out string) (map[string]string, error) {
	vars := map[string]string{}
	lines := bufio.NewScanner(strings.NewReader(out))
	for first := true; lines.Scan(); first = false {
		line := lines.Text()
		if !utf8.ValidString(line) {
			return nil, fmt.Errorf("not UTF-8")
		}
		if first {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		line = strings.TrimLeftFunc(line, unicode.IsSpace)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			return nil, fmt.Errorf("the name %q", name)
		}
		for _, quote := range []string{`"`, `'`} { // not in every version
			if len(value) > 1 && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
				value = value[1 : len(value)-1]
				break
			}
		}
		vars[name] = value
	}
	return vars, lines.Err()
}

// readGitHub reads as runners on Linux and on Windows do, and wants both to agree.
func readGitHub(out string) (map[string]string, error) {
	unix, err := readEnvironmentFile(out, false)
	if err != nil {
		return nil, err
	}
	windows, err := readEnvironmentFile(out, true)
	if err == nil && fmt.Sprint(unix) != fmt.Sprint(windows) {
		err = fmt.Errorf("windows reads it otherwise")
	}
	return unix, err
}

func readEnvironmentFile(out string, windows bool) (map[string]string, error) {
	if !utf8.ValidString(out) {
		return nil, fmt.Errorf("not UTF-8")
	}
	vars := map[string]string{}
	line := func() (text, end string, ok bool) {
		text, rest, found := strings.Cut(out, "\n")
		ok, out = out != "", rest
		if found {
			end = "\n"
		}
		if before, cr := strings.CutSuffix(text, "\r"); windows && found && cr {
			text, end = before, "\r\n"
		}
		return text, end, ok
	}
	for {
		text, _, ok := line()
		if !ok {
			return vars, nil
		}
		if text == "" {
			continue
		}
		name, delimiter, heredoc := strings.Cut(text, "<<")
		if !heredoc || strings.Contains(name, "=") || name == "" || delimiter == "" {
			return nil, fmt.Errorf("no heredoc: %q", text)
		}
		if upper := strings.ToUpper(name); upper == "NODE_OPTIONS" || strings.HasPrefix(upper, "GITHUB_") || strings.HasPrefix(upper, "RUNNER_") {
			return nil, fmt.Errorf("%s may not be set", name)
		}
		start, length := out, 0
		for {
			text, end, ok := line()
			if !ok {
				return nil, fmt.Errorf("%s has no end", name)
			}
			if text == delimiter {
				break
			}
			length = len(start) - len(out) - len(end)
		}
		vars[name] = start[:length]
	}
}

// readGitLab reads a dotenv report as the server does, and expands it as the
// server and the runner do for a later job.
func readGitLab(out string) (map[string]string, error) {
	if len(out) >= 5<<10 || !utf8.ValidString(out) {
		return nil, fmt.Errorf("too large, or not UTF-8")
	}
	assignment := regexp.MustCompile(`(?m)^(.*?)=(.*)$`)
	reference := regexp.MustCompile(`\$\$|%%|\$[a-zA-Z_][a-zA-Z0-9_]*|\$\{[a-zA-Z_][a-zA-Z0-9_]*\}|%[a-zA-Z_][a-zA-Z0-9_]*%`)
	vars := map[string]string{}
	for line := range strings.Lines(out) {
		match := assignment.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if match == nil {
			return nil, fmt.Errorf("no assignment")
		}
		name, value := strings.Trim(match[1], "\x00\t\n\v\f\r "), strings.Trim(match[2], "\x00\t\n\v\f\r ")
		if !regexp.MustCompile(`^[a-zA-Z0-9_]{1,255}$`).MatchString(name) {
			return nil, fmt.Errorf("the name %q", name)
		}
		value = reference.ReplaceAllStringFunc(value, func(r string) string {
			if r == "$$" || r == "%%" {
				return r
			}
			return "expanded"
		})
		vars[name] = os.Expand(value, func(name string) string {
			if name == "$" {
				return name
			}
			return "expanded"
		})
	}
	return vars, nil
}

// readSystemd follows parse_env_file_internal and env_value_is_valid.
func readSystemd(out string) (map[string]string, error) {
	vars := map[string]string{}
	for c := (&cursor{out}); c.rest != ""; {
		name, rest, ok := strings.Cut(c.rest, "=")
		if !ok || !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name) {
			return nil, fmt.Errorf("the name %q", name)
		}
		c.rest = rest
		var value bytes.Buffer
		if !c.take(`"`) {
			return nil, fmt.Errorf("%s: this reader knows double quotes alone", name)
		}
		for !c.take(`"`) {
			switch b := c.next(); {
			case b == 0:
				return nil, fmt.Errorf("%s: an open quote", name)
			case b == '\\' && c.take("\n"):
			case b == '\\' && c.rest != "" && strings.IndexByte("\"\\`$", c.rest[0]) >= 0:
				value.WriteByte(c.next())
			default:
				value.WriteByte(b)
			}
		}
		if !c.take("\n") {
			return nil, fmt.Errorf("%s: text after its value", name)
		}
		for _, r := range value.String() {
			if r < ' ' && r != '\t' && r != '\n' || r == 0x7f || 0xfdd0 <= r && r <= 0xfdef || r&0xfffe == 0xfffe {
				return nil, fmt.Errorf("%s: U+%04X is refused", name, r)
			}
		}
		if !utf8.Valid(value.Bytes()) {
			return nil, fmt.Errorf("%s: not UTF-8", name)
		}
		vars[name] = value.String()
	}
	return vars, nil
}

// readTerraform follows the HCL syntax specification's quoted templates. It
// takes every interpolation for an error, and normalises nothing.
func readTerraform(out string) (map[string]string, error) {
	if !utf8.ValidString(out) {
		return nil, fmt.Errorf("not UTF-8")
	}
	return assignments(out, "", " = ", func(c *cursor) (string, error) {
		if !c.take(`"`) {
			return "", fmt.Errorf("no quote")
		}
		var text strings.Builder
		for !c.take(`"`) {
			if strings.HasPrefix(c.rest, "${") || strings.HasPrefix(c.rest, "%{") {
				return "", fmt.Errorf("an interpolation")
			}
			b := c.next()
			if b == 0 || b == '\n' {
				return "", fmt.Errorf("an open quote")
			}
			if b != '\\' {
				text.WriteByte(b)
				continue
			}
			digits := map[byte]int{'u': 4, 'U': 8}[c.rest[0]]
			escape := c.next()
			i := strings.IndexByte(`nrt"\`, escape)
			switch {
			case i >= 0:
				text.WriteByte("\n\r\t\"\\"[i])
			case digits > 0:
				n, err := strconv.ParseUint(c.rest[:digits], 16, 32)
				if err != nil {
					return "", err
				}
				c.rest = c.rest[digits:]
				text.WriteRune(rune(n))
			default:
				return "", fmt.Errorf("the escape %q", escape)
			}
		}
		return text.String(), nil
	})
}

func TestEveryFormatHasAReader(t *testing.T) {
	for _, name := range Names() {
		if readers[name] == nil {
			t.Errorf("%s has none", name)
		}
	}
}
