//go:build linux

package main

func restarts() []behaviour { return nil }
