package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aside-cli/aside/cmd/internal/relay"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

// Exit codes of aside itself. Those of run are those of env, timeout and nohup.
const (
	exitFailed = 1
	exitUsage  = 2
	exitRun    = 125 // run failed before or instead of the command
)

// An app is one call of the program.
type app struct {
	stdin          *os.File
	stdout, stderr io.Writer
	environ        []string
	args           []string
	relay          *relay.Link // to the process that masks our terminal; nil: none
	ended          error       // what exec returned the code of
}

// usageError is a command line that is wrong.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// exec runs the command line and returns the exit code.
func (a *app) exec(ctx context.Context, args []string) int {
	root := a.command(args...)
	root.SetArgs(args)
	a.args = args
	cmd, err := root.ExecuteContextC(ctx)
	a.ended = err
	if err == nil {
		return 0
	}
	var status inject.ExitStatus
	if errors.As(err, &status) {
		return int(status)
	}
	var start *inject.StartError
	var usage usageError
	if errors.As(err, &usage) && sources.HintOf(err) == "" {
		err = sources.Hint(err, "see "+cmd.CommandPath()+" --help")
	}
	a.complain(err)
	if u, ok := a.stderr.(unhurried); ok {
		u.settle() // what the exit code is about
	}
	switch {
	case errors.As(err, &start):
		return start.Code
	case cmd.Name() == "run":
		return exitRun
	case errors.As(err, &usage):
		return exitUsage
	}
	return exitFailed
}

// say prints a line for people.
func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.stderr, "aside: "+format+"\n", args...)
}

// complain prints an error and, where it has one, how to mend it.
func (a *app) complain(err error) {
	a.say("%s", err)
	if hint := sources.HintOf(err); hint != "" {
		fmt.Fprintf(a.stderr, "  %s\n", hint)
	}
}

// getenv is like [os.Getenv] for the environment that the program was given.
func (a *app) getenv(name string) string {
	value, _ := a.lookupEnv(name)
	return value
}

func (a *app) lookupEnv(name string) (string, bool) {
	for _, v := range a.environ {
		if n, value, _ := strings.Cut(v, "="); n == name {
			return value, true
		}
	}
	return "", false
}

const about = `aside runs any command with the environment of its stage.

It merges what is set in the shell, the secrets of the stage, fallback secrets
and the .env files, in this order, starts the command with the result, and
starts it again when one of them changes.`

const examples = `  # run a server with the variables of the stage dev
  aside run --stage dev -- node server.js

  # keep a secret for the stage production, typed unseen
  aside secret set STRIPE_KEY --stage production

  # see where each variable comes from
  aside explain`

// command returns the tree of commands. Where args call run it is alone: to make
// the others, and what completes them, takes a tenth of its start.
func (a *app) command(args ...string) *cobra.Command {
	var f projectFlags
	root := &cobra.Command{
		Use:           "aside",
		Short:         "run any command with the right environment for its stage",
		Long:          about,
		Example:       examples,
		SilenceErrors: true,
		SilenceUsage:  true,

		SuggestionsMinimumDistance: 2,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return sources.Hint(usagef("unknown command %q", args[0]), a.suggest(cmd, args))
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return a.flagsFromEnv(cmd.Flags())
		},
	}
	f.register(root.PersistentFlags())
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		var invalid *pflag.InvalidValueError
		if errors.As(err, &invalid) {
			f := invalid.GetFlag()
			return usageError{sources.Hint(fmt.Errorf("--%s does not take %q", f.Name, invalid.GetValue()), taken(f))}
		}
		var unknown *pflag.NotExistError
		if errors.As(err, &unknown) {
			if unknown.GetSpecifiedShortnames() != "" {
				err = fmt.Errorf("unknown flag: -%s", unknown.GetSpecifiedName()) // what follows may be a value
			}
			if hint := unknownFlag(cmd, unknown); hint != "" {
				err = sources.Hint(err, hint)
			}
		}
		return usageError{err}
	})
	root.AddCommand(a.runCommand(&f))
	if len(args) > 0 && args[0] == "run" {
		return root
	}
	root.AddCommand(
		a.secretCommand(&f),
		a.explainCommand(&f),
		a.exportCommand(&f),
		a.checkCommand(&f),
		a.diffCommand(&f),
		a.typesCommand(&f),
		a.initCommand(&f),
		a.recipientsCommand(&f),
		a.identityCommand(&f),
		a.auditCommand(&f),
		a.cacheCommand(),
		a.versionCommand(),
	)
	a.complete(root, &f)
	return root
}

// suggest names the command that was probably meant.
func (a *app) suggest(root *cobra.Command, args []string) string {
	if secret, _, err := root.Find([]string{"secret"}); err == nil {
		if c := meant(secret, args[0]); c != "" {
			return "did you mean " + c + "?"
		}
	}
	if similar := root.SuggestionsFor(args[0]); len(similar) > 0 {
		return "did you mean aside " + similar[0] + "?"
	}
	return "to run it with the environment of the stage: aside run -- " + args[0] + " …; for all commands: aside --help"
}

// flagsFromEnv sets every flag that was not given from its ASIDE_ variable,
// unless its opposite was: --no-watch beats ASIDE_WATCH, too.
func (a *app) flagsFromEnv(flags *pflag.FlagSet) (err error) {
	given := map[string]bool{}
	flags.Visit(func(f *pflag.Flag) { given[f.Name] = true })
	flags.VisitAll(func(f *pflag.Flag) {
		name := "ASIDE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := a.getenv(name)
		opposite := "no-" + f.Name
		if positive, ok := strings.CutPrefix(f.Name, "no-"); ok {
			opposite = positive
		}
		if f.Changed || given[opposite] || value == "" || f.Name == "help" || err != nil {
			return
		}
		if flags.Set(f.Name, value) != nil {
			err = usageError{sources.Hint(fmt.Errorf("%s is set to what --%s does not take: %q", name, f.Name, value), taken(f))}
		}
	})
	return err
}

// taken says what a flag takes, if its type is one that can be mistaken.
func taken(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "duration":
		return "it takes a length of time: 500ms, 30s or 2m"
	case "bool":
		return "it takes true or false"
	}
	return ""
}
