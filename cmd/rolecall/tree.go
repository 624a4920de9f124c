package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// dispatch runs the command that args name, or `serve` if they are empty or begin with a flag. Containers and units
// start a server, so its name may be left out.
func dispatch(ctx context.Context, t *terminal, args []string) error {
	implied := false
	switch {
	case len(args) > 0 && (args[0] == "-h" || args[0] == "--help"):
		args = []string{"help"}
	case len(args) > 0 && (args[0] == "-v" || args[0] == "--version"):
		args = append([]string{"version"}, args[1:]...)
	case len(args) == 0 || strings.HasPrefix(args[0], "-"):
		implied = true
		args = append([]string{"serve"}, args...)
	}
	root := tree(t)
	root.SetArgs(args)
	// The shell asks about an unfinished line, which must not be called wrong.
	if strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		unquoteFlags(root)
	} else if err := oneDash(root, args); err != nil {
		return err
	}
	err := root.ExecuteContext(ctx)
	// Flags before a command make it an operand of serve, whose error would not help anyone.
	if _, ok := errors.AsType[usageError](err); ok && implied {
		for i, arg := range args[1:] {
			if named, _, _ := root.Find(args[i+1:]); named != root && !strings.HasPrefix(arg, "-") {
				return usageError(fmt.Sprintf("flags come after the command, as in: rolecall %s %s", strings.Join(args[i+1:], " "), strings.Join(args[1:i+1], " ")))
			}
		}
	}
	return err
}

// tree returns the commands as cobra runs, completes and documents them. Only run prints errors, so cobra is silent.
// execute counts the operands, and names the one that is missing.
func tree(t *terminal) *cobra.Command {
	root := &cobra.Command{
		Use: "rolecall", Short: "Manage the members of organizations, and what they may do", Args: cobra.ArbitraryArgs,
		SilenceErrors: true, SilenceUsage: true, CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	// Only a word that is not a command gets here.
	root.RunE = func(_ *cobra.Command, args []string) error { return unknown(root, args) }
	root.SetIn(t.in)
	root.SetOut(t.out)
	root.SetErr(t.err)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { help(cmd.OutOrStdout(), cmd) })
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return flagError(cmd, err) })
	parents := map[string]*cobra.Command{}
	for _, g := range groups() {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title + ":"})
		for _, c := range g.commands {
			parent := root
			// A family is made with its first command, in the group of that one.
			if word, _, two := strings.Cut(c.name, " "); two {
				if parents[word] == nil {
					parents[word] = family(word)
					parents[word].GroupID = g.title
					root.AddCommand(parents[word])
				}
				parent = parents[word]
			}
			cmd := c.cobra(t)
			if parent == root {
				cmd.GroupID = g.title
			}
			if c.name == "help" {
				root.SetHelpCommand(cmd)
			}
			parent.AddCommand(cmd)
		}
	}
	return root
}

// unquoteFlags removes the backquotes from the texts of flags, which shells show unchanged.
func unquoteFlags(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) { _, f.Usage = pflag.UnquoteUsage(f) })
	for _, c := range cmd.Commands() {
		unquoteFlags(c)
	}
}

// family returns the parent of the commands that begin with word. Called alone, it lists them, but that is still a
// mistake with exit code 2: a script that forgot a word must not go on.
func family(word string) *cobra.Command {
	return &cobra.Command{
		Use: word, Aliases: aliases[word], Short: families[word], Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknown(cmd, args)
			}
			help(cmd.ErrOrStderr(), cmd)
			return usageError("")
		},
	}
}

// cobra returns the command for cobra.
func (c *command) cobra(t *terminal) *cobra.Command {
	words := strings.Fields(c.name)
	cmd := &cobra.Command{
		Use: strings.TrimSpace(words[len(words)-1] + " " + c.operand), Short: c.summary, Long: c.about, Args: cobra.ArbitraryArgs,
		Example: strings.Join(c.examples, "\n"), ValidArgsFunction: c.completeOperand(t),
		RunE: func(cmd *cobra.Command, args []string) error { return c.execute(cmd.Context(), t, cmd.Flags(), args) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().AddFlagSet(c.flagSet())
	// A raw command may have its own --format.
	if !c.raw {
		cmd.Flags().SetNormalizeFunc(formatIsOutput)
	}
	c.completeFlags(t, cmd)
	return cmd
}

// flagSet returns the flags of the command: its own, those of its output, and its settings.
func (c *command) flagSet() *pflag.FlagSet {
	fs := pflag.NewFlagSet(c.name, pflag.ContinueOnError)
	fs.SortFlags = false
	if c.flags != nil {
		c.flags(fs)
	}
	if !c.raw {
		outputFlags(fs)
	}
	for _, name := range c.settings {
		settings[name].register(fs, name)
	}
	return fs
}

// execute runs the command with parsed flags.
func (c *command) execute(ctx context.Context, t *terminal, fs *pflag.FlagSet, operands []string) error {
	wanted := strings.Fields(c.operand)
	many := strings.Contains(c.operand, "…")
	switch {
	case len(operands) > len(wanted) && !many:
		return usageError(fmt.Sprintf("%q is too much; see rolecall help %s", operands[len(wanted)], c.name))
	case len(operands) < len(wanted) && !strings.HasPrefix(wanted[len(operands)], "["):
		return usageError(fmt.Sprintf("%s is needed; see rolecall help %s", strings.TrimSuffix(wanted[len(operands)], "…"), c.name))
	}
	if !c.raw {
		if err := t.choose(fs); err != nil {
			return err
		}
	}
	// Only now, since wrong operands and output flags are wrong whatever the settings are.
	cfg, err := c.config(fs, t.env)
	if err != nil {
		return err
	}
	cfg.operands = operands
	if len(operands) > 0 {
		cfg.operand = operands[0]
	}
	return c.suggest(ctx, cfg, fs, operands, c.run(ctx, t, cfg))
}
