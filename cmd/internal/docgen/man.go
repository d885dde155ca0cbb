// Package docgen writes what is documented by the program itself: man pages of
// its commands, and the JSON Schema of aside.yaml. It is no part of the program.
package docgen

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ManPages returns the man pages of the command and all below it, by the names
// of their files: "aside-secret-set.1". They tell nothing of when and where they
// were made.
func ManPages(cmd *cobra.Command) map[string]string {
	pages := map[string]string{pageName(cmd) + ".1": manPage(cmd)}
	for _, sub := range documented(cmd) {
		for name, text := range ManPages(sub) {
			pages[name] = text
		}
	}
	return pages
}

// documented are the commands below cmd that people call.
func documented(cmd *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			all = append(all, sub)
		}
	}
	return all
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

func manPage(cmd *cobra.Command) string {
	var r roff
	r.printf(".TH %s 1 \"\" \"%s\" \"%s manual\"\n", strings.ToUpper(pageName(cmd)), cmd.Root().Name(), cmd.Root().Name())
	r.printf(".SH NAME\n%s \\- %s\n", escape(pageName(cmd)), escape(cmd.Short))
	r.printf(".SH SYNOPSIS\n.B %s\n", escape(cmd.CommandPath()))
	if _, arguments, ok := strings.Cut(cmd.UseLine(), cmd.CommandPath()+" "); ok {
		r.printf("%s\n", escape(arguments))
	}
	r.printf(".SH DESCRIPTION\n")
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	r.text(text)
	if subs := documented(cmd); len(subs) > 0 {
		r.printf(".SH COMMANDS\n")
		for _, sub := range subs {
			r.printf(".TP\n.BR %s (1)\n%s\n", escape(pageName(sub)), escape(sub.Short))
		}
	}
	cmd.InitDefaultHelpFlag()
	r.flags("OPTIONS", cmd.LocalFlags())
	r.flags("OPTIONS OF ALL COMMANDS", cmd.InheritedFlags())
	if cmd.Example != "" {
		r.printf(".SH EXAMPLES\n")
		r.literal(cmd.Example)
	}
	if cmd.HasParent() {
		r.printf(".SH SEE ALSO\n.BR %s (1)\n", escape(pageName(cmd.Parent())))
	}
	return r.String()
}

// A roff writes the man macros.
type roff struct{ strings.Builder }

func (r *roff) printf(format string, args ...any) { fmt.Fprintf(&r.Builder, format, args...) }

// text writes paragraphs. One that has an indented line is kept line by line.
func (r *roff) text(text string) {
	for i, paragraph := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		if i > 0 {
			r.printf(".PP\n")
		}
		if strings.HasPrefix(paragraph, " ") || strings.HasPrefix(paragraph, "\t") || strings.Contains(paragraph, "\n ") || strings.Contains(paragraph, "\n\t") {
			r.literal(paragraph)
			continue
		}
		for line := range strings.SplitSeq(strings.Trim(paragraph, "\n"), "\n") {
			r.printf("%s\n", escape(line))
		}
	}
}

// literal writes lines as they are.
func (r *roff) literal(text string) {
	r.printf(".EX\n")
	for line := range strings.SplitSeq(text, "\n") {
		r.printf("%s\n", escape(strings.ReplaceAll(line, "\t", "    ")))
	}
	r.printf(".EE\n")
}

func (r *roff) flags(heading string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	r.printf(".SH %s\n", heading)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Deprecated != "" {
			return
		}
		r.printf(".TP\n")
		if f.Shorthand != "" {
			r.printf("\\fB%s\\fR, ", escape("-"+f.Shorthand))
		}
		value, usage := pflag.UnquoteUsage(f)
		r.printf("\\fB%s\\fR", escape("--"+f.Name))
		if value != "" {
			r.printf(" \\fI%s\\fR", escape(value))
		}
		r.printf("\n%s", escape(usage))
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" {
			r.printf(" (default %s)", escape(f.DefValue))
		}
		r.printf("\n")
	})
}

// escape makes text of which roff takes nothing for its own: no backslash, no
// line that starts with a dot or a quote, no character beyond ASCII; and minus
// signs that can be copied.
func escape(text string) string {
	var out strings.Builder
	if strings.HasPrefix(text, ".") {
		out.WriteString(`\&`)
	}
	for _, r := range text {
		switch {
		case r == '\\':
			out.WriteString(`\e`)
		case r == '-':
			out.WriteString(`\-`)
		case strings.ContainsRune("'`^~", r) || r > unicode.MaxASCII:
			fmt.Fprintf(&out, `\[u%04X]`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
