package main

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/cmd/internal/export"
	"github.com/aside-cli/aside/cmd/internal/typegen"
	"github.com/aside-cli/aside/inject"
	"github.com/aside-cli/aside/sources"
)

// A completer tells the shell what an argument can be. It asks nobody, no store
// over the network either, and where something cannot be read it knows less.
type completer struct {
	app   *app
	flags *projectFlags
}

// complete adds the command completion, and what each command and flag takes.
func (a *app) complete(root *cobra.Command, pf *projectFlags) {
	quiet := *a
	quiet.stderr = io.Discard
	c := &completer{&quiet, pf}
	arguments, flags := c.arguments(), c.values()

	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	each(root, func(cmd *cobra.Command) {
		path := strings.TrimPrefix(cmd.CommandPath(), root.Name()+" ")
		if f, ok := arguments[path]; ok {
			cmd.ValidArgsFunction = f
		} else if cmd.ValidArgsFunction == nil {
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
		if cmd.HasParent() && cmd.Parent().Name() == "completion" {
			cmd.Args = noArgs
			cmd.Short = "print the script for " + cmd.Name()
			cmd.Long = completionHelp(cmd.Name())
			cmd.Example = "  " + script(cmd.Name())
		}
		register := func(f *pflag.Flag) {
			takes, ok := flags[cmd.Name()+" --"+f.Name]
			if !ok {
				takes, ok = flags["--"+f.Name]
			}
			if !ok {
				takes = cobra.NoFileCompletions
			}
			if takes != nil && f.NoOptDefVal == "" {
				cmd.RegisterFlagCompletionFunc(f.Name, takes) // fails for a flag that is not there
			}
		}
		cmd.LocalNonPersistentFlags().VisitAll(register)
		cmd.PersistentFlags().VisitAll(register)
	})
	help, _, _ := root.Find([]string{"help"})
	help.Short = "show the help of a command"
	help.Args = func(_ *cobra.Command, args []string) error {
		if _, rest, _ := root.Find(args); len(rest) > 0 {
			return usagef("unknown command %q", rest[0]) // what follows may be a value
		}
		return nil
	}
	completion, _, _ := root.Find([]string{"completion"})
	completion.Short = "print the script by which a shell completes what is typed"
	completion.Long = "Print the script by which a shell completes commands, flags, stages, names of\nsecrets, links, formats and the rest. It asks no remote store."
	completion.Example = "  " + script("bash")
	completion.Args = oneOf(completion)
	completion.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

// oneOf refuses what is none of the commands below cmd.
func oneOf(cmd *cobra.Command) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		var names []string
		for _, sub := range cmd.Commands() {
			names = append(names, sub.Name())
		}
		return sources.Hint(usagef("unknown command %q", cmd.Name()+" "+args[0]), "one of "+strings.Join(names, ", "))
	}
}

// each calls f for the command and all below it.
func each(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, sub := range cmd.Commands() {
		each(sub, f)
	}
}

// arguments are what the commands take that take more than nothing. Those
// without a function take what the shell offers by itself: files and commands.
func (c *completer) arguments() map[string]cobra.CompletionFunc {
	name := atMost(1, c.plain(c.secrets))
	return map[string]cobra.CompletionFunc{
		"run":               nil,
		"secret load":       nil,
		"secret set":        name,
		"secret get":        name,
		"secret remove":     name,
		"secret history":    name,
		"secret rollback":   name,
		"secret copy":       c.plain(c.secrets),
		"explain":           atMost(1, c.plain(c.variables)),
		"diff":              atMost(2, c.plain(c.stages)),
		"recipients remove": atMost(1, c.plain(c.recipients)),
	}
}

