package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// rolesDiffCommand has the exit codes of diff(1), so that a script can use it the same way.
func rolesDiffCommand() *command {
	var q query
	var sides client.CompareQuery
	return &command{
		name: "roles diff", operand: "ROLE [OTHER]",
		summary: "Compare two roles, or two versions of one",
		about: "With one role and no version, compares the current version with the one before. Exit code 0: they are the\n" +
			"same, 1: they differ.",
		examples: []string{
			"rolecall roles diff ci-runner reviewer --org acme",
			"rolecall roles diff ci-runner --version 2 --with-version 5 --org acme",
		},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			q.flags("org?")(fs)
			fs.Int64Var(&sides.Version, "version", 0, "`NUMBER` of the version on the left; 0 is the current one")
			fs.Int64Var(&sides.WithVersion, "with-version", 0, "`NUMBER` of the version on the right; 0 is the current one")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				// If it is left out, the server chooses which versions of the role to compare.
				if len(c.operands) > 1 {
					sides.With = c.operands[1]
				}
				got, err := api.CompareRoles(ctx, q.scope(), c.operand, sides)
				if err != nil {
					return err
				}
				return t.verdict(len(got.Differences) == 0, differences(got))
			})
		},
	}
}

// differences leaves out the level of an organization, which is that of most lines.
func differences(got client.Comparison) report {
	r := report{value: got, head: []string{"PERMISSION", "LEFT", "RIGHT"}}
	for _, d := range got.Differences {
		name := d.ResourceType + ":" + d.Action
		if d.Level != "organization" {
			name += " (" + d.Level + ")"
		}
		r.rows = append(r.rows, []string{name, strings.ReplaceAll(d.From, "_", " "), strings.ReplaceAll(d.To, "_", " ")})
	}
	// With an empty table it would not be clear whether anything was compared.
	if len(r.rows) == 0 {
		r.text = func(w io.Writer) { fmt.Fprintln(w, "No differences.") }
	}
	return r
}
