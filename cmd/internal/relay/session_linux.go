package relay

import "syscall"

// session makes a child the leader of a session with the terminal Ctty. It
// ends with us.
func session() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
}