// values are what flags take, by "--flag", or "command --flag" where one has
// another meaning. Those without a function take files; all others nothing that
// is known.
func (c *completer) values() map[string]cobra.CompletionFunc {
	stage, names, variables := c.plain(c.stages), inList(c.plain(c.secrets)), inList(c.plain(c.variables))
	return map[string]cobra.CompletionFunc{
		"--stage":      stage,
		"copy --from":  stage,
		"copy --to":    stage,
		"--link":       c.plain(c.links),
		"--secret":     c.plain(c.secrets),
		"--only":       names,
		"--except":     names,
		"--watch-only": variables,
		"--as":         inList(c.deliveries),
		"--keep":       inList(c.plain(c.environ)),
		"--type":       inList(words(string(config.Production), string(config.Preview), string(config.Development), string(config.Local))),
		"--allow":      inList(words(described(codes[:])...)),
		"--store":      words(storeNames()...),
		"--format":     words(export.Names()...),
		"--lang":       words(typegen.Languages()...),
		"--sdk":        words("sst", "sst-v2"),
		"--signal":     words(signalNames("")...),
		"--on-change":  words(append([]string{"restart"}, signalNames("signal:")...)...),
		"--on-exit":    words("exit", "wait"),
		"--dir":        cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
		"--env-file":   nil,
		"--file":       nil,
		"--output":     nil,
	}
}

// completionHelp says what to do with the script for a shell.
func completionHelp(shell string) string {
	file := map[string]string{
		"bash":       "~/.bashrc, with the package bash-completion installed",
		"zsh":        "~/.zshrc, below the line: autoload -U compinit; compinit",
		"fish":       "~/.config/fish/config.fish",
		"powershell": "the file that $PROFILE names",
	}[shell]
	return "Print the script by which " + shell + " completes what is typed. To have it in every session\n" +
		"put the line of the example into " + file + "."
}

// script is the line that makes a shell complete.
func script(shell string) string {
	switch shell {
	case "fish":
		return "aside completion fish | source"
	case "powershell":
		return "aside completion powershell | Out-String | Invoke-Expression"
	}
	return "source <(aside completion " + shell + ")"
}

func words(all ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(all, cobra.ShellCompDirectiveNoFileComp)
}

// described puts words together with what they mean.
func described(pairs [][2]string) []string {
	var all []string
	for _, pair := range pairs {
		all = append(all, cobra.CompletionWithDesc(pair[0], pair[1]))
	}
	return all
}

// signalNames are those of this system that one sends to a server.
func signalNames(prefix string) []string {
	var all []string
	for _, name := range []string{"HUP", "INT", "KILL", "QUIT", "TERM", "USR1", "USR2", "WINCH"} {
		if _, err := inject.ParseSignal(name); err == nil {
			all = append(all, prefix+name)
		}
	}
	return all
}

// atMost completes so many arguments.
func atMost(n int, f cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= n {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return f(cmd, args, typed)
	}
}

// inList completes the last item of a list with commas.
func inList(f cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		all, _ := f(cmd, strings.Split(before, ","), typed[len(before):])
		var lists []string
		for _, word := range all {
			lists = append(lists, before+word)
		}
		return lists, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

// deliveries completes what --as takes: a name, and then how it is delivered.
func (c *completer) deliveries(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if name, _, ok := strings.Cut(typed, "="); ok {
		return []string{name + "=env", name + "=file", name + "=fd"}, cobra.ShellCompDirectiveNoFileComp
	}
	all, directive := c.plain(c.variables)(cmd, args, typed)
	for i := range all {
		all[i] += "="
	}
	return all, directive
}

// plain completes words that depend on the project, but those that are there already
// and those that would change a terminal instead of being shown.
func (c *completer) plain(words func(context.Context, *project) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		const none = cobra.ShellCompDirectiveNoFileComp
		if c.app.flagsFromEnv(cmd.Flags()) != nil {
			return nil, none
		}
		flags := *c.flags
		flags.quiet = true
		p, err := c.app.open(&flags)
		if err != nil {
			return nil, none
		}
		all := slices.DeleteFunc(words(cmd.Context(), p), func(word string) bool {
			word, _, _ = strings.Cut(word, "\t")
			return slices.Contains(args, word) || printable(word) != word
		})
		for i := range all {
			if word, about, ok := strings.Cut(all[i], "\t"); ok {
				all[i] = cobra.CompletionWithDesc(word, printable(about))
			}
		}
		return all, none
	}
}
