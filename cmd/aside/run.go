package main

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/cmd/internal/relay"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/watch"
)

// runFlags are the flags of run.
type runFlags struct {
	layers
	watch, noWatch bool
	watchOnly      []string
	poll, debounce time.Duration
	pollGiven      bool

	signal       string
	grace        time.Duration
	graceGiven   bool
	onExit       string
	onChange     string
	healthyAfter time.Duration

	as     []string // NAME=form
	dryRun bool
	mask   bool
}

func (a *app) runCommand(pf *projectFlags) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:        "run [flags] -- COMMAND [ARG ...]",
		SuggestFor: []string{"exec"},
		Short:      "run a command with the merged environment",
		Long: `Run a command with the merged environment, and start it again when that changes.

What wins, highest first: the environment that aside was started with,
.secrets.local.cue (in stages of type local and development), the secrets of the
stage, those of its type, fallback secrets, .env.<stage>.local, .env.local,
.env.<stage>, .env, and the parameters of aside.yaml.

Where CI is set (to anything but false or 0), or with --no-watch, aside replaces itself with the command.

It exits with the command's own code, with 128+N where signal N killed it; with
127 where the command was not found, with 126 where it cannot be run, and with
125 where aside itself failed.`,
		Example: `  # a dev server that restarts when a secret or a .env file changes
  aside run -- npm run dev

  # the entrypoint of a container: nothing of aside stays
  aside run --stage production --no-watch -- ./server

  # see what a command would get
  aside run --stage dev -- env

  # what would be started, and what is watched
  aside run --dry-run -- npm run dev

  # no secret in what it prints, as for the log of a CI job
  aside run --mask -- env

  # a key in a file that is there as long as the command is
  aside run --as TLS_KEY=file -- sh -c 'openssl pkey -in "$TLS_KEY_FILE" -check'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return sources.Hint(usagef("no command to run"), "name one: aside run -- node server.js")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f.pollGiven = cmd.Flags().Changed("poll")
			f.graceGiven = cmd.Flags().Changed("grace")
			return a.run(cmd.Context(), pf, &f, args)
		},
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // what follows the command's name is its own
	f.layers.register(flags)
	f.layers.registerSDK(flags)
	f.registerDelivery(flags)
	flags.BoolVar(&f.watch, "watch", false, "restart the command when its environment changes, in CI too (the default elsewhere)")
	flags.BoolVar(&f.noWatch, "no-watch", false, "replace aside with the command (the default where CI is set)")
	flags.StringSliceVar(&f.watchOnly, "watch-only", nil, "restart only when one of these changes (NAME,…)")
	flags.DurationVar(&f.poll, "poll", 30*time.Second, "how often a remote store is asked for changes")
	flags.DurationVar(&f.debounce, "debounce", 100*time.Millisecond, "how long files must be quiet before they are read again")
	flags.StringVar(&f.signal, "signal", "TERM", "the signal that ends the command before a restart")
	flags.DurationVar(&f.grace, "grace", 10*time.Second, "how long the command may take to end before it is killed")
	flags.StringVar(&f.onExit, "on-exit", "exit", "when the command ends by itself: exit, or wait for the next change")
	flags.StringVar(&f.onChange, "on-change", "restart", "when the environment changes: restart, signal:NAME or ignore")
	flags.DurationVar(&f.healthyAfter, "healthy-after", 2*time.Second, "a command that fails sooner than this after a restart gets the environment that worked; 0: never")
	flags.BoolVar(&f.dryRun, "dry-run", false, "print what would be started, with which variables and what is watched; start and write nothing")
	flags.BoolVar(&f.mask, "mask", false, "print [redacted] where the command prints the value of a secret; aside stays with it then")
	return cmd
}

func (a *app) run(ctx context.Context, pf *projectFlags, f *runFlags, args []string) error {
	signals := make(chan os.Signal, 32)
	inject.NotifySignals(signals)
	watching, err := f.watching(a.getenv("CI"))
	if err != nil {
		return err
	}
	s, err := f.supervisor()
	if err != nil {
		return err
	}
	masking := f.mask && !f.dryRun
	if masking && a.relay == nil && relay.Wanted() {
		return relay.Run(a.args, signals)
	}
	p, err := a.open(pf)
	if err != nil {
		return err
	}
	if s.Deliver, err = p.deliveries(f.as); err != nil {
		return err
	}
	f.layers.readOnly = f.dryRun
	resolver, err := p.resolver(f.layers)
	if err != nil {
		return err
	}
	s.React = p.reactions(f.watchOnly, s.React)
	s.Command, s.Signals = inject.Command{Args: args, Dir: pf.dir}, signals
	first := true
	s.Resolve = func(ctx context.Context) (*inject.Environment, error) {
		env, err := p.resolve(ctx, resolver, f.layers)
		if err != nil {
			return nil, err
		}
		if first {
			first = false
			if !f.dryRun {
				p.auditRun(args[0], f.link, env)
			}
			p.noteUnset(f.as, env)
		}
		return p.withSDK(env, f.layers)
	}
	s.Say = func(format string, args ...any) {
		if !pf.quiet {
			a.say(format, args...)
		}
	}
	s.Complain = a.complain
	if f.dryRun {
		return p.dryRun(ctx, s, p.watchConfig(resolver.Sources, f), f, watching)
	}
	if watching || masking {
		a.stay()
	}
	if masking {
		m, err := p.startMask(s)
		if err != nil {
			return err
		}
		defer m.close()
		if !watching {
			s.WaitOnExit = false // no change would ever come
			return s.Run(ctx)    // someone has to stay
		}
	}
	if !watching {
		return s.Exec(ctx)
	}
	// Before the first read, so that no change is missed.
	w, err := watch.Start(ctx, p.watchConfig(resolver.Sources, f))
	if err != nil {
		return err
	}
	defer w.Close()
	s.Changed = w.Changed()
	return s.Run(ctx)
}

// supervisor returns one with what the flags say.
func (f *runFlags) supervisor() (*inject.Supervisor, error) {
	sig, err := inject.ParseSignal(f.signal)
	if err != nil {
		return nil, err
	}
	for name, d := range map[string]time.Duration{"grace": f.grace, "debounce": f.debounce, "healthy-after": f.healthyAfter} {
		if d < 0 {
			return nil, usagef("--%s is %s: it cannot be negative", name, d)
		}
	}
	if f.poll < config.MinPoll {
		return nil, sources.Hint(usagef("--poll is %s", f.poll), "every 100ms is the most often that a store can be asked")
	}
	if f.onExit != "exit" && f.onExit != "wait" {
		return nil, sources.Hint(usagef("--on-exit does not take %q", f.onExit), "it takes exit or wait")
	}
	reaction, err := inject.ParseReaction(f.onChange)
	if err != nil {
		return nil, usageError{err}
	}
	return &inject.Supervisor{
		StopSignal:   sig,
		Grace:        f.grace,
		GraceOnTerm:  f.graceGiven,
		HealthyAfter: f.healthyAfter,
		WaitOnExit:   f.onExit == "wait",
		React:        func(string) inject.Reaction { return reaction },
	}, nil
}
