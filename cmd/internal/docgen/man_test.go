package docgen

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func tree() *cobra.Command {
	root := &cobra.Command{Use: "tool", Short: "a tool", Long: "Does things.\n\n  a   first\n  b   second\n\n.dot 'quote' \\ back …"}
	root.PersistentFlags().StringP("stage", "s", "dev", "the `STAGE`")
	run := &cobra.Command{Use: "run [flags] -- COMMAND", Short: "run it", Run: func(*cobra.Command, []string) {},
		Example: "  # comment\n  tool run -- x"}
	run.Flags().Bool("dry-run", false, "only print")
	run.Flags().Bool("secret", false, "not for people")
	run.Flags().MarkHidden("secret")
	root.AddCommand(run, &cobra.Command{Use: "internal", Hidden: true, Run: func(*cobra.Command, []string) {}})
	return root
}

const toolPage = `.TH TOOL 1 "" "tool" "tool manual"
.SH NAME
tool \- a tool
.SH SYNOPSIS
.B tool
.SH DESCRIPTION
Does things.
.PP
.EX
  a   first
  b   second
.EE
.PP
\&.dot \[u0027]quote\[u0027] \e back \[u2026]
.SH COMMANDS
.TP
.BR tool\-run (1)
run it
.SH OPTIONS
.TP
\fB\-h\fR, \fB\-\-help\fR
help for tool
.TP
\fB\-s\fR, \fB\-\-stage\fR \fISTAGE\fR
the STAGE (default dev)
`

const runPage = `.TH TOOL-RUN 1 "" "tool" "tool manual"
.SH NAME
tool\-run \- run it
.SH SYNOPSIS
.B tool run
[flags] \-\- COMMAND
.SH DESCRIPTION
run it
.SH OPTIONS
.TP
\fB\-\-dry\-run\fR
only print
.TP
\fB\-h\fR, \fB\-\-help\fR
help for run
.SH OPTIONS OF ALL COMMANDS
.TP
\fB\-s\fR, \fB\-\-stage\fR \fISTAGE\fR
the STAGE (default dev)
.SH EXAMPLES
.EX
  # comment
  tool run \-\- x
.EE
.SH SEE ALSO
.BR tool (1)
`

func TestManPages(t *testing.T) {
	pages := ManPages(tree())
	if len(pages) != 2 || pages["tool.1"] != toolPage || pages["tool-run.1"] != runPage {
		t.Errorf("got %d pages\n%s\n%s", len(pages), pages["tool.1"], pages["tool-run.1"])
	}
}

func TestManPagesAreWellFormed(t *testing.T) {
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("groff is missing")
	}
	for name, text := range ManPages(tree()) {
		cmd := exec.CommandContext(t.Context(), groff, "-man", "-ww", "-Tutf8", "-P-cbou")
		cmd.Stdin = strings.NewReader(text)
		var warnings strings.Builder
		cmd.Stderr = &warnings
		out, err := cmd.Output()
		if err != nil || warnings.Len() > 0 {
			t.Errorf("%s: %v\n%s", name, err, &warnings)
		}
		if name == "tool.1" && !strings.Contains(string(out), `.dot 'quote' \ back …`) {
			t.Errorf("%s is shown as\n%s", name, out)
		}
	}
}
