package inject

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// systemLimits follows bprm_stack_limits and MAX_ARG_STRLEN of the kernel
// (fs/exec.c): 32 pages for one string; for all of them a quarter of the stack
// limit, at most 6 MiB and at least 128 KiB.
func systemLimits() argLimits {
	const one, most, least = 128 << 10, 6 << 20, 128 << 10
	limit := uint64(most)
	var stack unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_STACK, &stack) == nil {
		limit = min(limit, stack.Cur/4)
	}
	return argLimits{one: one, total: int(max(limit, least)), ptr: int(unsafe.Sizeof(uintptr(0)))}
}
