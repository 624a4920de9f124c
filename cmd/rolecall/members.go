package main

import (
	"cmp"
	"context"
	"strings"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

func membersListCommand() *command {
	var q query
	var text, role, sort string
	var statuses []string
	return &command{
		name:     "members list",
		summary:  "List the members of an organization with their roles",
		examples: []string{"rolecall members list --org acme", "rolecall members list --org acme --role auditor --status suspended --json"},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			q.flags("org", "limit")(fs)
			fs.StringVar(&text, "q", "", "`TEXT` in username, name or e-mail address")
			fs.StringVar(&role, "role", "", "`ROLE,...` in the organization, any of them")
			fs.Var(&choices{&statuses, []string{"active", "dormant", "suspended"}}, "status", "`STATUS,...` of the account: active, dormant, suspended")
			fs.Var(&choice{&sort, sortKeys("username", "name", "email", "created_at", "updated_at")}, "sort", "`KEY` to sort by: username, name, email, created_at or updated_at; with - in front, descending")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				members := api.StreamMembers(ctx, q.organization(), client.MemberQuery{
					Text: text, Roles: commas(role), Statuses: asStatuses(statuses), Sort: sort, Limit: q.limit,
				})
				return printListing(t, listing[client.MemberWithUser]{memberHead, memberRow, members})
			})
		},
	}
}

// commas splits a list at its commas. An empty text is an empty list.
func commas(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func asStatuses(names []string) (list []client.Status) {
	for _, name := range names {
		list = append(list, client.Status(name))
	}
	return list
}

// sortKeys returns keys to sort by, upwards and downwards.
func sortKeys(keys ...string) (all []string) {
	for _, key := range keys {
		all = append(all, key, "-"+key)
	}
	return all
}

var memberHead = []string{"USERNAME", "NAME", "EMAIL", "ROLES", "SITE ROLES"}

func memberRow(m client.MemberWithUser) []string {
	return []string{m.Username, m.Name, m.Email, cmp.Or(roleNames(m.Roles), "–"), roleNames(m.SiteRoles)}
}
