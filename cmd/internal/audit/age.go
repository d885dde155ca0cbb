package audit

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/aside-cli/aside/sources"
)

// ParseAge reads how long ago something was: 30m, 24h, 7d, 2w, or a sum of such
// as 1d12h.
func ParseAge(text string) (time.Duration, error) {
	age := time.Duration(0)
	for rest := text; rest != "" || text == ""; {
		n := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || '9' < r })
		if n < 1 {
			return 0, ageError(text)
		}
		count, err := strconv.ParseInt(rest[:n], 10, 64)
		one := unit(rest[n])
		if err != nil || one == 0 || count > int64((math.MaxInt64-age)/one) {
			return 0, ageError(text)
		}
		age += time.Duration(count) * one
		rest = rest[n+1:]
	}
	return age, nil
}

// unit returns 0 for a letter that stands for none.
func unit(letter byte) time.Duration {
	switch letter {
	case 's':
		return time.Second
	case 'm':
		return time.Minute
	case 'h':
		return time.Hour
	case 'd':
		return 24 * time.Hour
	case 'w':
		return 7 * 24 * time.Hour
	}
	return 0
}

func ageError(text string) error {
	return sources.Hint(fmt.Errorf("%q is no age", text), "write 30m, 24h, 7d or 2w")
}
