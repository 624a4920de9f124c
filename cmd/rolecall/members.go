package main

import (
	"cmp"
	"context"
	"flag"
	"io"
	"strings"

	"rolecall.example/client"
)

func membersListCommand() *command {
	var q query
	var text, role, status, sort string
	return &command{
		name:     "members list",
		summary:  "List the members of an organization with their roles",
		examples: []string{"rolecall members list --org acme", "rolecall members list --org acme --role auditor --status suspended --json"},
		settings: askSettings,
		flags: func(fs *flag.FlagSet) {
			q.flags("org", "limit")(fs)
			fs.StringVar(&text, "q", "", "`TEXT` in username, name or e-mail address")
			fs.StringVar(&role, "role", "", "`ROLE,…` in the organization, any of them")
			fs.StringVar(&status, "status", "", "`STATUS,…` of the account: active, dormant, suspended")
			fs.StringVar(&sort, "sort", "", "`KEY` to sort by: username, name, email, created_at or updated_at; with - in front, descending")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				got, err := api.Members(ctx, q.organization(), client.MemberQuery{
					Text: text, Roles: commas[string](role), Statuses: commas[client.Status](status), Sort: sort, Limit: q.limit,
				})
				if err != nil || q.json {
					return printed(t.out, got, err)
				}
				printMembers(t.out, got)
				return nil
			})
		},
	}
}

// commas splits a list at its commas. An empty text is an empty list.
func commas[T ~string](text string) []T {
	var list []T
	if text != "" {
		for part := range strings.SplitSeq(text, ",") {
			list = append(list, T(part))
		}
	}
	return list
}

func printMembers(w io.Writer, list []client.MemberWithUser) {
	rows := [][]string{{"USERNAME", "NAME", "EMAIL", "ROLES", "SITE ROLES"}}
	for _, m := range list {
		rows = append(rows, []string{m.Username, m.Name, m.Email, cmp.Or(roleNames(m.Roles), "–"), roleNames(m.SiteRoles)})
	}
	table(w, rows...)
}
