package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"rolecall.example/client"
)

// maxNames is how many users one request may add.
const maxNames = 1000

func membersAddCommand() *command {
	var q query
	return &command{
		name: "members add", operand: "[USER…]",
		summary: "Make users members of an organization",
		about: "USER is a username, an id, or an e-mail address; - reads names from standard input, one a line. People who cannot be\n" +
			"added are listed with the reason, and the others are added; the exit code is then 3.",
		examples: []string{"rolecall members add wendy grace --org acme", "rolecall members add --file new-people.txt --org acme", "cut -d, -f1 people.csv | rolecall members add - --org acme"},
		settings: askSettings,
		flags:    q.flags("org", "file", "dry-run"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error { return q.addMembers(ctx, api, t, c.operands) })
		},
	}
}

func (q *query) addMembers(ctx context.Context, api *client.Client, t *terminal, operands []string) error {
	names, err := q.names(t, operands)
	switch {
	case err != nil:
		return err
	case len(names) == 0:
		return usageError("USER or --file is needed; see rolecall help members add")
	// One name gets the answer of a single request, which says why not, with the right exit code.
	case len(names) == 1 && !q.dryRun && !strings.Contains(names[0], "@"):
		m, err := api.AddMember(ctx, q.organization(), names[0])
		if err != nil {
			return err
		}
		return t.print(report{value: m, head: outcomeHead, rows: [][]string{{names[0], "added"}}, text: sentence("%s is a member of %s now.", names[0], q.organization())})
	case q.dryRun && len(names) > maxNames:
		return usageError(fmt.Sprintf("--dry-run is about %d names at most", maxNames))
	}
	if q.dryRun {
		got, err := api.PreviewChangeMembers(ctx, q.organization(), client.MemberQuery{}, client.BulkRequest{Action: client.BulkAdd, Users: names})
		if err != nil {
			return err
		}
		return printBulkImpact(t, got, "would be added")
	}
	var all client.BulkResult
	// Each part is a transaction of its own. What is done stays, and the same call again finds those unchanged.
	for part := range slices.Chunk(names, maxNames) {
		got, err := api.ChangeMembers(ctx, q.organization(), client.MemberQuery{}, client.BulkRequest{Action: client.BulkAdd, Users: part})
		if err != nil {
			return fmt.Errorf("%w; %s added before", err, counted(len(all.Done), "user was", "users were"))
		}
		all.Done = append(all.Done, got.Done...)
		all.Unchanged = append(all.Unchanged, got.Unchanged...)
		all.Refused = append(all.Refused, got.Refused...)
	}
	return printBulk(t, all, "added")
}

func membersRemoveCommand() *command {
	var q query
	return &command{
		name: "members remove", operand: "[USER…]",
		summary:  "End memberships in an organization, with all roles in it",
		about:    "Shows who would lose what, and asks. USER may also be -, to read names from standard input, one a line.",
		examples: []string{"rolecall members remove wendy --org acme", "rolecall members remove --file left.txt --org acme --yes"},
		settings: askSettings,
		flags:    q.flags("org", "file", "dry-run", "if-match", "yes"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error { return q.removeMembers(ctx, api, t, c.operands) })
		},
	}
}

func (q *query) removeMembers(ctx context.Context, api *client.Client, t *terminal, operands []string) error {
	names, err := q.names(t, operands)
	switch {
	case err != nil:
		return err
	case len(names) == 0:
		return usageError("USER or --file is needed; see rolecall help members remove")
	case len(names) == 1:
		return q.removeMember(ctx, api, t, names[0])
	// A version is of one membership.
	case q.ifMatch != "":
		return usageError("--if-match is about one USER")
	}
	b := bulk{query: *q, request: client.BulkRequest{Action: client.BulkRemove, Users: names}}
	return b.run(ctx, api, t)
}

// removeMember has the condition in the preview as well: what is shown with the question is the state that is then
// removed.
func (q *query) removeMember(ctx context.Context, api *client.Client, t *terminal, user string) error {
	var tag string
	m, err := api.Member(ctx, q.organization(), user, client.GetETag(&tag))
	if err != nil {
		return err
	}
	impact, err := api.PreviewRemoveMember(ctx, q.organization(), user, q.match(tag)...)
	if err != nil {
		return err
	}
	if q.dryRun {
		return t.print(impactReport(impact, impact))
	}
	if err := q.confirm(ctx, t, fmt.Sprintf("Remove %s from %s?", m.Username, q.organization()), impactReport(impact, impact)); err != nil {
		return err
	}
	if err := api.RemoveMember(ctx, q.organization(), m.UserID.String(), q.match(tag)...); err != nil {
		return err
	}
	return t.print(report{value: m, head: outcomeHead, rows: [][]string{{m.Username, "removed"}}, text: sentence("%s is no longer a member of %s.", m.Username, q.organization())})
}

var outcomeHead = []string{"USERNAME", "OUTCOME"}

// outcomeRows has those first whom something happened to.
func outcomeRows(r client.BulkResult, done string) (rows [][]string) {
	for _, m := range r.Done {
		rows = append(rows, []string{m.Username, done})
	}
	for _, m := range r.Unchanged {
		rows = append(rows, []string{m.Username, "unchanged"})
	}
	for _, refused := range r.Refused {
		rows = append(rows, []string{refused.User, "refused: " + refused.Reason})
	}
	return rows
}

// printBulk prints what became of each user. Anyone refused makes it a failure. Those who were not refused stay changed:
// one protected member must not hold up the others, but a script has to notice.
func printBulk(t *terminal, r client.BulkResult, done string) error {
	names := []string{}
	for _, m := range r.Done {
		names = append(names, m.Username)
	}
	if err := t.print(report{value: r, head: outcomeHead, rows: outcomeRows(r, done), names: names}); err != nil || len(r.Refused) == 0 {
		return err
	}
	return fmt.Errorf("refused for %d of %s", len(r.Refused), counted(len(r.Done)+len(r.Unchanged)+len(r.Refused), "user", "users"))
}

// bulkReport is whom a change of many members would be about, and what it would do to them.
func bulkReport(t *terminal, got client.BulkImpact, would string) report {
	r := impactReport(got.Impact, got)
	impact, rows := r.text, outcomeRows(got.BulkResult, would)
	r.names = []string{}
	for _, m := range got.Done {
		r.names = append(r.names, m.Username)
	}
	r.text = func(w io.Writer) {
		t.printTable(w, outcomeHead, rows)
		impact(w)
	}
	return r
}

func printBulkImpact(t *terminal, got client.BulkImpact, would string) error {
	return t.print(bulkReport(t, got, would))
}
