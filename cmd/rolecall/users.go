package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

var userHead = []string{"USERNAME", "NAME", "EMAIL", "STATUS", "SITE ROLES", "LAST SEEN", "ENDS"}

func userRow(u client.User) []string {
	return []string{u.Username, u.Name, u.Email, string(u.Status), roleNames(u.Roles), ever(u.LastSeenAt), firstEnd(u.NextEnd)}
}

// firstEnd writes when the first of the roles ends; a dash means never.
func firstEnd(at time.Time) string {
	if at.IsZero() {
		return "–"
	}
	return at.Format(time.RFC3339)
}

// ever writes a time, or "never".
func ever(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.Format(time.RFC3339)
}

// userReport says in a sentence what happened to an account. The row is for CSV, which has no sentences.
func userReport(u client.User, became string) report {
	return report{value: u, head: userHead, rows: [][]string{userRow(u)}, text: sentence("%s %s.", u.Username, became)}
}

// usersPage is how many accounts one request asks for.
const usersPage = 500

// firsts yields the first limit values and their errors; 0 means all.
func firsts[T any](values iter.Seq2[T, error], limit int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		n := 0
		for v, err := range values {
			if n++; !yield(v, err) || n == limit {
				return
			}
		}
	}
}

// usersListCommand reads page after page, so that it lists all accounts without an option.
func usersListCommand() *command {
	var q query
	var records recordFilter
	var search, sort string
	return &command{
		name:    "users list",
		summary: "List accounts",
		about: "Terms of --q: status, role (of the site), login_type, name, last_seen_before, last_seen_after, created_before and\n" +
			"created_after, each as term:value. A bare word searches username, name and e-mail address.",
		examples: []string{"rolecall users list", "rolecall users list --q 'status:suspended role:owner' --sort -last_seen_at", "rolecall users list --ending 30d"},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			fs.StringVar(&search, "q", "", "`QUERY` that selects accounts")
			records.flags(fs, "a role of the site")
			fs.Var(&choice{&sort, sortKeys("username", "name", "email", "created_at", "last_seen_at")}, "sort", "`KEY` to sort by: username, name, email, created_at or last_seen_at; with - in front, descending")
			q.flags("limit")(fs)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				// A page is no larger than needed.
				users := api.EachUser(ctx, client.UserQuery{
					Query: search, Sources: commas(records.sources), Ending: records.ending, Sort: sort, Limit: min(cmp.Or(q.limit, usersPage), usersPage),
				})
				return printListing(t, listing[client.User]{userHead, userRow, firsts(users, q.limit)})
			})
		},
	}
}

func usersShowCommand() *command {
	return &command{
		name: "users show", operand: "USER",
		summary:  "Show an account, by id or username",
		examples: []string{"rolecall users show grace", "rolecall users show me --json"},
		settings: askSettings,
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				var tag string
				u, err := api.User(ctx, c.operand, client.GetETag(&tag))
				if err != nil {
					return err
				}
				return t.print(report{value: u, names: []string{u.Username}, rows: [][]string{
					{"username", u.Username}, {"name", u.Name}, {"e-mail", u.Email}, {"status", string(u.Status)}, {"signs in by", u.LoginType},
					{"site roles", roleNames(u.Roles)}, {"id", u.ID.String()}, {"created", u.CreatedAt.Format(time.RFC3339)},
					{"last seen", ever(u.LastSeenAt)}, {"version", tag},
				}})
			})
		},
	}
}

// usersSetRolesCommand replaces the roles, so that a script describes the result and not the way to it.
func usersSetRolesCommand() *command {
	var q query
	return &command{
		name: "users set-roles", operand: "USER [ROLE…]",
		summary:  "Replace the site roles of an account; without ROLE, remove all",
		examples: []string{"rolecall users set-roles grace owner help-desk", "rolecall users set-roles grace --dry-run"},
		settings: askSettings,
		flags:    q.flags("dry-run", "if-match"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				// Not nil: an empty list takes all roles away, and nil would be a mistake.
				roles := append([]string{}, c.operands[1:]...)
				if q.dryRun {
					impact, err := api.PreviewUserRoles(ctx, c.operand, roles, q.match("")...)
					if err != nil {
						return err
					}
					return t.print(impactReport(impact, impact))
				}
				u, err := api.SetUserRoles(ctx, c.operand, roles, q.match("")...)
				if err != nil {
					return err
				}
				r := userReport(u, "")
				r.text = func(w io.Writer) { fmt.Fprintln(w, holds(u.Username, u.Roles)) }
				return t.print(r)
			})
		},
	}
}
