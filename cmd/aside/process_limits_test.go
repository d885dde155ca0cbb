//go:build linux

package main

func limits() []behaviour { return nil }
