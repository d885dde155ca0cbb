package schema

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strconv"
	"strings"

	"github.com/aside-cli/aside/sources"
)

// A builtin is a type that needs no schema.
type builtin struct {
	name string
	// fault returns what the value must be and is not, or "".
	fault func(value string) string
	hint  string
}

var builtins = []builtin{
	{"string", func(string) string { return "" }, ""},
	{"int", func(v string) string {
		_, err := strconv.ParseInt(v, 10, 64)
		return unless(err == nil, "an integer of at most 64 bits")
	}, "write it in decimal digits, with a - in front if it is negative"},
	{"number", func(v string) string { return unless(isNumber(v), "a number") }, "write it as in JSON: 1, -2.5, 1e-3"},
	{"bool", func(v string) string {
		return unless(v == "true" || v == "false" || v == "1" || v == "0", "true, false, 1 or 0")
	}, "write true or false, in small letters"},
	{"url", func(v string) string { return unless(isURL(v), "a URL with a scheme and a host or a path") },
		"write it in full, https://example.com/path, and special characters as %NN"},
	{"email", func(v string) string { return unless(isEmail(v), "an e-mail address") }, "write the address alone: name@example.com"},
	{"port", func(v string) string {
		n, err := strconv.ParseUint(v, 10, 16)
		return unless(err == nil && n > 0, "a number from 1 to 65535")
	}, "write it in decimal digits"},
	{"pem", pemFault, "keep the lines as they are in the file: aside secret set NAME --file key.pem"},
	{"json", jsonFault, "names and strings stand in double quotes, no comma follows the last element"},
	{"base64", func(v string) string { return unless(isBase64(v), "base64") },
		"the standard alphabet and that of URLs are both fine, with = at the end or without"},
}

// Builtin returns the type of that name that needs no schema:
//
//	string  anything
//	int     an integer of 64 bits, in decimal digits
//	number  a number as JSON writes it
//	bool    true, false, 1 or 0
//	url     scheme://…, also several hosts, or two schemes as in jdbc:mysql://…
//	email   an address without a name
//	port    1 to 65535
//	pem     one PEM block or more
//	json    one JSON value
//	base64  standard or URL alphabet, padded or not, on one line or more
func Builtin(name string) (Type, bool) {
	for _, b := range builtins {
		if b.name == name {
			return b, true
		}
	}
	return nil, false
}

// BuiltinNames returns the names that [Builtin] knows.
func BuiltinNames() []string {
	var names []string
	for _, b := range builtins {
		names = append(names, b.name)
	}
	return names
}

// Check implements [Type].
func (b builtin) Check(name string, value sources.Secret) error {
	v := value.Reveal()
	fault := b.fault(v)
	if fault == "" {
		return nil
	}
	hint := b.hint
	if trimmed := strings.TrimSpace(v); trimmed != v && b.fault(trimmed) == "" {
		hint = "it would be, without the blanks or line breaks around it"
	}
	return &MismatchError{Name: name, Type: b.name, Rule: fault, hint: hint}
}

func unless(ok bool, rule string) string {
	if ok {
		return ""
	}
	return rule
}

// isNumber reports whether v is a number of JSON that a float64 can come near.
func isNumber(v string) bool {
	if v == "" || !strings.Contains("-0123456789", v[:1]) || strings.ContainsAny(v, " \t\r\n") || !json.Valid([]byte(v)) {
		return false
	}
	_, err := strconv.ParseFloat(v, 64)
	return err == nil
}

// isURL does without net/url, which refuses the several hosts that the URLs of
// databases and brokers may have.
func isURL(v string) bool {
	const scheme, char = `[A-Za-z][A-Za-z0-9+.-]*`, "[^\\x00-\\x20\\x7f%\"<>\\\\^`{}|]|%[0-9A-Fa-f]{2}"
	ok, err := regexp.MatchString(`^`+scheme+`(:`+scheme+`)*://(`+char+`)+$`, v)
	return ok && err == nil
}

func isEmail(v string) bool {
	a, err := mail.ParseAddress(v)
	return err == nil && a.Address == v
}

func pemFault(v string) string {
	const begin = "-----BEGIN "
	rest := []byte(v)
	blocks := 0
	for {
		block, after := pem.Decode(rest)
		if block == nil {
			break
		}
		blocks, rest = blocks+1, after
	}
	switch n := strings.Count(v, begin); {
	case n == 0:
		return "a PEM block, which starts with " + begin + "…"
	case n == 1 && blocks == 0:
		return "a whole PEM block"
	case n != blocks:
		return fmt.Sprintf("whole PEM blocks: %d of %d are", blocks, n)
	}
	return ""
}

func jsonFault(v string) string {
	err := json.Unmarshal([]byte(v), new(json.RawMessage))
	if err == nil {
		return ""
	}
	// Not err itself: it holds a character of the value.
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return fmt.Sprintf("JSON, which it is not at byte %d", syntax.Offset)
	}
	return "JSON"
}

func isBase64(v string) bool {
	v = strings.NewReplacer("\r", "", "\n", "", "-", "+", "_", "/").Replace(v)
	encoding := base64.StdEncoding
	if !strings.HasSuffix(v, "=") {
		encoding = base64.RawStdEncoding
	}
	_, err := encoding.DecodeString(v)
	return err == nil && v != ""
}
