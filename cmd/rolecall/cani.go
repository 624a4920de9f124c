package main

import (
	"context"
	"errors"
	"fmt"

	"rolecall.example/client"
)

func canICommand() *command {
	var q query
	return &command{
		name: "can-i", operand: "ACTION TYPE",
		summary: "Ask whether you may do something: yes or no, and why",
		about: "For a server, \"you\" is the account of the token. For the file, it is the operator, who may do everything; --as asks\n" +
			"about another user. Exit code 0 is yes, 1 is no.",
		examples: []string{
			"rolecall can-i create workspace --org acme --url https://roles.example.com",
			"rolecall can-i delete template --org acme --as grace",
			"rolecall can-i update organization_member --org acme && echo allowed",
		},
		settings: askSettings,
		flags:    q.flags("org?", "owner", "as"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error { return q.canI(ctx, api, t, c.operands) })
		},
	}
}

// canI asks one check and, where there are roles to explain it by, its explanation.
func (q *query) canI(ctx context.Context, api *client.Client, t *terminal, operands []string) error {
	const key = "answer"
	object := client.CheckObject{ResourceType: operands[1], OwnerID: q.owner}
	if q.org != "" {
		o, err := api.Organization(ctx, q.org)
		if err != nil {
			return err
		}
		object.OrganizationID = o.ID.String()
	} else if q.as != "" {
		return usageError("--as needs --org")
	}
	ask := api.AuthCheck
	if q.as != "" || api.Token != "" { // the operator has no roles that could be explained
		ask = api.ExplainChecks
	}
	got, err := ask(ctx, client.AuthCheckRequest{User: q.as, Checks: map[string]client.Check{key: {Action: operands[0], Object: object}}})
	if err != nil {
		return err
	}
	yes := got.Answers[key]
	if q.json {
		return errors.Join(printJSON(t.out, got), verdict(yes))
	}
	e, explained := got.Explanations[key]
	switch {
	case explained:
		fmt.Fprintf(t.out, "%s\n%s\n", e.Verdict, e.Because)
	case yes:
		fmt.Fprintln(t.out, "Yes. The operator is obeyed as an owner is.")
	default:
		fmt.Fprintln(t.out, "No. There is no such permission.")
	}
	return verdict(yes)
}
