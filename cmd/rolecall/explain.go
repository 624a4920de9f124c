package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// explainCommand is the long form of can-i. The exit code is the same, so a script can use either.
func explainCommand() *command {
	var q query
	return &command{
		name: "explain", operand: "USER ACTION TYPE",
		summary: "Explain why a member may or may not do something, and what would change that",
		about: "Shows every rule that applies with its role, level by level: which one decides, and which do not count. Then\n" +
			"lists the single changes that would reverse the answer, smallest first. Exit code 0 is yes, 1 is no.",
		examples: []string{
			"rolecall explain grace delete organization_member --org acme",
			"rolecall explain grace read organization_member --org acme --owner me --json",
		},
		settings: askSettings,
		flags:    q.flags("org", "owner"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				got, err := api.ExplainMember(ctx, q.organization(), c.operand, q.question(c.operands[1:]))
				if err != nil {
					return err
				}
				// The words of the catalog that answered: this program may know another one.
				words, err := vocabularyOf(ctx, api)
				if err != nil {
					return err
				}
				e := &got.Explanation
				return t.verdict(e.Allowed, report{
					value: got, head: []string{"LEVEL", "PERMISSION", "ROLE", "COUNTS"}, rows: levels(e),
					text: func(w io.Writer) { printExplanation(w, words, cmp.Or(got.Name, got.Username), e) },
				})
			})
		},
	}
}

// printExplanation prints the same sentence as the pages, made by the same function, so that no one has to compare two
// wordings.
func printExplanation(w io.Writer, words vocabulary, who string, e *client.Explanation) {
	// The permission has already been named.
	said := org.Wording{Verdict: e.Verdict, Reason: strings.Replace(e.Because, e.ResourceType+":"+e.Action, "it", 1)}
	fmt.Fprintf(w, "%s\n\n", said.Sentence(who, words.doing(e.ResourceType, e.Action, e.Own)))
	table(w, levels(e)...)
	if len(e.Changes) == 0 {
		return
	}
	fmt.Fprintln(w, "\nWhat would change this, one change each:")
	var rows [][]string
	for _, s := range e.Changes {
		refusal := s.Refusal
		if refusal != "" {
			// A change that the caller may not make is listed too: the caller can ask someone else for it.
			refusal = "not by you: " + refusal
		}
		rows = append(rows, []string{"  " + words.suggestion(&s), s.Blast, refusal})
	}
	table(w, rows...)
}

// suggestion is a change in one line, as the pages write it.
func (v vocabulary) suggestion(s *client.Suggestion) string {
	// Some changes are not about a permission, such as activating an account; the server words these.
	if s.Permission == nil {
		return s.Text
	}
	change := org.Suggestion{Kind: org.SuggestionKind(s.Kind)}
	if s.Level == rbac.LevelUser.String() {
		change.Level = rbac.LevelUser
	}
	before, after := change.Words(v.doing(s.Permission.ResourceType, s.Permission.Action, false))
	return before + " " + cmp.Or(s.Role.DisplayName, s.Role.Name) + " " + after
}

// levels returns the rules that apply, level by level. Overruled ones are shown too, since people ask why a role they
// hold does not help.
func levels(e *client.Explanation) (rows [][]string) {
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
	return rows
}

// permissionsCommand gives no verdict: a member without any permission is not an error, and the exit code is 0.
func permissionsCommand() *command {
	var q query
	return &command{
		name: "permissions", operand: "USER",
		summary:  "List everything that a member may do, and which roles allow it",
		examples: []string{"rolecall permissions grace --org acme", "rolecall permissions grace --org acme --all"},
		settings: askSettings,
		flags:    q.flags("org", "all"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				got, err := api.EffectivePermissions(ctx, q.organization(), c.operand)
				if err != nil {
					return err
				}
				return t.print(report{value: got, head: []string{"PERMISSION", "ANSWER", "BECAUSE OF"}, rows: q.permissionRows(got)})
			})
		},
	}
}

// permissionRows leaves out what no role mentions unless --all asks for it: that is most of the catalog.
func (q *query) permissionRows(list []client.EffectivePermission) (rows [][]string) {
	for _, p := range list {
		answer := "not set"
		switch {
		case p.Allowed:
			answer = "yes"
		// After the wider answer, which includes it, and before a deny, which is then about other objects.
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
	return rows
}
