package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/aside-cli/aside/cmd/internal/audit"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

func (a *app) secretSetCommand(pf *projectFlags) *cobra.Command {
	var f scopeFlags
	var file string
	cmd := &cobra.Command{
		Use:        "set NAME [VALUE]",
		SuggestFor: []string{"write", "put"},
		Short:      "set a secret: typed unseen, as an argument, from a pipe or a file",
		Long: `Set a secret. Without VALUE it is read from standard input: on a terminal it is
asked for and not shown, which keeps it out of the shell's history.

From a pipe or a file, one line loses the newline at its end; several lines are
kept to the letter.`,
		Example: `  aside secret set STRIPE_KEY
  aside secret set LOG_LEVEL debug --fallback
  aside secret set SENTRY_DSN --type production,preview
  aside secret set TLS_KEY --file key.pem --stage production
  openssl rand -hex 32 | aside secret set SESSION_KEY`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 && file == "" {
				args = args[:1]
			}
			if len(args) > 1 && file != "" {
				return usagef("give the value as an argument or with --file, not both")
			}
			return oneName(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			name := args[0]
			p, scopes, err := a.openScopes(cmd, pf, &f)
			if err != nil {
				return err
			}
			var value sources.Secret
			if len(args) == 2 {
				value = sources.NewSecret(args[1])
			} else if value, err = a.readValue(name, pf.path(file)); err != nil {
				return err
			}
			if err := sources.CheckValue(name, value); err != nil {
				return err
			}
			if err := p.set(cmd.Context(), scopes, map[string]sources.Secret{name: value}); err != nil {
				return err
			}
			p.audit(audit.Set, describe(scopes), name)
			p.note("set %s in %s", name, describe(scopes))
			return nil
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().StringVar(&file, "file", "", "read the value from this file")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		var unknown *pflag.NotExistError
		if !errors.As(err, &unknown) {
			return cmd.Root().FlagErrorFunc()(cmd, err)
		}
		// It may be the value: it is not shown.
		return sources.Hint(usagef("what starts with - is no flag of %s", cmd.CommandPath()),
			"a value that does comes after --: "+cmd.CommandPath()+" NAME -- VALUE; for the flags: "+cmd.CommandPath()+" --help")
	})
	return cmd
}

// readValue reads the value of name from the file, or from standard input.
func (a *app) readValue(name, file string) (sources.Secret, error) {
	if file == "" && term.IsTerminal(int(a.stdin.Fd())) {
		return a.promptValue(name)
	}
	text, err := readSome(a.stdin, file)
	if err != nil {
		return sources.Secret{}, valueError(name, cmp.Or(file, "standard input"), err)
	}
	if len(text) == 0 && file == "" { // as from a command that failed
		return sources.Secret{}, noValue("standard input holds no value for %s: nothing was set", name)
	}
	return sources.NewSecret(withoutNewline(string(text))), nil
}

func noValue(what, name string) error {
	return sources.Hint(fmt.Errorf(what, name), "to set it to the empty string: aside secret set "+name+" ''")
}

// readSome reads the file called name, or stdin where that is "": as much as a
// value may have, and two bytes more than fit, since the end of a single line
// does not count.
func readSome(stdin io.Reader, name string) ([]byte, error) {
	if name != "" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		stdin = f
	}
	return io.ReadAll(io.LimitReader(stdin, sources.MaxValue+3))
}

func valueError(name, from string, err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		err = path.Err // without a path: from is the one that the user knows
	}
	return sources.Hint(fmt.Errorf("the value of %s cannot be read from %s: %w", name, from, err), "name a file that can be read: --file FILE")
}

// withoutNewline takes the newline from a single line, as $(…) does. Several
// lines are likely a key or a certificate, where every byte counts.
func withoutNewline(s string) string {
	if strings.Count(s, "\n") == 1 && strings.HasSuffix(s, "\n") {
		return strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r")
	}
	return s
}

// maxTyped is where Linux cuts a line that is typed, without a word.
const maxTyped = 4095

// promptValue asks for the value on the terminal, which does not show it.
func (a *app) promptValue(name string) (sources.Secret, error) {
	fd := int(a.stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return sources.Secret{}, fmt.Errorf("prepare the terminal: %w", err)
	}
	// Without a handler Ctrl-C and Ctrl-\ would leave a terminal that shows nothing.
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(interrupt)
	fmt.Fprintf(a.stderr, "%s: ", name)

	type answer struct {
		text []byte
		more bool // than a line
		err  error
	}
	typed := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		typed <- answer{text, forgetTyped(fd), err}
	}()
	select {
	case got := <-typed:
		fmt.Fprintln(a.stderr)
		if got.more {
			return sources.Secret{}, sources.Hint(fmt.Errorf("several lines were typed for %s: nothing was set", name),
				"several lines come from a file or a pipe: aside secret set "+name+" --file FILE")
		}
		if got.err == io.EOF || got.err == nil && len(got.text) == 0 {
			return sources.Secret{}, noValue("no value was typed for %s: nothing was set", name)
		}
		if len(got.text) >= maxTyped {
			return sources.Secret{}, sources.Hint(fmt.Errorf("what was typed for %s is too long for a terminal: nothing was set", name),
				"long values come from a file or a pipe: aside secret set "+name+" --file FILE")
		}
		return sources.NewSecret(string(got.text)), got.err
	case sig := <-interrupt:
		term.Restore(fd, before)
		fmt.Fprintln(a.stderr)
		return sources.Secret{}, inject.EndedBy(sig.(syscall.Signal))
	}
}
