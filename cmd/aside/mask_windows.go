package main

import "os"

// outputLike returns both ends of a pipe. A command whose output is a console
// sees that it is none.
func outputLike(*os.File) (r, w *os.File, stop func(), err error) {
	r, w, err = os.Pipe()
	return r, w, func() {}, err
}
