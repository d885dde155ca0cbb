package main

// forgetTyped does nothing: a paste of several lines stays with the console.
func forgetTyped(int) bool { return false }
