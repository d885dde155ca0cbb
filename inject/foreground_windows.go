package inject

import "io"

// Foreground is for systems with process groups in the foreground of a terminal.
func Foreground([]string) (code int, ok bool) { return 0, false }

// Interrupt returns: Ctrl-C reaches the whole console here.
func Interrupt(error, bool) {}

// FromBackground is for systems with process groups in the background of a terminal.
func FromBackground(w io.Writer) io.Writer { return w }
