package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/aside-cli/aside/cmd/internal/audit"
	"github.com/aside-cli/aside/cmd/internal/config"
	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/sst"
)

// initCommand prepares a folder.
func (a *app) initCommand(pf *projectFlags) *cobra.Command {
	var store string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "prepare this folder: aside.yaml, .gitignore lines, an identity",
		Long: `Prepare this folder: an aside.yaml with comments, the lines of .gitignore that
keep private files out of git, and for the local store an identity and the list
of recipients. What is there already is not changed.`,
		Example: `  aside init
  aside init --app my-app --store awssm`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if store != "" && !knownStore(store) {
				return sources.Hint(usagef("there is no store %q", store), storesHint())
			}
			return a.initialize(cmd.Context(), pf, store)
		},
	}
	cmd.Flags().StringVar(&store, "store", "", "the store that aside.yaml names (default: local)")
	return cmd
}

// ignored are the lines that .gitignore needs: what is one person's alone.
var ignored = [...]string{".env.local", ".env.*.local", ".secrets.local.cue"}

const template = `# yaml-language-server: $schema=https://raw.githubusercontent.com/aside-cli/aside/main/docs/aside.schema.json
# What aside knows of this folder. Everything here is optional.

app: %s  # what secrets are kept under
store: %s  # where they are kept: %s

# stage: dev  # the stage without --stage

# stages:
#   production: {type: production, store: awssm}
#   "pr-*": {type: preview}

# parameters:  # plain values, below everything else
#   VERSION: "1.2.0"

# secrets:
#   STRIPE_KEY: {required: true, description: Stripe API key}

# links:  # which service gets which secrets: aside run --link api
#   api: [STRIPE_KEY]
`

// initialize writes what is missing, and says what it did.
func (a *app) initialize(ctx context.Context, pf *projectFlags, store string) error {
	dir, err := filepath.Abs(pf.dir)
	if err != nil {
		return err
	}
	if err := a.initConfig(dir, pf.app, store); err != nil {
		return err
	}
	p, err := a.open(&projectFlags{dir: dir, quiet: pf.quiet})
	if err != nil {
		return err
	}
	if err := p.initGitignore(dir); err != nil {
		return err
	}
	if p.config.StoreFor(p.stage).Value != "local" {
		return nil
	}
	s := p.localStore()
	id, err := s.Identity()
	if errors.Is(err, sources.ErrNotFound) {
		if id, err = s.NewIdentity(false); err == nil {
			p.note("made an identity in %s: keep a copy of it", id.From)
		}
	}
	if err != nil {
		return err
	}
	all, err := s.Recipients(false)
	if err != nil || len(all) > 0 {
		return err
	}
	if _, err := s.AddRecipient(ctx, false, id.Public, audit.Who()); err != nil {
		return err
	}
	p.note("made .aside/recipients.txt with your key: commit it, and .aside/secrets")
	return nil
}

func (a *app) initConfig(dir, name, store string) error {
	path := filepath.Join(dir, config.Name)
	if _, err := os.Lstat(path); err == nil {
		a.say("%s is there already", config.Name)
		return nil
	}
	if name == "" {
		usual, _, ok := sst.FromConfigFile(filepath.Join(dir, "sst.config.ts"))
		if !ok || config.CheckApp(usual) != nil {
			usual = plainName(filepath.Base(dir))
		}
		name = a.ask("the app's name", usual)
	}
	if err := config.CheckApp(name); err != nil {
		return usageError{err}
	}
	if store == "" {
		store = a.ask("the store ("+strings.Join(storeNames(), ", ")+")", "local")
	}
	if !knownStore(store) {
		return sources.Hint(usagef("there is no store %q", store), storesHint())
	}
	if store == "exec" {
		return sources.Hint(usagef("the store exec takes a command, which init does not know"),
			"leave --store out, then write into "+config.Name+": store: {exec: [op, inject, -i, secrets.env]}")
	}
	names := strings.Replace(strings.Join(storeNames(), ", "), "exec", "{exec: [COMMAND, ARG]}", 1)
	text := fmt.Sprintf(template, config.Quote(name), store, names)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return sources.Hint(fmt.Errorf("write %s: %w", config.Name, err), hintFolder)
	}
	a.say("made %s", config.Name)
	return nil
}

const hintFolder = "check that the folder is there, and may be written"

// ask asks a person; where there is none the usual answer is taken.
func (a *app) ask(what, usual string) string {
	if !term.IsTerminal(int(a.stdin.Fd())) {
		return usual
	}
	fmt.Fprintf(a.stderr, "%s [%s]: ", what, usual)
	line, _ := bufio.NewReader(a.stdin).ReadString('\n')
	if line = strings.TrimSpace(line); line != "" {
		return line
	}
	return usual
}

// initGitignore appends the lines that are missing.
func (p *project) initGitignore(dir string) error {
	path := filepath.Join(dir, ".gitignore")
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return sources.Hint(fmt.Errorf("read .gitignore: %w", err), "check that it is a file that may be read")
	}
	lines := strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	var missing []string
	for _, line := range ignored {
		if !slices.Contains(lines, line) && !slices.Contains(lines, "/"+line) {
			missing = append(missing, line)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if len(text) > 0 && !strings.HasSuffix(string(text), "\n") {
		text = append(text, '\n')
	}
	text = append(text, strings.Join(missing, "\n")+"\n"...)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return sources.Hint(fmt.Errorf("write .gitignore: %w", err), hintFolder)
	}
	p.note("added to .gitignore: %s", strings.Join(missing, ", "))
	return nil
}
