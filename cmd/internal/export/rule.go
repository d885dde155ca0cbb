package export

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A rule says what about a variable does not fit a format, as in "has a line
// break", or "" if all does. Rules about names get the name as value too.
type rule func(name, value string) string

// noNUL holds for every format: neither argv nor environ can carry a NUL.
func noNUL(name, value string) string {
	if strings.IndexByte(name, 0) >= 0 || strings.IndexByte(value, 0) >= 0 {
		return "has a NUL, which no environment variable can hold"
	}
	return ""
}

// text refuses what is not UTF-8.
func text(_, s string) string {
	if !utf8.ValidString(s) {
		return "is not valid UTF-8"
	}
	return ""
}

func oneLine(_, value string) string {
	if strings.IndexByte(value, '\n') >= 0 {
		return "has a line break"
	}
	return ""
}

// identifier refuses names that no shell can assign to.
func identifier(name, _ string) string {
	if !spelled(name, "") || '0' <= name[0] && name[0] <= '9' {
		return "has a name that may only be made of letters, digits and _, not starting with a digit"
	}
	return ""
}

// dotted refuses names that a .env file cannot hold.
func dotted(name, _ string) string {
	if !spelled(name, ".-") {
		return "has a name that may only be made of letters, digits, _, . and -"
	}
	return ""
}

// short refuses names of more than so many bytes.
func short(most int) rule {
	return func(name, _ string) string {
		if len(name) > most {
			return fmt.Sprintf("has a name of more than %d characters", most)
		}
		return ""
	}
}

// spelled reports whether name is made of ASCII letters, digits, _ and what is
// in more, and is not empty.
func spelled(name, more string) bool {
	for i := range len(name) {
		c := name[i]
		if c != '_' && (c < '0' || '9' < c) && (c|0x20 < 'a' || 'z' < c|0x20) && strings.IndexByte(more, c) < 0 {
			return false
		}
	}
	return name != ""
}
