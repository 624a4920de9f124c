package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// undoCommand lets the server decide what may be undone, and whether something changed since.
func undoCommand() *command {
	var q query
	var batch bool
	return &command{
		name: "undo", operand: "ENTRY",
		summary: "Undo what an audit entry records: a change of roles or of a membership, or the deletion of a role",
		about: "ENTRY is the SEQ that audit list prints, or the id of the entry, as roles deleted prints it. If something has changed\n" +
			"since, nothing is done. A restored role belongs to no one.\n\n" +
			"With --batch it undoes everything that the same request did to many. Anyone who cannot be changed back is listed with the\n" +
			"reason; the exit code is then 3.",
		examples: []string{"rolecall audit list --org acme --limit 5", "rolecall undo 1293", "rolecall undo 1293 --dry-run", "rolecall undo 1293 --batch"},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			fs.BoolVar(&batch, "batch", false, "undo everything that the request did, to members or to accounts")
			q.flags("dry-run")(fs)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				id, err := entry(ctx, api, c.operand)
				if err != nil {
					return err
				}
				switch {
				// The API previews one entry, not what a whole request did.
				case batch && q.dryRun:
					return usageError("--batch has no --dry-run")
				case batch:
					got, err := api.UndoBatch(ctx, id)
					if err != nil {
						return err
					}
					return printBulk(t, got, "as before")
				case q.dryRun:
					impact, err := api.PreviewUndo(ctx, id)
					if err != nil {
						return err
					}
					return t.print(impactReport(impact, impact))
				}
				got, err := api.Undo(ctx, id)
				if err != nil {
					return err
				}
				return t.print(undoneReport(c.operand, got))
			})
		},
	}
}

// entry returns the id of an audit entry that is given by its id or its number. People see numbers, and the API takes
// ids.
func entry(ctx context.Context, api *client.Client, name string) (uuid.UUID, error) {
	if id, err := uuid.Parse(name); err == nil {
		return id, nil
	}
	seq, err := strconv.ParseInt(name, 10, 64)
	if err != nil || seq < 1 {
		return uuid.Nil, usageError(fmt.Sprintf("%q is neither the number nor the id of an entry", name))
	}
	// Of the entries older than the next number, the newest is this one, if it exists and may be seen.
	got, err := api.Audit(ctx, client.AuditQuery{Before: seq + 1, Limit: 1})
	if err != nil {
		return uuid.Nil, err
	}
	if len(got.Entries) == 0 || got.Entries[0].Seq != seq {
		return uuid.Nil, usageError("there is no entry " + name)
	}
	return got.Entries[0].ID, nil
}

// A role that comes back is reported as roles show has it: what it allows matters more than its id, which is new.

// undoneReport shows the membership, the account or the role afterwards. Exactly one of them is set.
func undoneReport(name string, got client.Undone) report {
	r := report{head: []string{"ID", "ROLES"}, text: sentence("What entry %s records was undone.", name)}
	switch {
	case got.Role != nil:
		r = roleReport(&client.AssignableRole{Role: *got.Role})
		r.value, r.names, r.text = got.Role, []string{got.Role.Name}, sentence("%s is there again. No one has it yet.", cmp.Or(got.Role.DisplayName, got.Role.Name))
	case got.User != nil:
		r.value, r.rows = got.User, [][]string{{got.User.ID.String(), roleNames(got.User.Roles)}}
	default:
		r.value, r.rows = got.Member, [][]string{{got.Member.UserID.String(), roleNames(got.Member.Roles)}}
	}
	return r
}
