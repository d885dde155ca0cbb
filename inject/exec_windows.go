package inject

import (
	"context"
	"os"
	"time"
)

// Exec runs the command in place of this program, as far as that can be had
// here: this program stays as a thin parent that passes on signals, and its
// error is an [ExitStatus] where the command's code is not 0.
func Exec(c Command, env *Environment) error {
	signals := make(chan os.Signal, 32)
	NotifySignals(signals)
	s := &Supervisor{
		Command:  c,
		Resolve:  func(context.Context) (*Environment, error) { return env, nil },
		Signals:  signals,
		Grace:    10 * time.Second,
		Say:      func(string, ...any) {},
		Complain: func(error) {},
	}
	return s.Run(context.Background())
}

// Foreground is for systems with process groups in the foreground of a terminal.
func Foreground([]string) (code int, ok bool) { return 0, false }
