package dotenv

import "strings"

// Append appends name=value and a newline to dst. [Parse] reads the value back
// byte for byte, unless it holds a NUL, which no .env file can.
func Append(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, '=')
	dst = appendQuoted(dst, value)
	return append(dst, '\n')
}

// Quote returns value as it is written after the = of an assignment: bare where
// it is plainly safe, in single quotes where those can hold it (a POSIX shell
// reads both forms the same way), else in double quotes.
func Quote(value string) string { return string(appendQuoted(nil, value)) }

func appendQuoted(dst []byte, value string) []byte {
	if bare(value) {
		return append(dst, value...)
	}
	if strings.IndexByte(value, '\'') < 0 && strings.IndexByte(value, '\r') < 0 {
		dst = append(dst, '\'')
		dst = append(dst, value...)
		return append(dst, '\'')
	}
	dst = append(dst, '"')
	for i := range len(value) {
		switch c := value[i]; c {
		case '"', '\\', '$':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// bare reports whether nothing in value means anything to a parser or a shell.
func bare(value string) bool {
	for i := range len(value) {
		if c := value[i]; !refByte(c) && strings.IndexByte("./:@%+,=-", c) < 0 {
			return false
		}
	}
	return true
}
