//go:build !unix

package watch

import "os"

func stateOf(path string) state {
	info, err := os.Stat(path)
	if err != nil {
		return state{trouble: err.Error()}
	}
	mtime := info.ModTime().UnixNano()
	return state{mode: uint32(info.Mode()), size: info.Size(), mtime: mtime, change: mtime}
}
