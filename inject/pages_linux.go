package inject

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// giveBackPages gives back the pages of the program file that starting up brought into
// memory: most of what this program has resident, and next to none of it is
// needed while nothing changes. They come back from the page cache when they are.
func giveBackPages() {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(maps)) {
		// from-to permissions offset device inode path, as in proc_pid_maps(5).
		fields := strings.Fields(line)
		if len(fields) < 6 || fields[5] != program || strings.Contains(fields[1], "w") {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		start, err1 := strconv.ParseUint(from, 16, 64)
		end, err2 := strconv.ParseUint(to, 16, 64)
		if err1 == nil && err2 == nil {
			unix.Syscall(unix.SYS_MADVISE, uintptr(start), uintptr(end-start), unix.MADV_DONTNEED)
		}
	}
}
