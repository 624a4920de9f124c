package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"rolecall.example/client"
)

// rolesExportCommand writes YAML where other commands print a table: its output is a file, and apply reads it back.
func rolesExportCommand() *command {
	var q query
	return &command{
		name: "roles export", operand: "[NAME…]",
		summary: "Write the custom roles of an organization, or of the site without --org, for roles apply",
		examples: []string{
			"rolecall roles export --org acme > roles.yaml",
			"rolecall roles export night-shift --org acme | rolecall roles apply -f - --url https://staging.example.com",
		},
		settings: askSettings,
		flags:    q.flags("org?"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				list, err := q.exported(ctx, api, c.operands)
				if err != nil {
					return err
				}
				r := report{value: list, head: []string{"NAME", "ORGANIZATION", "PERMISSIONS"}, text: func(w io.Writer) { _ = printYAML(w, list) }} // run reports a failure
				for _, role := range list {
					all := slices.Concat(role.OfOrg, role.OfSite, role.OfUser)
					r.rows = append(r.rows, []string{role.Name, role.Organization, strconv.Itoa(len(all))})
				}
				return t.print(r)
			})
		},
	}
}

// exported returns the custom roles with these names, or all of them. If a name is missing, everything fails: otherwise
// a pipe into apply --prune would delete the role elsewhere.
func (q *query) exported(ctx context.Context, api *client.Client, names []string) ([]fileRole, error) {
	home := ""
	if q.org != "" {
		// The file names the organization by its name, which is the same on another server; ids are not.
		o, err := api.Organization(ctx, q.org)
		if err != nil {
			return nil, err
		}
		home = o.Name
	}
	roles, err := api.Roles(ctx, q.scope())
	if err != nil {
		return nil, err
	}
	list := []fileRole{}
	for _, r := range roles {
		if !r.BuiltIn && (len(names) == 0 || slices.Contains(names, r.Name)) {
			list = append(list, exportedRole(home, r.Role))
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(list, func(r fileRole) bool { return r.Name == name }) {
			var known []string
			for _, r := range roles {
				known = append(known, r.Name)
			}
			if slices.Contains(known, name) {
				// A separate message: the role exists, so "there is no role" would be wrong.
				return nil, usageError(name + " is built in and cannot be applied")
			}
			return nil, usageError(fmt.Sprintf("there is no role %q in %s%s", name, place(q.scope()), didYouMean(strings.ToLower(name), known, "")))
		}
	}
	return list, nil
}

// exportedRole gives a role of the site its list even if it is empty, because that list says where the role belongs.
func exportedRole(organization string, r client.Role) fileRole {
	out := fileRole{Organization: organization, Name: r.Name, DisplayName: r.DisplayName, Description: r.Description}
	if organization != "" {
		out.OfOrg = shortForm(r.Organization)
		return out
	}
	out.OfSite = shortForm(r.Site)
	if len(r.User) > 0 {
		out.OfUser = shortForm(r.User)
	}
	return out
}
