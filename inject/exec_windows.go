package inject

import "context"

// Exec runs the command in place of this program, as far as that can be had
// here: this program stays as a thin parent that passes on signals and watches
// nothing.
func (s *Supervisor) Exec(ctx context.Context) error {
	thin := *s
	thin.Changed = nil
	return thin.Run(ctx)
}
