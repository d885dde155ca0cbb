package export

import (
	"bufio"
	"regexp"
	"strings"
	"unicode"

	"github.com/aside-cli/aside/dotenv"
)

func envLine(dst []byte, name, value string) []byte { return dotenv.Append(dst, name, value) }

// plainLine is for readers that take a line as it stands.
func plainLine(dst []byte, name, value string) []byte {
	return append(append(append(append(dst, name...), '='), value...), '\n')
}

// docker run --env-file reads lines with a bufio.Scanner and takes what follows
// the = to the letter (docker/cli, pkg/kvfile).

func dockerEnd(_, value string) string {
	if strings.HasSuffix(value, "\r") {
		return "ends in a carriage return, which docker drops"
	}
	return ""
}

// dockerQuotes refuses what docker's versions do not agree on.
func dockerQuotes(_, value string) string {
	if n := len(value); n > 1 && value[0] == value[n-1] && (value[0] == '"' || value[0] == '\'') {
		return "is wrapped in quotes, which some versions of docker drop"
	}
	return ""
}

func dockerLength(name, value string) string {
	if len(name)+len("=")+len(value)+len("\n") > bufio.MaxScanTokenSize {
		return "is longer than docker's lines, which hold 64 KiB with the name"
	}
	return ""
}

// GitLab matches each line of a dotenv report with /^(.*?)=(.*)$/, strips both
// halves, and expands the value where a later job uses it, on the server and in
// the runner. (Its parse_dotenv_artifact_service.rb and expand_variables.rb.)
// Reports must be smaller than 5 KiB; the server's owner may allow more.

func gitlabEnds(_, value string) string {
	if strings.Trim(value, "\t\v\f\r ") != value {
		return "starts or ends with a blank, which GitLab drops"
	}
	return ""
}

var percentReference = regexp.MustCompile(`%[A-Za-z_][A-Za-z0-9_]*%`)

func gitlabReference(_, value string) string {
	switch {
	case strings.IndexByte(value, '$') >= 0:
		return "has a $, which GitLab expands"
	case percentReference.MatchString(value):
		return "has a %name%, which GitLab expands"
	}
	return ""
}

// systemdLine quotes for EnvironmentFile=. In double quotes systemd knows the
// escapes of these four alone; a line break stands for itself (src/basic/env-file.c).
func systemdLine(dst []byte, name, value string) []byte {
	dst = append(append(dst, name...), `="`...)
	for i := range len(value) {
		if strings.IndexByte("\"\\`$", value[i]) >= 0 {
			dst = append(dst, '\\')
		}
		dst = append(dst, value[i])
	}
	return append(dst, "\"\n"...)
}

// systemdControl refuses what env_value_is_valid does.
func systemdControl(_, value string) string {
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' || r == 0x7f }) {
		return "has a control character, which systemd refuses"
	}
	return ""
}

// systemdCharacter refuses what unichar_is_valid does.
func systemdCharacter(_, value string) string {
	if strings.ContainsFunc(value, func(r rune) bool { return unicode.Is(unicode.Noncharacter_Code_Point, r) }) {
		return "has a code point that is no character, which systemd refuses"
	}
	return ""
}
