package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// catalogShowCommand is for reading. The file to edit comes from catalog export, since this form leaves out other parts
// of a file.
func catalogShowCommand() *command {
	var version int64
	return &command{
		name:     "catalog show",
		summary:  "Show all resource types, actions and built-in roles",
		about:    "catalog export writes them to a file, catalog versions lists the earlier ones.",
		examples: []string{"rolecall catalog show", "rolecall catalog show --version 2 --json --url https://roles.example.com"},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			fs.Int64Var(&version, "version", 0, "`NUMBER` of the version; 0 is the one in force")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				// An earlier version has its own address: it never changes.
				ask := func() (client.Catalog, error) { return api.Catalog(ctx) }
				if version != 0 {
					ask = func() (client.Catalog, error) { return api.CatalogAt(ctx, version) }
				}
				got, err := ask()
				if err != nil {
					return err
				}
				return t.print(catalogReport(t, &got))
			})
		},
	}
}

// catalogReport shows a catalog as tables: types with actions, and the built-in roles.
func catalogReport(t *terminal, c *client.Catalog) report {
	r := report{value: c, head: []string{"PERMISSION", "INSIDE", "DESCRIPTION", "RISK"}}
	var types, roles [][]string
	for _, typ := range c.Types {
		inside := "organization"
		if typ.SiteOnly {
			inside = "site"
		}
		var actions []string
		for _, a := range typ.Actions {
			actions = append(actions, a.Name)
			r.rows = append(r.rows, []string{typ.Name + ":" + a.Name, inside, a.Description, a.Risk})
		}
		types = append(types, []string{typ.Name, typ.Label, inside, strings.Join(actions, ",")})
	}
	for _, role := range c.BuiltIns {
		who := role.Scope
		if role.Implied {
			// No one is given such a role, so people would not find it among those that are held.
			who += ", everybody there"
		}
		// All levels together, as a measure of the size of the role.
		holds := len(role.Site) + len(role.Organization) + len(role.User)
		roles = append(roles, []string{role.Name, role.DisplayName, who, strconv.Itoa(holds)})
	}
	r.text = func(w io.Writer) {
		fmt.Fprintf(w, "Version %d of the catalog\n\n", c.Version)
		t.printTable(w, []string{"TYPE", "LABEL", "INSIDE", "ACTIONS"}, types)
		fmt.Fprintln(w)
		t.printTable(w, []string{"BUILT-IN ROLE", "LABEL", "SCOPE", "PERMISSIONS"}, roles)
	}
	return r
}

// catalogVersionsCommand has the number first, which --quiet prints and rollback takes.
func catalogVersionsCommand() *command {
	return &command{
		name:     "catalog versions",
		summary:  "List the versions of the catalog, newest first",
		about:    "catalog diff compares two of them, catalog rollback restores one.",
		examples: []string{"rolecall catalog versions", "rolecall catalog versions --json --url https://roles.example.com"},
		settings: askSettings,
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				got, err := api.CatalogVersions(ctx)
				if err != nil {
					return err
				}
				r := report{value: got, head: []string{"VERSION", "APPLIED", "BY", "CHANGES", "NOTE"}}
				for _, v := range got {
					r.rows = append(r.rows, []string{
						strconv.FormatInt(v.Version, 10), v.AppliedAt.Format(time.RFC3339), v.AppliedBy, catalogSteps(v), v.Note,
					})
				}
				return t.print(r)
			})
		},
	}
}

// catalogSteps says what a version changed in the previous one. It only counts, because people look for versions by how
// much they changed; catalog diff has the names.
func catalogSteps(v client.CatalogVersion) string {
	var parts []string
	if v.SameAs != 0 {
		parts = append(parts, fmt.Sprintf("as version %d again", v.SameAs))
	}
	for _, of := range []struct {
		n    int
		what string
	}{{v.Renamed, "renamed"}, {v.Removed, "removed"}, {v.Added, "added"}} {
		if of.n > 0 {
			parts = append(parts, thousands(of.n)+" "+of.what)
		}
	}
	return strings.Join(parts, ", ")
}
