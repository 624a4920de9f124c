package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"rolecall.example/client"
)

// eachPermission calls fn with every permission of a role and its level. Everything that prints a role uses it, so the
// levels are always in the same order.
func eachPermission(r *client.Role, fn func(level string, p client.Permission)) {
	for _, p := range r.Site {
		fn("site", p)
	}
	for _, p := range r.Organization {
		fn("organization", p)
	}
	for _, p := range r.User {
		fn("own things", p)
	}
}

// rolesListCommand includes built-in roles, since these can be given too.
func rolesListCommand() *command {
	var q query
	return &command{
		name:     "roles list",
		summary:  "List the roles of an organization, or of the site without --org",
		examples: []string{"rolecall roles list --org acme", "rolecall roles list --json"},
		settings: askSettings,
		flags:    q.flags("org?"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				got, err := api.Roles(ctx, q.scope())
				if err != nil {
					return err
				}
				return t.print(report{value: got, head: []string{"NAME", "DISPLAY NAME", "KIND", "ALLOWS", "DENIES"}, rows: roleRows(got)})
			})
		},
	}
}

// roleRows counts denies separately: the name of a role does not show that it takes something away.
func roleRows(list []client.AssignableRole) (rows [][]string) {
	for _, r := range list {
		kind, allows, denies := "custom", 0, 0
		if r.BuiltIn {
			kind = "built-in"
		}
		eachPermission(&r.Role, func(_ string, p client.Permission) {
			if p.Negate {
				denies++
			} else {
				allows++
			}
		})
		rows = append(rows, []string{r.Name, r.DisplayName, kind, strconv.Itoa(allows), strconv.Itoa(denies)})
	}
	return rows
}

func rolesShowCommand() *command {
	var q query
	return &command{
		name: "roles show", operand: "ROLE",
		summary:  "Show what a role allows and denies",
		examples: []string{"rolecall roles show ci-runner --org acme", "rolecall roles show owner"},
		settings: askSettings,
		flags:    q.flags("org?"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				r, err := api.Role(ctx, q.scope(), c.operand)
				if err != nil {
					return err
				}
				return t.print(roleReport(&r))
			})
		},
	}
}

// roleReport writes the sign first for people, because a deny among allows is easily overlooked.
func roleReport(r *client.AssignableRole) report {
	var rows, indented [][]string
	eachPermission(&r.Role, func(level string, p client.Permission) {
		effect := "allow"
		if p.Negate {
			effect = "deny"
		}
		rows = append(rows, []string{p.ResourceType + ":" + p.Action, effect, level})
		indented = append(indented, []string{"  " + permissionText(p), level})
	})
	return report{value: r, head: []string{"PERMISSION", "EFFECT", "LEVEL"}, rows: rows, text: func(w io.Writer) {
		fmt.Fprintf(w, "%s (%s)\n", cmp.Or(r.DisplayName, r.Name), r.Name)
		if r.Description != "" {
			fmt.Fprintln(w, r.Description)
		}
		table(w, indented...)
	}}
}

// rolesDeletedCommand prints what undo takes: the entries of the deletions. With --quiet it prints only those, so that
// a script can pass the first one on. Roles deleted longer ago can be found in the trail.
func rolesDeletedCommand() *command {
	var q query
	return &command{
		name:     "roles deleted",
		summary:  "List the custom roles that were deleted within 30 days, newest first",
		about:    "undo restores one by its ENTRY, as a new role that no one has.",
		examples: []string{"rolecall roles deleted --org acme", "rolecall undo 019ab3c2-7a41-7d53-9d0e-5b2f6f0c8a11"},
		settings: askSettings,
		flags:    q.flags("org?"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				got, err := api.DeletedRoles(ctx, q.scope())
				if err != nil {
					return err
				}
				out := report{value: got, head: []string{"NAME", "DISPLAY NAME", "DELETED", "BY", "ENTRY"}, names: []string{}}
				for _, d := range got {
					out.names = append(out.names, d.EntryID.String())
					out.rows = append(out.rows, []string{d.Name, d.DisplayName, d.DeletedAt.Format(time.RFC3339), d.DeletedBy, d.EntryID.String()})
				}
				return t.print(out)
			})
		},
	}
}

// rolesHistoryCommand says who and when; roles diff, with two of its numbers, says what changed.
func rolesHistoryCommand() *command {
	var q query
	return &command{
		name: "roles history", operand: "ROLE",
		summary:  "List the versions of a custom role, newest first",
		examples: []string{"rolecall roles history ci-runner --org acme"},
		settings: askSettings,
		flags:    q.flags("org?"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				got, err := api.RoleHistory(ctx, q.scope(), c.operand)
				if err != nil {
					return err
				}
				var rows [][]string
				for _, v := range got {
					restored := ""
					if v.RestoredFrom > 0 {
						restored = strconv.FormatInt(v.RestoredFrom, 10)
					}
					rows = append(rows, []string{strconv.FormatInt(v.Version, 10), v.CreatedAt.Format(time.RFC3339), v.CreatedBy, restored})
				}
				return t.print(report{value: got, head: []string{"VERSION", "SAVED", "BY", "RESTORED FROM"}, rows: rows})
			})
		},
	}
}
