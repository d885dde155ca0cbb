package main

import (
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aside-cli/aside/cmd/internal/config"
)

// meant is the command below parent that goes by the name word, here or in tools
// of this kind; "" for none.
func meant(parent *cobra.Command, word string) string {
	for _, c := range parent.Commands() {
		if c.Name() == word || c.HasAlias(word) || slices.Contains(c.SuggestFor, word) {
			return c.CommandPath()
		}
	}
	return ""
}

// unknownFlag says what to write in place of a flag that cmd does not have; ""
// where nothing is known.
func unknownFlag(cmd *cobra.Command, unknown *pflag.NotExistError) string {
	name := unknown.GetSpecifiedName()
	if s := unknown.GetSpecifiedShortnames(); s != "" {
		name = s // -c, and -once as envconsul writes it
	}
	if cmd.Name() == "run" || !cmd.HasParent() {
		if hint := habit(name); hint != "" {
			return hint
		}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := config.Nearest(name, names); near != "" && len(name) > 1 {
		return "did you mean --" + near + "? see " + cmd.CommandPath() + " --help"
	}
	return ""
}

// habit says what does here what a flag does in Doppler, dotenv-cli, chamber or
// envconsul.
func habit(flag string) string {
	switch flag {
	case "version", "V":
		return "aside version prints it"
	case "c", "config", "env", "environment":
		return "the stage is named by --stage"
	case "e", "file":
		return "a file in place of the .env files is named by --env-file"
	case "p", "project":
		return "the app is named by --app"
	case "command":
		return "a line for a shell: aside run -- sh -c '…'"
	case "mount":
		return "a secret in a file: --as NAME=file; all of them in one: aside export --output FILE"
	case "once":
		return "without restarts: --no-watch"
	case "pristine":
		return "without the variables of the shell: --clean"
	case "preserve-env":
		return "it is so without a flag: what the shell sets wins"
	case "o", "override", "overload":
		return "what the shell sets always wins; --clean leaves it out"
	case "kill-signal":
		return "the signal is named by --signal"
	case "kill-timeout":
		return "the time is given by --grace"
	}
	return ""
}
