package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rolecall.example/client"
	"rolecall.example/rbac"
)

// completer returns the words that complete what was typed.
type completer func(ctx context.Context, api *client.Client, organization, begun string) ([]string, error)

// completions has the completers by the names of operands, and of the values of flags. They ask the same file or server
// as the command. Any other source could offer names of the wrong site, or permissions of another version of the
// catalog.
var completions = map[string]completer{
	"ORG": func(ctx context.Context, api *client.Client, _, _ string) (names []string, err error) {
		list, err := api.Organizations(ctx)
		for _, o := range list {
			names = append(names, o.Name)
		}
		return names, err
	},
	"USER": func(ctx context.Context, api *client.Client, organization, begun string) (names []string, err error) {
		// Members are searched in the organization, because callers who may see those may not see all accounts.
		if organization == "" {
			list, err := api.Users(ctx, client.UserQuery{Query: begun, Limit: maxCompletions})
			for _, u := range list.Users {
				names = append(names, u.Username)
			}
			return names, err
		}
		page, err := api.MembersPage(ctx, organization, client.MemberQuery{Text: begun, Limit: maxCompletions})
		for _, m := range page.Members {
			names = append(names, m.Username)
		}
		return names, err
	},
	"ROLE": func(ctx context.Context, api *client.Client, organization, _ string) (names []string, err error) {
		scope := client.Site()
		if organization != "" {
			scope = client.In(organization)
		}
		list, err := api.Roles(ctx, scope)
		for _, r := range list {
			names = append(names, r.Name)
		}
		return names, err
	},
}

const (
	maxCompletions     = 50
	completionPatience = 2 * time.Second // a shell that hangs is worse than one that does not complete
)

// complete returns the words for an operand or value by its name in help, and what the shell should do next.
func (c *command) complete(t *terminal, cmd *cobra.Command, name string, before []string, begun string) ([]string, cobra.ShellCompDirective) {
	// The brackets and dots of the usage line are not part of the name.
	name = strings.Trim(name, "[]…,.")
	switch name {
	case "FILE", "DIR":
		return nil, cobra.ShellCompDirectiveDefault
	case "CONTEXT":
		stored, err := loadLogins(t.env)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return stored.names(), cobra.ShellCompDirectiveNoFileComp
	case "SHELL":
		return shells, cobra.ShellCompDirectiveNoFileComp
	}
	find := completions[name]
	if list := permissionWords[name]; list != nil {
		find = func(ctx context.Context, api *client.Client, _, _ string) ([]string, error) {
			words, err := vocabularyOf(ctx, api)
			return list(words, before), err
		}
	}
	// A command that does not ask has no source of names; the shell's file names would not help either.
	if find == nil || !slices.Contains(c.settings, "url") {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
	defer cancel()
	// For a command without --org this is "", which means the site.
	organization, _ := cmd.Flags().GetString("org")
	cfg, err := c.config(cmd.Flags(), t.env)
	var words []string
	if err == nil {
		err = asking(ctx, cfg, func(api *client.Client) error {
			words, err = find(ctx, api, organization, begun)
			return err
		})
	}
	// Nothing is printed: an error in the middle of a line that is being typed would spoil it.
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveError
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// permissionWords returns the parts of permissions by the names of operands, and of the values of flags. before has the
// words before it on the line.
var permissionWords = map[string]func(words vocabulary, before []string) []string{
	"ACTION":      func(words vocabulary, _ []string) []string { return words.actionsOn(rbac.Wildcard) },
	"TYPE:ACTION": func(words vocabulary, _ []string) []string { return words.pairs() },
	"TYPE": func(words vocabulary, before []string) []string {
		if len(before) == 0 {
			return words.typesWith("")
		}
		return words.typesWith(before[len(before)-1])
	},
}

// completeOperand completes the operands of the command. If the last one may be repeated, it serves for all that
// follow.
func (c *command) completeOperand(t *terminal) cobra.CompletionFunc {
	wanted := strings.Fields(c.operand)
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		switch {
		case c.name == "help":
			return subcommands(cmd.Root(), args), cobra.ShellCompDirectiveNoFileComp
		case len(args) < len(wanted):
			return c.complete(t, cmd, wanted[len(args)], args, begun)
		case strings.Contains(c.operand, "…"):
			return c.complete(t, cmd, wanted[len(wanted)-1], args, begun)
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// subcommands returns the names of the commands below the one that args name.
func subcommands(root *cobra.Command, args []string) (names []string) {
	parent, rest, _ := root.Find(args)
	if len(rest) > 0 {
		return nil
	}
	for _, c := range parent.Commands() {
		if !c.Hidden {
			names = append(names, c.Name()+"\t"+c.Short)
		}
	}
	return names
}

// completeFlags completes the values of the command's flags.
func (c *command) completeFlags(t *terminal, cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		// A few fixed values need no request.
		words := settings[f.Name].names
		switch v := f.Value.(type) {
		case *choice:
			words = v.list
		case *choices:
			words = v.list
		}
		if words != nil {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // fails for unknown flags
			return
		}
		value, _ := pflag.UnquoteUsage(f)
		_ = cmd.RegisterFlagCompletionFunc(f.Name, func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			return c.complete(t, cmd, value, args, begun)
		})
	})
}

// shells are those that completion knows.
var shells = []string{"bash", "zsh", "fish", "powershell"}

func completionCommand() *command {
	return &command{
		name: "completion", operand: "SHELL", raw: true,
		summary: "Print a shell script that completes commands, flags and names",
		about: "SHELL is bash, zsh, fish or powershell. Names of organizations, members and roles come from the file or the\n" +
			"server that the command would use.",
		examples: []string{
			"source <(rolecall completion bash)",
			"rolecall completion zsh > \"${fpath[1]}/_rolecall\"",
			"rolecall completion fish > ~/.config/fish/completions/rolecall.fish",
			"rolecall completion powershell | Out-String | Invoke-Expression",
		},
		run: func(_ context.Context, t *terminal, c *config) error {
			if err := (&choice{new(string), shells}).Set(c.operand); err != nil {
				return usageError(err.Error())
			}
			root := tree(t)
			return map[string]func(io.Writer) error{
				"bash":       func(w io.Writer) error { return root.GenBashCompletionV2(w, true) },
				"zsh":        root.GenZshCompletion,
				"fish":       func(w io.Writer) error { return root.GenFishCompletion(w, true) },
				"powershell": root.GenPowerShellCompletionWithDesc,
			}[c.operand](t.out)
		},
	}
}
