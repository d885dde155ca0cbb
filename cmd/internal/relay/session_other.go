//go:build unix && !linux

package relay

import "syscall"

// session makes a child the leader of a session with the terminal Ctty.
func session() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true, Setctty: true} }
