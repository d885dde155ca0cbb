package export

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// powershellLine writes ASCII alone, and one line a variable. PowerShell reads
// what a command prints in the console's code page, and joins its lines with the
// line break of the system. It also takes typographic quotes for quotes.
func powershellLine(dst []byte, name, value string) []byte {
	dst = append(append(append(dst, "$env:"...), name...), " = "...)
	if strings.Trim(value, printable) == "" {
		dst = append(dst, '\'')
		dst = append(dst, strings.ReplaceAll(value, "'", "''")...)
		return append(dst, "'\n"...)
	}
	dst = append(dst, '"')
	for _, u := range utf16.Encode([]rune(value)) {
		switch {
		case u == '\n':
			dst = append(dst, "`n"...)
		case u == '\r':
			dst = append(dst, "`r"...)
		case u == '\t':
			dst = append(dst, "`t"...)
		case u == '"' || u == '`' || u == '$':
			dst = append(dst, '`', byte(u))
		case u < ' ' || u > '~':
			dst = fmt.Appendf(dst, "$([char]0x%04X)", u)
		default:
			dst = append(dst, byte(u))
		}
	}
	return append(dst, "\"\n"...)
}

// printable are the characters of ASCII that show.
const printable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

func powershellEmpty(_, value string) string {
	if value == "" {
		return "is empty, which PowerShell before 7.5 takes for not set"
	}
	return ""
}
