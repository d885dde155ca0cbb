package mototest

import (
	"os/exec"
	"syscall"
)

// attach gives the server, which a wrapper script may start, a process group
// of its own, and lets it end with the tests however these do.
func attach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func kill(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
