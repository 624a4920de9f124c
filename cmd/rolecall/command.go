package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// command is a command of the program.
type command struct {
	name     string // one word or two
	summary  string
	about    string   // below the usage line of its help
	examples []string // complete command lines
	operand  string   // names of the operands, like FILE or USER ACTION; those in brackets are optional
	settings []string // the settings that it reads
	flags    func(*flag.FlagSet)
	run      func(context.Context, *terminal, *config) error
}

// groups returns the commands in the order of help. It is a function because help is one of them.
func groups() []group {
	return []group{
		{"Start here", []*command{demoCommand(), serveCommand()}},
		{"Accounts and tokens, beside a running server or without one", []*command{
			userCreateCommand(), userResetPasswordCommand(), tokenCreateCommand(),
		}},
		{"Keep the data safe", []*command{backupCommand(), restoreCommand(), checkCommand(), recoverOwnerCommand(), copyCommand()}},
		{"Ask who may do what", []*command{
			canICommand(), whoCanCommand(), explainCommand(), permissionsCommand(), membersListCommand(), rolesListCommand(),
			rolesShowCommand(), rolesHistoryCommand(), rolesDiffCommand(), lintCommand(), auditListCommand(), auditVerifyCommand(), auditRootCommand(),
		}},
		{"Look", []*command{healthcheckCommand(), versionCommand(), helpCommand()}},
	}
}

type group struct {
	title    string
	commands []*command
}

// dispatch runs the command that args begin with, or `serve` if they begin with none.
func dispatch(ctx context.Context, t *terminal, args []string) error {
	switch {
	case len(args) > 0 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help"):
		args = []string{"help"}
	case len(args) > 0 && (args[0] == "-version" || args[0] == "--version"):
		args[0] = "version"
	case len(args) == 0 || strings.HasPrefix(args[0], "-"):
		args = append([]string{"serve"}, args...)
	}
	if args[0] == "help" {
		return help(t.out, args[1:])
	}
	c, rest := find(args)
	if c == nil {
		return usageError(unknown(args))
	}
	return c.execute(ctx, t, rest)
}

func (c *command) execute(ctx context.Context, t *terminal, args []string) error {
	fs := c.flagSet()
	err := fs.Parse(args)
	wanted := strings.Fields(c.operand)
	var operands []string
	for err == nil && fs.NArg() > 0 && len(operands) < len(wanted) { // flags may come before, between and after operands
		operands = append(operands, fs.Arg(0))
		err = fs.Parse(fs.Args()[1:])
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.help(t.out)
		return nil
	case err != nil:
		return usageError(fmt.Sprintf("%v; see rolecall help %s", err, c.name))
	case fs.NArg() > 0:
		return usageError(fmt.Sprintf("%q is too much; see rolecall help %s", fs.Arg(0), c.name))
	case len(operands) < len(wanted) && !strings.HasPrefix(wanted[len(operands)], "["):
		return usageError(fmt.Sprintf("%s is needed; see rolecall help %s", wanted[len(operands)], c.name))
	}
	cfg, err := c.config(fs, t.env)
	if err != nil {
		return err
	}
	cfg.operands = operands
	if len(operands) > 0 {
		cfg.operand = operands[0]
	}
	return c.run(ctx, t, cfg)
}

func (c *command) flagSet() *flag.FlagSet {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	for _, name := range c.settings {
		if settings[name].truth {
			fs.Bool(name, false, settings[name].help)
		} else {
			fs.String(name, "", settings[name].help)
		}
	}
	if c.flags != nil {
		c.flags(fs)
	}
	return fs
}

// find returns the command that args begin with, and the arguments after its name.
func find(args []string) (*command, []string) {
	for _, g := range groups() {
		for _, c := range g.commands {
			words := strings.Fields(c.name)
			if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
				return c, args[len(words):]
			}
		}
	}
	return nil, nil
}

// unknown returns a message about an unknown command, with those that may be meant.
func unknown(args []string) string {
	var near []string
	for _, g := range groups() {
		for _, c := range g.commands {
			if strings.HasPrefix(c.name, args[0]+" ") {
				near = append(near, c.name)
			}
		}
	}
	if near != nil {
		return fmt.Sprintf("%s what? There is %s", args[0], strings.Join(near, " and "))
	}
	return fmt.Sprintf("there is no command %q; see rolecall help", args[0])
}

// table prints rows in aligned columns.
func table(w io.Writer, rows ...[]string) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(tw, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	tw.Flush()
}

// printJSON prints v as JSON.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
