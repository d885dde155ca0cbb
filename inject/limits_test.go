package inject

import (
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

// What is too large is refused before a program is touched, and never shown.
func TestTooLargeForTheSystem(t *testing.T) {
	value := func(n int) string { return strings.Repeat("x", n) }
	argv := []string{"server", "--port", "80"}
	limits := argLimits{one: 100, total: 400, ptr: 8}
	const (
		leaveOut = "leave some out with --only or --except, or hand a large value over in a file"
		handOver = "hand it over in a file or on standard input"
	)
	for _, c := range []struct {
		name      string
		argv      []string
		vars      map[string]string
		err, hint string
	}{
		{"small", argv, map[string]string{"A": value(97)}, "", ""},
		{"one variable", argv, map[string]string{"A": value(98), "B": "xx", "C": "x", "D": "x"},
			"A is too large for an environment variable: with its name it is 100 bytes long, the system allows 99; " +
				"the largest are A (98 bytes, .env), B (2 bytes, .env), C (1 bytes, .env)", leaveOut},
		{"two variables", argv, map[string]string{"B": value(98), "A": value(99)},
			"A is too large for an environment variable: with its name it is 101 bytes long, the system allows 99; " +
				"the largest are A (99 bytes, .env), B (98 bytes, .env)", leaveOut},
		{"all of them", argv, map[string]string{"A": value(90), "B": value(91), "C": value(92), "D": value(60)},
			"the command and its environment take 430 bytes: the system allows 400; " +
				"the largest are C (92 bytes, .env), B (91 bytes, .env), A (90 bytes, .env)", leaveOut},
		{"an argument", []string{"server", value(100)}, nil,
			"an argument of the command is 100 bytes long: the system allows 99", handOver},
		{"the arguments", []string{"server", value(90), value(90), value(90), value(90)}, map[string]string{"A": "1"},
			"the command and its environment take 435 bytes: the system allows 400; the largest are A (1 bytes, .env)", leaveOut},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := limits.check("/bin/server", c.argv, environment(t, c.vars))
			if c.err == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				t.Fatal("no error")
			}
			if err.Error() != c.err {
				t.Errorf("got  %s\nwant %s", err, c.err)
			}
			if hint := sources.HintOf(err); hint != c.hint {
				t.Errorf("hint %q, want %q", hint, c.hint)
			}
		})
	}
}
