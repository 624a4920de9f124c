package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"rolecall.example/client"
)

func explainCommand() *command {
	var q query
	return &command{
		name: "explain", operand: "USER ACTION TYPE",
		summary: "Explain why a member may or may not do something, and what would change that",
		about: "It shows every rule that applies with its role, level by level: which one decides, and which do not count. Then\n" +
			"come the single changes that would reverse the answer, the smallest first. Exit code 0 is yes, 1 is no.",
		examples: []string{
			"rolecall explain grace delete template --org acme",
			"rolecall explain grace ssh workspace --org acme --owner me --json",
		},
		settings: askSettings,
		flags:    q.flags("org", "owner"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				got, err := api.ExplainMember(ctx, q.organization(), c.operand, q.question(c.operands[1:]))
				if err != nil {
					return err
				}
				yes := verdict(got.Explanation.Allowed)
				if q.json {
					return errors.Join(printJSON(t.out, got), yes)
				}
				printExplanation(t.out, &got.Explanation)
				return yes
			})
		},
	}
}

func printExplanation(w io.Writer, e *client.Explanation) {
	fmt.Fprintf(w, "%s\n%s\n\n", e.Verdict, e.Because)
	var rows [][]string
	for _, l := range e.Levels {
		if l.Note != "" {
			rows = append(rows, []string{l.Level, l.Note})
		}
		for _, m := range l.Matches {
			counts := "decides"
			if m.Overruled {
				counts = "does not count"
			}
			rows = append(rows, []string{l.Level, permissionText(m.Permission), "by " + cmp.Or(m.Role.DisplayName, m.Role.Name), counts})
		}
	}
	table(w, rows...)
	if len(e.Changes) == 0 {
		return
	}
	fmt.Fprintln(w, "\nWhat would change this, one change each:")
	rows = nil
	for _, s := range e.Changes {
		refusal := s.Refusal
		if refusal != "" {
			refusal = "not by you: " + refusal
		}
		rows = append(rows, []string{"  " + s.Text, s.Blast, refusal})
	}
	table(w, rows...)
}

func permissionsCommand() *command {
	var q query
	return &command{
		name: "permissions", operand: "USER",
		summary:  "List everything that a member may do, and by which roles",
		examples: []string{"rolecall permissions grace --org acme", "rolecall permissions grace --org acme --all"},
		settings: askSettings,
		flags:    q.flags("org", "all"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				got, err := api.EffectivePermissions(ctx, q.organization(), c.operand)
				if err != nil || q.json {
					return printed(t.out, got, err)
				}
				q.printPermissions(t.out, got)
				return nil
			})
		},
	}
}

func (q *query) printPermissions(w io.Writer, list []client.EffectivePermission) {
	rows := [][]string{{"PERMISSION", "ANSWER", "BECAUSE OF"}}
	for _, p := range list {
		answer := "not set"
		switch {
		case p.Allowed:
			answer = "yes"
		case p.AllowedOwn:
			answer = "own things"
		case p.Denied:
			answer = "denied"
		case !q.all:
			continue
		}
		from := roleNames(p.Roles)
		if p.Implied {
			from = "every member has it"
		}
		rows = append(rows, []string{p.ResourceType + ":" + p.Action, answer, from})
	}
	table(w, rows...)
}
