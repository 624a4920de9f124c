package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is how wide the help is, in cells.
const helpWidth = 100

// exitCodes are the same for all commands and are in help and in the manual; exitCode decides them.
const exitCodes = `Exit codes: 0 done, or the answer is yes; 1 the answer is no, or something differs or was found; 2 usage error:
a wrong flag, a missing database, a name that does not exist; 3 failure, also if the answer could not be written.`

func helpCommand() *command {
	return &command{
		name: "help", operand: "[COMMAND…]", raw: true, summary: "Explain a command",
		examples: []string{"rolecall help members list"},
		run: func(_ context.Context, t *terminal, c *config) error {
			root := tree(t)
			if len(c.operands) == 0 {
				overview(t.out)
				return nil
			}
			// Not cobra's help: for a command that does not exist it prints the root, with exit code 0.
			named, rest, _ := root.Find(c.operands)
			if named == root || len(rest) > 0 {
				return unknown(named, rest)
			}
			help(t.out, named)
			return nil
		},
	}
}

// overview has the groups in the order in which newcomers need them.
func overview(w io.Writer) {
	fmt.Fprint(w, "rolecall manages the members of organizations, and what they may do.\n\nUsage:\n  rolecall [command] [flags]\n")
	for _, g := range groups() {
		fmt.Fprintf(w, "\n%s:\n", g.title)
		var rows [][]string
		for _, c := range g.commands {
			rows = append(rows, []string{"  " + c.name, c.summary})
		}
		table(w, rows...)
	}
	fmt.Fprintf(w, `
Examples:
  rolecall demo
  rolecall --db /var/lib/rolecall/rolecall.db
  rolecall users create --username ada --email ada@example.com --role owner

'rolecall help COMMAND' shows its flags and variables, 'rolecall completion bash' prints completions for the shell.

%s
`, wrap(exitCodes))
}

// help prints the help of a command, or of a family of them. It asks cobra for what cobra knows, so help cannot name a
// flag that is not parsed.
func help(w io.Writer, cmd *cobra.Command) {
	usage := cmd.UseLine()
	if cmd.HasSubCommands() {
		usage = cmd.CommandPath() + " COMMAND [flags]"
	}
	fmt.Fprintf(w, "%s.\n\nUsage:\n  %s\n", cmd.Short, usage)
	if cmd.HasSubCommands() {
		fmt.Fprint(w, "\nCommands:\n")
		var rows [][]string
		for _, c := range cmd.Commands() {
			rows = append(rows, []string{"  " + c.CommandPath(), c.Short})
		}
		table(w, rows...)
		return
	}
	if cmd.Long != "" {
		fmt.Fprintf(w, "\n%s\n", wrap(cmd.Long))
	}
	if cmd.Example != "" {
		fmt.Fprintf(w, "\nExamples:\n  %s\n", strings.ReplaceAll(cmd.Example, "\n", "\n  "))
	}
	helpFlags(w, cmd.Flags())
}

// helpFlags prints the flags in three parts: the command's own, those of its output, and its settings. They are
// separate because a command has few of its own among many that all have.
func helpFlags(w io.Writer, all *pflag.FlagSet) {
	output := pflag.NewFlagSet("", pflag.ContinueOnError)
	outputFlags(output)
	titles := []string{"Flags", "Output", "Settings, each a flag or a variable (the flag wins)"}
	parts := make([]*pflag.FlagSet, len(titles))
	for i := range parts {
		parts[i] = pflag.NewFlagSet("", pflag.ContinueOnError)
		parts[i].SortFlags = false
	}
	all.VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Name == "help":
		// A variable at the end of the text marks a setting.
		case strings.HasSuffix(f.Usage, "["+variable(f.Name)+"]"):
			parts[2].AddFlag(f)
		// A command that is raw may have a flag of the same name that means something else.
		case output.Lookup(f.Name) != nil && all.Lookup("no-headers") != nil:
			parts[1].AddFlag(f)
		default:
			parts[0].AddFlag(f)
		}
	})
	for i, part := range parts {
		if part.HasFlags() {
			fmt.Fprintf(w, "\n%s:\n%s", titles[i], part.FlagUsagesWrapped(helpWidth))
		}
	}
}

// wrap breaks the paragraphs of a text into lines of helpWidth. Lines that begin with a space stay as they are.
func wrap(text string) string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if lines != nil {
			lines = append(lines, "")
		}
		if strings.HasPrefix(paragraph, " ") {
			lines = append(lines, paragraph)
			continue
		}
		line := ""
		for word := range strings.FieldsSeq(paragraph) {
			if line != "" && uniseg.StringWidth(line)+1+uniseg.StringWidth(word) > helpWidth {
				lines = append(lines, line)
				line = ""
			}
			line = strings.TrimPrefix(line+" "+word, " ")
		}
		lines = append(lines, line)
	}
	return strings.Join(slices.Clip(lines), "\n")
}
