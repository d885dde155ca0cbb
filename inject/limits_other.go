//go:build !linux && !windows

package inject

import "golang.org/x/sys/unix"

// systemLimits asks for kern.argmax, which covers strings and pointers alike.
func systemLimits() argLimits {
	limit := uint32(1 << 20)
	if n, err := unix.SysctlUint32("kern.argmax"); err == nil {
		limit = n
	}
	return argLimits{total: int(limit), ptr: 8}
}
