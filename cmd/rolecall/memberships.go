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
	// One name gets the answer of a single request, which has the reason of a refusal and the right exit code.
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
	// Each batch is its own transaction. Completed ones stay, and repeating the call finds those unchanged.
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
	// A version belongs to one membership.
	case q.ifMatch != "":
		return usageError("--if-match is about one USER")
	}
	b := bulk{query: *q, request: client.BulkRequest{Action: client.BulkRemove, Users: names}}
	return b.run(ctx, api, t)
}

// removeMember also uses the condition in the preview: the state that is shown with the question is the one that is
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

// outcome is the result of a change of many people.
type outcome struct {
	value         any // as the API answered
	changed, same []string
	refused       []client.BulkRefusal
}

// memberOutcome includes the accounts that got their status back: one undo covers both.
func memberOutcome(r client.BulkResult) outcome {
	o := outcome{value: r, refused: r.Refused, changed: []string{}}
	for _, m := range r.Done {
		o.changed = append(o.changed, m.Username)
	}
	for _, u := range r.Users {
		o.changed = append(o.changed, u.Username)
	}
	for _, m := range r.Unchanged {
		o.same = append(o.same, m.Username)
	}
	return o
}

// rows starts with the people for whom something changed.
func (o *outcome) rows(done string) (rows [][]string) {
	for _, name := range o.changed {
		rows = append(rows, []string{name, done})
	}
	for _, name := range o.same {
		rows = append(rows, []string{name, "unchanged"})
	}
	for _, r := range o.refused {
		rows = append(rows, []string{r.User, "refused: " + r.Reason})
	}
	return rows
}

// report does not name unchanged people: a following command would change them too.
func (o *outcome) report(done string) report {
	return report{value: o.value, head: outcomeHead, rows: o.rows(done), names: o.changed}
}

// print prints the result for each person. If anyone is refused, the command fails. The others stay changed: one who is
// protected must not hold up the rest, but a script has to notice.
func (o *outcome) print(t *terminal, done string) error {
	if err := t.print(o.report(done)); err != nil || len(o.refused) == 0 {
		return err
	}
	return fmt.Errorf("refused for %d of %s", len(o.refused), counted(len(o.changed)+len(o.same)+len(o.refused), "user", "users"))
}

func printBulk(t *terminal, r client.BulkResult, done string) error {
	o := memberOutcome(r)
	return o.print(t, done)
}

// bulkReport shows whom a change of many members would be about, and what it would do to them.
func bulkReport(t *terminal, got client.BulkImpact, would string) report {
	r, o := impactReport(got.Impact, got), memberOutcome(got.BulkResult)
	impact, rows := r.text, o.rows(would)
	r.names = o.changed
	r.text = func(w io.Writer) {
		t.printTable(w, outcomeHead, rows)
		impact(w)
	}
	return r
}

func printBulkImpact(t *terminal, got client.BulkImpact, would string) error {
	return t.print(bulkReport(t, got, would))
}
