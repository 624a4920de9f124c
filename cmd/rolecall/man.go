package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

// manCommand makes the pages from the same texts as help, so they are never out of date.
func manCommand() *command {
	var dir string
	return &command{
		name: "man", operand: "[COMMAND…]", raw: true,
		summary:  "Print the manual page of the program or of a command, or write all pages to a folder",
		examples: []string{"rolecall man members list | man -l -", "rolecall man --dir /usr/local/share/man/man1"},
		flags:    func(fs *pflag.FlagSet) { fs.StringVar(&dir, "dir", "", "`DIR` to write all pages to") },
		run: func(_ context.Context, t *terminal, c *config) error {
			root := tree(t)
			// The tag would name the generator and the day.
			root.Long, root.DisableAutoGenTag = manual(), true
			unquoteFlags(root)
			header := &doc.GenManHeader{Title: "ROLECALL", Section: "1", Source: "rolecall " + version(), Manual: "rolecall"}
			if dir != "" {
				if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // manual pages are for all users
					return err
				}
				return doc.GenManTree(root, header, dir)
			}
			named, rest, _ := root.Find(c.operands)
			if len(rest) > 0 {
				return unknown(named, rest)
			}
			return doc.GenMan(named, header, t.out)
		},
	}
}

// manual describes the whole program, in Markdown. The root has no text of its own, since its help is a list of
// commands.
func manual() string {
	var b strings.Builder
	b.WriteString("Without a command, the server is run. ")
	b.WriteString(exitCodes)
	for _, g := range groups() {
		fmt.Fprintf(&b, "\n\n%s:\n\n", g.title)
		for _, c := range g.commands {
			fmt.Fprintf(&b, "* **%s**: %s.\n", c.name, c.summary)
		}
	}
	return b.String()
}
