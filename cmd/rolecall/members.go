package main

import (
	"cmp"
	"context"
	"strings"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// membersListCommand streams by default, unlike the API, which pages: people take a list that simply ends for complete.
func membersListCommand() *command {
	var q query
	var members memberFilter
	var sort string
	return &command{
		name:     "members list",
		summary:  "List the members of an organization with their roles",
		examples: []string{"rolecall members list --org acme", "rolecall members list --org acme --role reviewer --status suspended --json", "rolecall members list --org acme --ending 30d --source manual"},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			q.flags("org", "limit")(fs)
			members.flags(fs)
			fs.Var(&choice{&sort, sortKeys("username", "name", "email", "created_at", "updated_at")}, "sort", "`KEY` to sort by: username, name, email, created_at or updated_at; with - in front, descending")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				wanted := members.query()
				wanted.Sort, wanted.Limit = sort, q.limit
				return printListing(t, listing[client.MemberWithUser]{memberHead, memberRow, api.StreamMembers(ctx, q.organization(), wanted)})
			})
		},
	}
}

// memberFilter holds the flags that select members. Listing and bulk changes share it, so that a list shows whom a
// change would be about.
type memberFilter struct {
	text, roles, siteRoles string
	statuses               []string
	records                recordFilter
}

func (f *memberFilter) flags(fs *pflag.FlagSet) {
	fs.StringVar(&f.text, "q", "", "`TEXT` in username, name or e-mail address")
	fs.StringVar(&f.roles, "role", "", "`ROLE,...` in the organization, any of them")
	fs.StringVar(&f.siteRoles, "site-role", "", "`ROLE,...` of the site, any of them")
	fs.Var(&choices{&f.statuses, []string{"active", "dormant", "suspended"}}, "status", "`STATUS,...` of the account: active, dormant, suspended")
	f.records.flags(fs, "a role or the membership")
}

func (f *memberFilter) query() client.MemberQuery {
	return client.MemberQuery{
		Text: f.text, Roles: commas(f.roles), SiteRoles: commas(f.siteRoles), Statuses: asStatuses(f.statuses),
		Sources: commas(f.records.sources), Ending: f.records.ending,
	}
}

// empty reports whether the filter selects all members.
func (f *memberFilter) empty() bool {
	return f.text == "" && f.roles == "" && f.siteRoles == "" && len(f.statuses) == 0 && f.records == recordFilter{}
}

// recordFilter holds the flags that select people by the source and end of their roles. The server knows the values.
type recordFilter struct{ sources, ending string }

func (f *recordFilter) flags(fs *pflag.FlagSet, what string) {
	fs.StringVar(&f.sources, "source", "", "`SOURCE,...` of "+what+", any of them: manual, invite, default, operator, oidc:NAME, scim:NAME")
	fs.StringVar(&f.ending, "ending", "", "`SPAN` within which "+what+" ends: 30d, 12h")
}

// commas splits a list at its commas. An empty text is an empty list; strings.Split alone would return one empty name.
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

// sortKeys returns keys to sort by, ascending and descending.
func sortKeys(keys ...string) (all []string) {
	for _, key := range keys {
		all = append(all, key, "-"+key)
	}
	return all
}

var memberHead = []string{"USERNAME", "NAME", "EMAIL", "ROLES", "SITE ROLES", "ENDS"}

// memberRow writes a dash for members without a role of the organization, whom people look for in such a list.
func memberRow(m client.MemberWithUser) []string {
	return []string{m.Username, m.Name, m.Email, cmp.Or(roleNames(m.Roles), "–"), roleNames(m.SiteRoles), firstEnd(m.NextEnd)}
}
