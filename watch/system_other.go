//go:build !linux

package watch

// eventBuffer holds what fsnotify finds in one go: it must not wait for us
// while we wait for it to add a folder.
const eventBuffer = 4096

// watchesFiles is false because kqueue watches what is in a folder anyway, and
// Windows knows no other way.
const watchesFiles = false

func explain(err error) (text, hint string) { return err.Error(), "" }

func silent(string) bool { return false }
