package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/aside-cli/aside/cmd/internal/audit"
	"github.com/aside-cli/aside/sources"
)

func (a *app) recipientsCommand(pf *projectFlags) *cobra.Command {
	var shared, force bool
	var name string
	cmd := &cobra.Command{
		Use:   "recipients",
		Short: "who can read the secrets of the local store",
		Long: `List, add and remove those who can read the secrets of the local store: age or
SSH public keys. Adding and removing encrypts every file anew, all or none.`,
		Example: `  aside recipients list
  aside recipients add age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p --name ada
  aside recipients remove ada`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().BoolVar(&shared, "shared", false, "of the shared secrets")

	list := &cobra.Command{
		Use: "list", Short: "list who can read the secrets", Args: noArgs,
		Example: "  aside recipients list",
		RunE: func(*cobra.Command, []string) error {
			p, err := a.open(pf)
			if err != nil {
				return err
			}
			all, err := p.localStore().Recipients(shared)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			for _, r := range all {
				own := ""
				if r.Own {
					own = "(you)"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\n", cmp.Or(r.Name, "-"), r.Key, own)
			}
			if err := w.Flush(); err != nil {
				return err
			}
			left, err := p.localStore().Unlisted(shared)
			for _, line := range left {
				p.warn(sources.Hint(errors.New(line+", who is not listed"),
					"to encrypt it to those who are: aside recipients add '"+all[0].Key+"', who is; and rotate what it holds"))
			}
			return err
		},
	}
	add := &cobra.Command{
		Use: "add KEY", Short: "let someone read the secrets", Args: oneArg("a public key"),
		Example: "  aside recipients add age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p --name ada\n  aside recipients add \"$(cat ~/.ssh/id_ed25519.pub)\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.open(pf)
			if err != nil {
				return err
			}
			files, err := p.localStore().AddRecipient(cmd.Context(), shared, args[0], name)
			if err != nil {
				return err
			}
			p.audit(audit.AddRecipient, listName(shared))
			p.note("added %s; encrypted anew: %s", cmp.Or(name, args[0]), orNothing(files))
			return nil
		},
	}
	add.Flags().StringVar(&name, "name", "", "whose key it is")
	remove := &cobra.Command{
		Use: "remove KEY|NAME", Short: "take the right to read new secrets from someone", Args: oneArg("a public key or a name"),
		Example: "  aside recipients remove ada",
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.open(pf)
			if err != nil {
				return err
			}
			removed, files, err := p.localStore().RemoveRecipient(cmd.Context(), shared, args[0], force)
			if err != nil {
				return err
			}
			p.audit(audit.RemoveRecipient, listName(shared))
			p.note("removed %s; encrypted anew: %s", removed, orNothing(files))
			p.note("whoever was removed knows the values up to now, and git keeps the old files: rotate them")
			return nil
		},
	}
	remove.Flags().BoolVar(&force, "force", false, "remove your own key too")
	cmd.AddCommand(list, add, remove)
	return cmd
}

// listName names the list of recipients that a change is about.
func listName(shared bool) string {
	if shared {
		return "shared recipients"
	}
	return "recipients"
}

// orNothing is a list for people, of nothing too.
func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// oneArg is for commands that take one argument, which is what.
func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usagef("%s takes %s", cmd.CommandPath(), what)
		}
		return nil
	}
}

func (a *app) identityCommand(pf *projectFlags) *cobra.Command {
	var another bool
	cmd := &cobra.Command{
		Use:   "identity",
		Short: "your own key to the local store",
		Long: `Your identity decrypts the secrets of the local store. It is what ASIDE_IDENTITY
holds, or the file that ASIDE_IDENTITY_FILE names, or identity.txt in the
configuration folder. Give others the public key only.`,
		Example: `  aside identity show
  aside identity new`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	show := &cobra.Command{
		Use: "show", Short: "print your public key", Args: noArgs,
		Example: "  aside identity show",
		RunE: func(*cobra.Command, []string) error {
			p, err := a.open(pf)
			if err != nil {
				return err
			}
			id, err := p.localStore().Identity()
			if err != nil {
				return err
			}
			p.note("it lies in %s", id.From)
			_, err = fmt.Fprintln(a.stdout, id.Public)
			return err
		},
	}
	create := &cobra.Command{
		Use: "new", Short: "make an identity", Args: noArgs,
		Example: "  aside identity new",
		RunE: func(*cobra.Command, []string) error {
			p, err := a.open(pf)
			if err != nil {
				return err
			}
			id, err := p.localStore().NewIdentity(another)
			if err != nil {
				return err
			}
			p.note("made an identity in %s: keep a copy of it", id.From)
			_, err = fmt.Fprintln(a.stdout, id.Public)
			return err
		},
	}
	create.Flags().BoolVar(&another, "another", false, "make one beside those that are there, and use it from now on")
	cmd.AddCommand(show, create)
	return cmd
}
