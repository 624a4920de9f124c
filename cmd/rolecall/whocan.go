package main

import (
	"context"
	"fmt"
	"io"

	"rolecall.example/client"
)

// whoCanCommand answers people who review access, so it leaves no one out silently: the sentence says what is not
// shown.
func whoCanCommand() *command {
	var q query
	return &command{
		name: "who-can", operand: "ACTION TYPE",
		summary: "List who may do something in an organization, and which roles allow it",
		about: "Lists the members first, then up to 100 accounts outside the organization, if you may read the accounts of the\n" +
			"site. Suspended accounts may do nothing. Exit code 1: no one may.",
		examples: []string{
			"rolecall who-can delete organization_member --org acme",
			"rolecall who-can assign assign_org_role --org acme --json --url https://roles.example.com",
		},
		settings: askSettings,
		flags:    q.flags("org", "owner", "limit"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				got, err := api.WhoCanPage(ctx, q.organization(), q.question(c.operands), client.WhoCanPage{Limit: q.limit})
				if err != nil {
					return err
				}
				someone := got.Count > 0 || got.Outside != nil && got.Outside.Count > 0
				words, err := vocabularyOf(ctx, api)
				if err != nil {
					return err
				}
				return t.verdict(someone, whoCanReport(t, words, &got))
			})
		},
	}
}

// whoCanReport lists people outside the organization separately: roles of the site give them the permission, so changes
// of the organization make no difference for them.
func whoCanReport(t *terminal, words vocabulary, g *client.WhoCan) report {
	r := report{value: g, head: []string{"USERNAME", "STATUS", "LEVEL", "ALLOWED BY"}, names: []string{}}
	for _, m := range g.Members {
		r.rows = append(r.rows, []string{m.Username, string(m.Status), m.Level, roleNames(m.AllowedBy)})
	}
	members := len(r.rows)
	if g.Outside != nil {
		for _, u := range g.Outside.Users {
			r.rows = append(r.rows, []string{u.Username, string(u.Status), u.Level, roleNames(u.AllowedBy)})
		}
	}
	for _, row := range r.rows {
		r.names = append(r.names, row[0])
	}
	r.text = func(w io.Writer) {
		if members > 0 {
			t.printTable(w, r.head, r.rows[:members])
		}
		if outside := r.rows[members:]; len(outside) > 0 {
			fmt.Fprintln(w, "\nOutside the organization:")
			t.printTable(w, r.head, outside)
			// The server names a hundred of them at most.
			if more := g.Outside.Count - len(outside); more > 0 {
				fmt.Fprintf(w, "and %s more\n", thousands(more))
			}
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, whoCanSentence(words, g))
	}
	return r
}

// whoCanSentence returns the answer in one sentence. Suspended accounts are counted separately, since activating one
// gives it the permission back.
func whoCanSentence(words vocabulary, g *client.WhoCan) string {
	s := fmt.Sprintf("%s of %s can %s", thousands(g.Count), counted(g.Total, "member", "members"), words.doing(g.ResourceType, g.Action, g.Own))
	if g.Suspended > 0 {
		s += fmt.Sprintf("; %s suspended", counted(g.Suspended, "more is", "more are"))
	}
	switch {
	case g.Outside == nil:
		s += "; accounts outside the organization are not shown to you"
	case g.Outside.Count > 0:
		s += fmt.Sprintf("; %s outside the organization can, by roles of the site", counted(g.Outside.Count, "person", "people"))
	}
	return s + "."
}
