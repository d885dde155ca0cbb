//go:build linux && race

package main

func raceFlags() []string { return []string{"-race"} }
