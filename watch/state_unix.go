//go:build unix

package watch

import "golang.org/x/sys/unix"

func stateOf(path string) state {
	var st unix.Stat_t
	err := unix.Stat(path, &st)
	for err == unix.EINTR {
		err = unix.Stat(path, &st)
	}
	if err != nil {
		return state{trouble: err.Error()}
	}
	return state{
		mode:   uint32(st.Mode),
		device: uint64(st.Dev),
		inode:  uint64(st.Ino),
		size:   st.Size,
		mtime:  st.Mtim.Nano(),
		change: st.Ctim.Nano(),
	}
}
