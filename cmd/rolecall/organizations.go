package main

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

var organizationHead = []string{"NAME", "DISPLAY NAME", "DESCRIPTION", "CREATED"}

func organizationRow(o client.Organization) []string {
	return []string{o.Name, o.DisplayName, o.Description, o.CreatedAt.Format(time.RFC3339)}
}

// organizationReport shows an organization, or says in a sentence what happened to it. The JSON is always the
// organization as the API answers it, so that scripts see one shape.
func organizationReport(o client.Organization, became string) report {
	r := report{value: o, head: organizationHead, rows: [][]string{organizationRow(o)}}
	if became != "" {
		r.text = sentence("%s (%s) %s.", o.DisplayName, o.Name, became)
	}
	return r
}

// organizationsListCommand prints all at once: sites have few compared to members.
func organizationsListCommand() *command {
	return &command{
		name:     "organizations list",
		summary:  "List the organizations that you may see",
		examples: []string{"rolecall organizations list", "rolecall organizations list --quiet"},
		settings: askSettings,
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				got, err := api.Organizations(ctx)
				if err != nil {
					return err
				}
				r := report{value: got, head: organizationHead}
				for _, o := range got {
					r.rows = append(r.rows, organizationRow(o))
				}
				return t.print(r)
			})
		},
	}
}

func organizationsShowCommand() *command {
	return &command{
		name: "organizations show", operand: "ORG",
		summary:  "Show an organization, by id or name",
		examples: []string{"rolecall organizations show acme --json"},
		settings: askSettings,
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				var tag string
				o, err := api.Organization(ctx, c.operand, client.GetETag(&tag))
				if err != nil {
					return err
				}
				return t.print(report{value: o, names: []string{o.Name}, rows: [][]string{
					{"name", o.Name}, {"display name", o.DisplayName}, {"description", o.Description}, {"icon", o.Icon}, {"id", o.ID.String()},
					// The version is what --if-match takes.
					{"created", o.CreatedAt.Format(time.RFC3339)}, {"version", tag},
				}})
			})
		},
	}
}

// organizationsCreateCommand has no --dry-run: it affects no one yet.
func organizationsCreateCommand() *command {
	var in client.CreateOrganizationRequest
	return &command{
		name: "organizations create", operand: "NAME",
		summary:  "Create an organization; you become a member of it",
		examples: []string{"rolecall organizations create acme --display-name 'Acme Corp.'"},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			fs.StringVar(&in.DisplayName, "display-name", "", "`NAME` that people read; without it, the same")
			fs.StringVar(&in.Description, "description", "", "`TEXT` about it")
			fs.StringVar(&in.Icon, "icon", "", "`URL` of its picture")
			fs.StringVar(&in.FirstAdministrator, "admin", "", "`USER` who becomes its first administrator")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				in.Name = c.operand
				o, err := api.CreateOrganization(ctx, in)
				if err != nil {
					return err
				}
				return t.print(organizationReport(o, "was created"))
			})
		},
	}
}

// organizationsEditCommand sends only the fields that were given, so it needs no condition: two edits of different
// fields both take effect.
func organizationsEditCommand() *command {
	var q query
	var in client.UpdateOrganizationRequest
	return &command{
		name: "organizations edit", operand: "ORG",
		summary:  "Change the name or the description of an organization",
		about:    "Whatever no flag names stays as it is.",
		examples: []string{"rolecall organizations edit acme --display-name 'Acme Ltd.'", "rolecall organizations edit acme --description ''"},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			fs.StringVar(&in.Name, "name", "", "new `NAME`, as used in addresses")
			fs.StringVar(&in.DisplayName, "display-name", "", "new `NAME` that people read")
			fs.Var(given{&in.Description}, "description", "new `TEXT` about it; may be empty")
			fs.Var(given{&in.Icon}, "icon", "new `URL` of its picture; may be empty")
			q.flags("if-match")(fs)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			// An empty change would succeed, and hide a mistake in a script.
			if in == (client.UpdateOrganizationRequest{}) {
				return usageError("a flag with something to change is needed; see rolecall help organizations edit")
			}
			return asking(ctx, c, func(api *client.Client) error {
				o, err := api.UpdateOrganization(ctx, c.operand, in, q.match("")...)
				if err != nil {
					return err
				}
				return t.print(organizationReport(o, "was changed"))
			})
		},
	}
}

func organizationsDeleteCommand() *command {
	var q query
	return &command{
		name: "organizations delete", operand: "ORG",
		summary:  "Delete an empty organization",
		examples: []string{"rolecall organizations delete acme", "rolecall organizations delete acme --yes"},
		settings: askSettings,
		flags:    q.flags("yes", "if-match"),
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				var tag string
				o, err := api.Organization(ctx, c.operand, client.GetETag(&tag))
				if err != nil {
					return err
				}
				if err := q.confirm(ctx, t, "Delete "+o.Name+"?", organizationReport(o, "")); err != nil {
					return err
				}
				// By id: by the time of the answer another organization may have the name.
				if err := api.DeleteOrganization(ctx, o.ID.String(), q.match(tag)...); err != nil {
					return err
				}
				return t.print(organizationReport(o, "was deleted"))
			})
		},
	}
}
