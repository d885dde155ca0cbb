//go:build !linux

package mototest

import "os/exec"

func attach(*exec.Cmd) {}

func kill(cmd *exec.Cmd) { cmd.Process.Kill() }
