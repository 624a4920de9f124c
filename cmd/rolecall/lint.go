package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// lintCommand finds mistakes that no rule forbids, so all it does is advise.
func lintCommand() *command {
	var q query
	dismissed := false
	return &command{
		name:     "lint",
		summary:  "Find roles and permissions that do nothing, or not what they seem to",
		about:    "Meant for CI: the exit code is 1 if anything was found.",
		examples: []string{"rolecall lint --org acme", "rolecall lint --org acme --json --url https://roles.example.com"},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			q.flags("org")(fs)
			fs.BoolVar(&dismissed, "dismissed", false, "list the findings that are dismissed; the exit code is 0 then")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				list := api.Lint
				if dismissed {
					list = api.DismissedFindings
				}
				got, err := list(ctx, q.organization())
				if err != nil {
					return err
				}
				words, err := vocabularyOf(ctx, api)
				if err != nil {
					return err
				}
				// No findings means yes: a pipeline stops at any finding.
				return t.verdict(dismissed || len(got) == 0, findings(words, got))
			})
		},
	}
}

// findings puts the permission in words before its message; its name is in the second column, to search for in the
// role.
func findings(words vocabulary, list []client.Finding) report {
	r := report{value: list, head: []string{"RULE", "WHERE", "WHAT", "FIX"}}
	if len(list) == 0 {
		r.text = func(w io.Writer) { fmt.Fprintln(w, "Nothing found.") }
	}
	for _, f := range list {
		var where []string
		if f.Role != nil {
			where = append(where, f.Role.Name)
		}
		if f.Permission != nil {
			where = append(where, f.Permission.ResourceType+":"+f.Permission.Action)
			f.Message = words.doing(f.Permission.ResourceType, f.Permission.Action, false) + ": " + f.Message
		}
		if f.Username != "" {
			where = append(where, f.Username)
		}
		r.rows = append(r.rows, []string{f.Rule, strings.Join(where, " "), f.Message, f.Fix})
	}
	return r
}
