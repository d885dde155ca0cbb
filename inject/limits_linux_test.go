package inject

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

const stackVariable = "ASIDE_TEST_STACK"

// TestLimitsAreTheKernels starts a program with exactly as much as the check
// allows, and with a byte more, under stack limits of several sizes.
func TestLimitsAreTheKernels(t *testing.T) {
	if os.Getenv(stackVariable) != "" {
		checkAgainstKernel(t)
		return
	}
	for _, stack := range []string{"unlimited", "8192", "1024", "400"} {
		t.Run("ulimit -s "+stack, func(t *testing.T) {
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("/bin/sh", "-c", `ulimit -s "$0" || exit 99; exec "$1" -test.run='^TestLimitsAreTheKernels$'`, stack, self)
			cmd.Env = append(os.Environ(), stackVariable+"=1")
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() == 99 {
				t.Skipf("the machine's hard limit does not allow ulimit -s %s: %s", stack, out)
			}
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func checkAgainstKernel(t *testing.T) {
	l := systemLimits()
	argv := []string{"true", "argument"}
	for _, many := range []bool{false, true} { // pointers count too
		for more := -1; more <= 1; more++ {
			env := environmentOf(t, "/bin/true", argv, l, l.total+more, many)
			refused := l.check("/bin/true", argv, env) != nil
			if got := kernelRefuses(t, argv, env); got != refused || refused != (more > 0) {
				t.Errorf("%d bytes, %+d: the kernel refuses: %t, the check: %t", l.total+more, more, got, refused)
			}
		}
	}
	if l.one > l.total-1000 {
		return // the sum of all is over its limit first
	}
	for more := -1; more <= 1; more++ {
		long := strings.Repeat("x", l.one-len("V=")-1+more)
		env := environment(t, map[string]string{"V": long})
		refused := l.check("/bin/true", argv, env) != nil
		if got := kernelRefuses(t, argv, env); got != refused || refused != (more > 0) {
			t.Errorf("one string of %d bytes, %+d: the kernel refuses: %t, the check: %t", l.one, more, got, refused)
		}
	}
}

// environmentOf returns one that makes a program, its arguments and itself take
// total bytes: in large variables or in many small ones.
func environmentOf(t *testing.T, path string, argv []string, l argLimits, total int, many bool) *Environment {
	left := total - len(path) - 1
	for _, arg := range argv {
		left -= len(arg) + 1 + l.ptr
	}
	size := 100_000
	if many {
		size = 4000
	}
	vars := map[string]string{}
	for i := 0; left > 0; i++ {
		name := fmt.Sprintf("V%05d", i)
		overhead := len(name) + 2 + l.ptr
		n := min(size, left-overhead)
		if rest := left - overhead - n; rest > 0 && rest < 2*overhead {
			n -= 2 * overhead // enough for another
		}
		vars[name] = strings.Repeat("x", n)
		left -= n + overhead
	}
	return environment(t, vars)
}

func kernelRefuses(t *testing.T, argv []string, env *Environment) bool {
	pid, err := syscall.ForkExec("/bin/true", argv, &syscall.ProcAttr{Env: env.Environ()})
	if err == syscall.E2BIG {
		return true
	}
	if err != nil {
		t.Fatal(err)
	}
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &ws, 0, nil); err != nil || ws.ExitStatus() != 0 {
		t.Errorf("/bin/true: %v, %v", ws, err)
	}
	return false
}
