package watch

import (
	"errors"

	"golang.org/x/sys/unix"
)

// eventBuffer is 0 because the kernel queues the events.
const eventBuffer = 0

// watchesFiles is true because inotify tells of a write to a file only by the
// folder that it was opened in.
const watchesFiles = true

// explain says what an error of inotify means, and how to mend it.
func explain(err error) (text, hint string) {
	switch {
	case errors.Is(err, unix.ENOSPC):
		return "the limit on inotify watches is reached",
			"raise it with sysctl fs.inotify.max_user_watches=524288"
	case errors.Is(err, unix.EMFILE):
		return "the limit on inotify instances, or on open files, is reached",
			"raise it with sysctl fs.inotify.max_user_instances=1024, or ulimit -n"
	}
	return err.Error(), ""
}

// silent reports whether path, or a file in it, may change without an event: those
// of a network or FUSE file system, which others write to.
func silent(path string) bool {
	var st unix.Statfs_t
	if unix.Statfs(path, &st) != nil {
		return false
	}
	switch uint32(st.Type) {
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC,
		unix.V9FS_MAGIC, unix.FUSE_SUPER_MAGIC, unix.AFS_SUPER_MAGIC, unix.AFS_FS_MAGIC,
		unix.CEPH_SUPER_MAGIC, vboxSuperMagic, lustreSuperMagic:
		return true
	}
	return false
}

// Numbers of file systems that linux/magic.h does not list.
const (
	vboxSuperMagic   = 0x786f4256
	lustreSuperMagic = 0x0bd00bd0
)
