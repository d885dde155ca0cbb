package export

import (
	"slices"
	"strings"
)

// shellLine quotes for every POSIX shell: within single quotes nothing but a
// single quote means anything.
func shellLine(dst []byte, name, value string) []byte {
	dst = append(append(append(dst, "export "...), name...), "='"...)
	dst = append(dst, strings.ReplaceAll(value, "'", `'\''`)...)
	return append(dst, "'\n"...)
}

// fishLine uses single quotes as well: in fish those know two escapes.
func fishLine(dst []byte, name, value string) []byte {
	dst = append(append(append(dst, "set -gx "...), name...), " '"...)
	dst = append(dst, strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value)...)
	return append(dst, "'\n"...)
}

// Variables that a shell sets itself, that it does not let be set, or whose
// setting does something else: UID changes the user of a zsh that root runs.
const (
	bashVariables = `_ BASHOPTS BASHPID BASH_ALIASES BASH_ARGC BASH_ARGV BASH_CMDS BASH_COMMAND BASH_LINENO
		BASH_SOURCE BASH_SUBSHELL BASH_VERSINFO DIRSTACK EPOCHREALTIME EPOCHSECONDS EUID FUNCNAME GROUPS
		HISTCMD LINENO PIPESTATUS PPID RANDOM SECONDS SHELLOPTS SHLVL SRANDOM UID`

	zshVariables = `ARGC ARGV0 EGID ERRNO GID HISTCHARS KEYBOARD_HACK TTYIDLE USERNAME WATCH ZSH_EVAL_CONTEXT ZSH_SUBSHELL
		aliases argv builtins cdpath commands dirstack dis_aliases dis_builtins dis_functions
		dis_functions_source dis_galiases dis_patchars dis_reswords dis_saliases epochtime errnos fignore fpath
		funcfiletrace funcsourcetrace funcstack functions functions_source functrace galiases histchars
		history historywords jobdirs jobstates jobtexts keymaps langinfo mailpath manpath mapfile module_path
		modules nameddirs options parameters patchars path pipestatus psvar reswords saliases signals
		status sysparams termcap terminfo userdirs usergroups watch widgets zsh_eval_context
		zsh_scheduled_events`

	fishVariables = `FISH_VERSION PWD SHLVL _ argv fish_kill_signal fish_killring fish_pid history hostname
		pipestatus status status_generation umask version`

	// zshNumbers are cut down to a number by zsh, OPTIND by every shell.
	zshNumbers = `COLUMNS FUNCNEST HISTSIZE KEYTIMEOUT LINES LISTMAX MAILCHECK OPTIND SAVEHIST TRY_BLOCK_ERROR
		TRY_BLOCK_INTERRUPT ZLE_RPROMPT_INDENT`
)

func bashOwn(name, _ string) string { return ownedBy("bash", bashVariables, name) }
func zshOwn(name, _ string) string  { return ownedBy("zsh", zshVariables, name) }
func fishOwn(name, _ string) string { return ownedBy("fish", fishVariables, name) }

func ownedBy(shell, variables, name string) string {
	if slices.Contains(strings.Fields(variables), name) {
		return "is a variable that " + shell + " keeps itself"
	}
	return ""
}

func zshNumber(name, value string) string {
	plain := value != "" && len(value) < 10 && value[0] != '0' && strings.Trim(value, "0123456789") == ""
	if !plain && slices.Contains(strings.Fields(zshNumbers), name) {
		return "has to be a number in zsh"
	}
	return ""
}

// fishPath refuses empty elements, which fish turns into dots.
func fishPath(name, value string) string {
	if (name == "PATH" || name == "CDPATH") && slices.Contains(strings.Split(value, ":"), "") {
		return "has an empty element, which fish writes as a dot"
	}
	return ""
}
