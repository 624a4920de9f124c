package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

func helpCommand() *command {
	return &command{
		name: "help", summary: "Explain a command",
		run: func(context.Context, *terminal, *config) error { return nil }, // dispatch handles it, because it takes names of commands
	}
}

// help prints the help of the command that args name, or of the whole program.
func help(w io.Writer, args []string) error {
	if len(args) == 0 {
		overview(w)
		return nil
	}
	c, _ := find(args)
	if c == nil {
		return usageError(unknown(args))
	}
	c.help(w)
	return nil
}

func overview(w io.Writer) {
	fmt.Fprint(w, "rolecall manages the members of organizations, and what they may do.\n\nUsage:\n  rolecall [command] [flags]\n")
	for _, g := range groups() {
		fmt.Fprintf(w, "\n%s:\n", g.title)
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, c := range g.commands {
			fmt.Fprintf(tw, "  %s\t%s\n", c.name, c.summary)
		}
		tw.Flush()
	}
	fmt.Fprint(w, `
Examples:
  rolecall demo
  rolecall --db /var/lib/rolecall/rolecall.db
  rolecall user create --username ada --email ada@example.com --role owner

'rolecall help COMMAND' shows its flags and variables. Exit codes: 0 done or "yes", 1 failed,
"no" or something found, 2 called wrongly or the database is missing.
`)
}

func (c *command) help(w io.Writer) {
	fmt.Fprintf(w, "%s.\n\nUsage:\n  rolecall %s", c.summary, strings.TrimSpace(c.name+" "+c.operand))
	fs := c.flagSet()
	var flags []*flag.Flag
	fs.VisitAll(func(f *flag.Flag) { flags = append(flags, f) })
	if len(flags) > 0 {
		fmt.Fprint(w, " [flags]")
	}
	fmt.Fprint(w, "\n")
	if c.about != "" {
		fmt.Fprintf(w, "\n%s\n", c.about)
	}
	c.helpFlags(w, flags)
	if len(c.examples) > 0 {
		fmt.Fprintf(w, "\nExamples:\n  %s\n", strings.Join(c.examples, "\n  "))
	}
}

// helpFlags prints the command's own flags, then the settings with their variables.
func (c *command) helpFlags(w io.Writer, flags []*flag.Flag) {
	own := slices.DeleteFunc(slices.Clone(flags), func(f *flag.Flag) bool { return slices.Contains(c.settings, f.Name) })
	if len(own) > 0 {
		fmt.Fprint(w, "\nFlags:\n")
		for _, f := range own {
			arg, text := flag.UnquoteUsage(f)
			if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" {
				text += " (default " + f.DefValue + ")"
			}
			describe(w, "--"+f.Name+" "+arg, text)
		}
	}
	if len(c.settings) > 0 {
		fmt.Fprint(w, "\nSettings, each a flag or a variable (the flag wins):\n")
	}
	for _, name := range c.settings {
		s := settings[name]
		arg, text := flag.UnquoteUsage(&flag.Flag{Usage: s.help})
		if s.value != "" {
			text += " (default " + s.value + ")"
		}
		describe(w, "--"+name+" "+arg+"    "+variable(name), text)
	}
}

func describe(w io.Writer, head, text string) {
	fmt.Fprintf(w, "  %s\n        %s\n", strings.TrimSpace(head), text)
}
