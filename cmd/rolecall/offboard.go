package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// usersOffboardCommand does everything that is needed when a person leaves, in one step. It has no flags to leave steps
// out: each step has its own command, and this one is there to prevent half-finished offboarding.
func usersOffboardCommand() *command {
	var q query
	var heirs map[string]string
	var reason string
	return &command{
		name: "users offboard", operand: "USER",
		summary: "Suspend an account, end its sessions and tokens, and remove it from its organizations",
		about: "All of it happens, or nothing. If the account is the last organization admin, --hand-over names the member who\n" +
			"becomes one in the same step. Roles from a sign-in provider or a directory come back unless they end there.",
		examples: []string{"rolecall users offboard grace --dry-run", "rolecall users offboard grace --hand-over acme=maria --reason HR-2214 --yes"},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			q.flags("dry-run", "if-match", "yes")(fs)
			fs.StringToStringVar(&heirs, "hand-over", nil, "`ORG=USER,...` who become organization admins")
			fs.StringVar(&reason, "reason", "", "`TEXT` that the audit trail keeps")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				var tag string
				u, err := api.User(ctx, c.operand, client.GetETag(&tag))
				if err != nil {
					return err
				}
				want := client.OffboardRequest{Suspend: true, EndSessions: true, RevokeTokens: true, Leave: true, HandOver: heirs, Reason: reason}
				met, err := api.OffboardPreview(ctx, u.ID.String())
				if err != nil {
					return err
				}
				if q.dryRun {
					would, err := api.PreviewOffboard(ctx, u.ID.String(), want)
					if err != nil {
						return err
					}
					return t.print(offboardReport(&would, "would be offboarded", met.LeftBehind))
				}
				if err := q.confirm(ctx, t, "Offboard "+u.Username+"?", report{head: userHead, rows: [][]string{userRow(u)}}); err != nil {
					return err
				}
				// By id, on the condition that the account is still as shown.
				done, err := api.Offboard(ctx, u.ID.String(), want, q.match(tag)...)
				if err != nil {
					return err
				}
				return t.print(offboardReport(&done, "was offboarded", met.LeftBehind))
			})
		},
	}
}

// offboardReport names the organizations that the account still belongs to, and what it made, since the caller has to deal
// with those by other means.
func offboardReport(d *client.Offboarded, became string, left []client.LeftBehind) report {
	return report{value: d, names: []string{d.User.Username}, text: func(w io.Writer) {
		fmt.Fprintf(w, "%s %s.\n", d.User.Username, became)
		for _, o := range d.Organizations {
			fmt.Fprintf(w, "  removed from %s\n", o.Name)
		}
		for _, o := range d.Kept {
			fmt.Fprintf(w, "  still in %s: you can't remove members there\n", o.Name)
		}
		for _, l := range left {
			fmt.Fprintf(w, "  %s: %s %s%s\n", map[bool]string{true: "stops working", false: "stays"}[l.Stops], strings.ReplaceAll(l.Kind, "_", " "), l.Name, whose(l))
		}
	}}
}

// whose is where something is that an account made.
func whose(l client.LeftBehind) string {
	switch {
	case l.Organization != nil:
		return " in " + l.Organization.Name
	case l.User != "" && l.User != l.Name:
		return " of " + l.User
	}
	return ""
}
