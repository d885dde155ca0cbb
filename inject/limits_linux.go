package inject

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// systemLimits follows MAX_ARG_STRLEN and bprm_stack_limits of the kernel
// (fs/exec.c): 32 pages for one string, 128 KiB on most machines; for all of
// them a quarter of the stack limit, at most 6 MiB and at least 128 KiB. What
// the interpreter of a script takes comes on top.
func systemLimits() argLimits {
	const most, least = 6 << 20, 128 << 10
	limit := uint64(most)
	var stack unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_STACK, &stack) == nil {
		limit = min(limit, stack.Cur/4)
	}
	return argLimits{one: 32 * os.Getpagesize(), total: int(max(limit, least)), ptr: int(unsafe.Sizeof(uintptr(0)))}
}
