package main

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// bulk is one change of many members. It has the same preview and the same refusals as the page.
type bulk struct {
	query
	members memberFilter
	request client.BulkRequest
}

func membersBulkCommand() *command {
	var b bulk
	var addRole, removeRole, replaceRole, except string
	var remove bool
	// 0 is a number that can be expected; -1 means that none was given.
	expect := -1
	return &command{
		name: "members bulk", operand: "[USER…]",
		summary: "Add a role to many members, remove or replace one, or end their memberships",
		about: "Select members by name, by a filter, or with --all. The command shows who they are and what they would gain and lose,\n" +
			"and asks. If the number of members has changed by then, nothing is done. Members that a rule protects are left out and\n" +
			"listed with the reason; the exit code is then 3. With --replace-role the new role ends when the old one would have.",
		examples: []string{
			"rolecall members bulk --status suspended --remove --org acme",
			"rolecall members bulk --role trainee --replace-role trainee --with reviewer --org acme",
			"rolecall members bulk --role trainee --add-role reviewer --except grace --org acme",
			"rolecall members bulk --all --remove-role night-shift --expect 12 --yes --org acme",
		},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			b.flags("org", "file")(fs)
			b.members.flags(fs)
			fs.BoolVar(&b.request.All, "all", false, "all members, with no filter")
			fs.StringVar(&except, "except", "", "`USER,...` to leave out")
			fs.StringVar(&addRole, "add-role", "", "`ROLE` to add")
			fs.StringVar(&removeRole, "remove-role", "", "`ROLE` to remove")
			fs.StringVar(&replaceRole, "replace-role", "", "`ROLE` to replace for those who have it")
			fs.StringVar(&b.request.With, "with", "", "`ROLE` to give instead of --replace-role")
			fs.BoolVar(&remove, "remove", false, "end the memberships")
			fs.Var(&bounded{&expect, 0, 1_000_000_000}, "expect", "`NUMBER` of members that must be selected")
			b.flags("dry-run", "yes")(fs)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				// Read before the choice below, which refuses names together with a filter, wherever they come from.
				names, err := b.names(t, c.operands)
				if err != nil {
					return err
				}
				if b.request.Users, b.request.Except = names, commas(except); expect >= 0 {
					b.request.Expect = &expect
				}
				if err := b.choose(addRole, removeRole, replaceRole, remove); err != nil {
					return err
				}
				return b.run(ctx, api, t)
			})
		},
	}
}

// choose determines the action and the people. Nothing is assumed: a call that forgot its filter would otherwise be
// about all members.
func (b *bulk) choose(addRole, removeRole, replaceRole string, remove bool) error {
	actions := 0
	// The order of the map does not matter, since more than one is refused below.
	for action, on := range map[string]bool{
		client.BulkAddRole: addRole != "", client.BulkRemoveRole: removeRole != "", client.BulkReplaceRole: replaceRole != "", client.BulkRemove: remove,
	} {
		if on {
			actions++
			b.request.Action = action
		}
	}
	// All but one are empty, or the switch below refuses.
	b.request.Role = addRole + removeRole + replaceRole
	filtered := !b.members.empty()
	switch {
	case actions != 1:
		return usageError("one of --add-role, --remove-role, --replace-role and --remove is needed; see rolecall help members bulk")
	case (replaceRole != "") != (b.request.With != ""):
		return usageError("--replace-role and --with go together")
	case len(b.request.Users) > 0 && (filtered || b.request.All), filtered && b.request.All:
		return usageError("names, a filter and --all exclude each other")
	case len(b.request.Users) == 0 && !filtered && !b.request.All:
		return usageError("names, a filter or --all is needed; see rolecall help members bulk")
	}
	// In the API, all with a filter means those that match; --all means no filter.
	b.request.All = b.request.All || filtered
	return nil
}

// words returns the texts about a change of many members: before and afterwards.
func (b *bulk) words() (would, done, question string) {
	switch b.request.Action {
	case client.BulkAddRole:
		return "would get " + b.request.Role, "got " + b.request.Role, "Give " + b.request.Role + " to %s?"
	case client.BulkReplaceRole:
		instead := b.request.With + " instead of " + b.request.Role
		return "would get " + instead, "got " + instead, "Give " + instead + " to %s?"
	case client.BulkRemoveRole:
		return "would lose " + b.request.Role, "lost " + b.request.Role, "Take " + b.request.Role + " from %s?"
	}
	return "would be removed", "removed", "Remove %s?"
}

// run shows whom the change is about, asks, and makes it for exactly that many. The server evaluates a filter again, so
// the number ensures that it changes only the people who were shown.
func (b *bulk) run(ctx context.Context, api *client.Client, t *terminal) error {
	would, done, question := b.words()
	foreseen, err := api.PreviewChangeMembers(ctx, b.organization(), b.members.query(), b.request)
	if err != nil {
		return err
	}
	about := bulkReport(t, foreseen, would)
	if b.dryRun {
		return t.print(about)
	}
	// If nothing would happen there is nothing to ask; the request below then gives the reason for each person.
	if len(foreseen.Done) > 0 {
		if err := b.confirm(ctx, t, fmt.Sprintf(question, counted(len(foreseen.Done), "member", "members")), about); err != nil {
			return err
		}
	}
	// All people that it is about, not just those that it would change: that is what the server counts.
	n := len(foreseen.Done) + len(foreseen.Unchanged) + len(foreseen.Refused)
	b.request.Expect = &n
	got, err := api.ChangeMembers(ctx, b.organization(), b.members.query(), b.request)
	if err != nil {
		return err
	}
	return printBulk(t, got, done)
}
