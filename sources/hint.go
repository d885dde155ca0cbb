package sources

import "errors"

// hinted is an error with a line on how to mend it.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }
func (h hinted) Hint() string  { return h.hint }

// Hint adds to err a line that says how to mend it. [HintOf] finds it again,
// as it finds that of any error with a method Hint() string.
func Hint(err error, hint string) error { return hinted{err, hint} }

// HintOf returns the hint of the outermost error in err's chain that has one, or "".
func HintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
