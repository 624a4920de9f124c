package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"rolecall.example/client"
)

// canICommand is for scripts: the exit code is the answer, and the sentence is for people who read the log.
func canICommand() *command {
	var q query
	return &command{
		name: "can-i", operand: "ACTION TYPE",
		summary: "Ask whether you may do something: yes or no, and why",
		about: "On a server, \"you\" is the account of the token. On a file, it is the operator, who may do everything; --as asks\n" +
			"about another user. Exit code 0 is yes, 1 is no.",
		examples: []string{
			"rolecall can-i create organization_member --org acme --url https://roles.example.com",
			"rolecall can-i delete assign_org_role --org acme --as grace",
			"rolecall can-i update organization_member --org acme && echo allowed",
		},
		settings: askSettings,
		flags:    q.flags("org?", "owner", "as"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error { return q.canI(ctx, api, t, c.operands) })
		},
	}
}

// canI asks one check and, if there are roles to explain it, its explanation.
func (q *query) canI(ctx context.Context, api *client.Client, t *terminal, operands []string) error {
	const key = "answer"
	object := client.CheckObject{ResourceType: operands[1], OwnerID: q.owner}
	if q.org != "" {
		// A check names organizations by id, while people know their names.
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
	// The API answers a question about an unknown type or action with no. Here that is a mistake: a script with a
	// misspelled name would wait for a yes forever.
	if !yes {
		words, err := vocabularyOf(ctx, api)
		if err == nil {
			err = words.unknown(operands[0], operands[1])
		}
		if err != nil {
			return err
		}
	}
	// Used if no explanation was asked for.
	because, verdict := "The operator is obeyed as an owner is.", "Yes."
	if e, ok := got.Explanations[key]; ok {
		verdict, because = e.Verdict, e.Because
	}
	return t.verdict(yes, report{
		value: got, head: []string{"ACTION", "TYPE", "ALLOWED", "BECAUSE"},
		rows: [][]string{{operands[0], operands[1], strconv.FormatBool(yes), verdict + " " + because}},
		text: func(w io.Writer) { fmt.Fprintf(w, "%s\n%s\n", verdict, because) },
	})
}
