package inject

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/aside-cli/aside/sources"
)

// ParseSignal returns the signal that s names: TERM, SIGTERM, term or 15. Only
// signals that can be sent to a command on this system are known.
func ParseSignal(s string) (syscall.Signal, error) {
	name := strings.TrimPrefix(strings.ToUpper(s), "SIG")
	if sig, ok := signals()[name]; ok {
		return sig, nil
	}
	if n, err := strconv.Atoi(s); err == nil {
		for _, sig := range signals() {
			if int(sig) == n {
				return sig, nil
			}
		}
	}
	return 0, sources.Hint(fmt.Errorf("%q is no signal", s),
		"one of "+strings.Join(slices.Sorted(maps.Keys(signals())), ", "))
}

func signalName(sig syscall.Signal) string {
	for name, s := range signals() {
		if s == sig {
			return "SIG" + name
		}
	}
	return "signal " + strconv.Itoa(int(sig))
}
