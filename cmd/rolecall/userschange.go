package main

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"rolecall.example/client"
)

// userChange is what a command does to accounts: to one, if it is still as shown, or to many in one transaction.
type userChange struct {
	query
	verb, question string // it asks nothing if question is empty
	became, done   string // of one account, as a sentence, and of one of many
	request        client.UserBulkRequest
	one            func(context.Context, *client.Client, *client.User, []client.Option) error
	search, except string
}

// usersActivateCommand does not ask, since it takes nothing from anyone.
func usersActivateCommand() *command {
	return usersChangeCommand("End the suspension of accounts", &userChange{
		verb: client.BulkActivate, became: "is active now", done: "activated",
		one: func(ctx context.Context, api *client.Client, u *client.User, opts []client.Option) (err error) {
			*u, err = api.ActivateUser(ctx, u.ID.String(), opts...)
			return err
		},
	})
}

// usersSuspendCommand asks, as it signs people out and stops programs.
func usersSuspendCommand() *command {
	return usersChangeCommand("Suspend accounts: they may do nothing until they are activated", &userChange{
		verb: client.BulkSuspend, question: "Suspend", became: "is suspended now", done: "suspended",
		one: func(ctx context.Context, api *client.Client, u *client.User, opts []client.Option) (err error) {
			*u, err = api.SuspendUser(ctx, u.ID.String(), opts...)
			return err
		},
	})
}

// usersDeleteCommand cannot be undone. Its help says so, where the others say how to undo them.
func usersDeleteCommand() *command {
	return usersChangeCommand("Delete accounts with their memberships, roles, tokens and sessions", &userChange{
		verb: client.BulkDelete, question: "Delete", became: "was deleted", done: "deleted",
		one: func(ctx context.Context, api *client.Client, u *client.User, opts []client.Option) error {
			return api.DeleteUser(ctx, u.ID.String(), opts...)
		},
	})
}

// usersChangeCommand returns such a command. The three differ in words and in whether they ask; the selection of
// accounts and the output are the same.
func usersChangeCommand(summary string, u *userChange) *command {
	shows, back := "It shows which, and asks. ", "\n\nundo --batch reverses it, given any of its entries in the audit trail."
	if u.question == "" {
		shows = ""
	}
	if u.verb == client.BulkDelete {
		back = "\n\nNothing brings a deleted account back."
	}
	return &command{
		name: "users " + u.verb, operand: "[USER…]", summary: summary,
		about: "USER is a username or an id; - reads names from standard input, one per line. Or --q selects the accounts, as in users list.\n" +
			shows + "At most 1,000 are changed together. Accounts that a rule protects are left out and listed with the reason;\n" +
			"the exit code is then 3." + back,
		examples: []string{
			"rolecall users " + u.verb + " grace",
			"cut -d, -f1 people.csv | rolecall users " + u.verb + " - --dry-run",
			"rolecall users " + u.verb + " --q 'last_seen_before:2026-01-01T00:00:00Z' --except grace",
		},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			fs.StringVar(&u.search, "q", "", "`QUERY` that selects accounts, instead of USER")
			fs.StringVar(&u.except, "except", "", "`USER,...` to leave out of those that --q selects")
			u.flags("file", "dry-run", "if-match")(fs)
			if u.question != "" {
				u.flags("yes")(fs)
			}
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			return asking(ctx, c, func(api *client.Client) error {
				names, err := u.names(t, c.operands)
				if err != nil {
					return err
				}
				if err := u.choose(names); err != nil {
					return err
				}
				// The API has no preview for one account, so a dry run is a bulk action on a single one.
				if len(names) == 1 && !u.dryRun {
					return u.changeOne(ctx, api, t, names[0])
				}
				return u.changeMany(ctx, api, t)
			})
		},
	}
}

// choose determines the accounts. Nothing is assumed: a call that forgot its query would otherwise be about everyone.
func (u *userChange) choose(names []string) error {
	u.request = client.UserBulkRequest{Action: u.verb, Users: names, All: u.search != "", Except: commas(u.except)}
	switch {
	case len(names) > 0 && u.request.All:
		return usageError("names and --q exclude each other")
	case len(names) == 0 && !u.request.All:
		return usageError("USER, --file or --q is needed; see rolecall help users " + u.verb)
	case len(u.request.Except) > 0 && !u.request.All:
		return usageError("--except goes with --q")
	// A version belongs to one account.
	case u.ifMatch != "" && (len(names) != 1 || u.dryRun):
		return usageError("--if-match is about one USER, and no --dry-run")
	}
	return nil
}

// changeOne makes a single request: its refusal has the reason and the right exit code, and it knows the version that
// it changes.
func (u *userChange) changeOne(ctx context.Context, api *client.Client, t *terminal, name string) error {
	var tag string
	user, err := api.User(ctx, name, client.GetETag(&tag))
	if err != nil {
		return err
	}
	if u.question != "" {
		about := report{head: userHead, rows: [][]string{userRow(user)}}
		if err := u.confirm(ctx, t, u.question+" "+user.Username+"?", about); err != nil {
			return err
		}
	}
	// By id, on the condition that the account is still as shown.
	if err := u.one(ctx, api, &user, u.match(tag)); err != nil {
		return err
	}
	return t.print(userReport(user, u.became))
}

// changeMany shows whom the change is about, asks, and makes it for exactly that many: the server evaluates the query
// again.
func (u *userChange) changeMany(ctx context.Context, api *client.Client, t *terminal) error {
	selected := client.UserQuery{Query: u.search}
	// Without a question there is nothing to preview.
	if u.dryRun || u.question != "" {
		got, err := api.PreviewChangeUsers(ctx, selected, u.request)
		if err != nil {
			return err
		}
		foreseen := userOutcome(got)
		if u.dryRun {
			return t.print(foreseen.report("would be " + u.done))
		}
		// If nothing would happen there is nothing to ask; the request below then gives the reason for each account.
		if n := len(foreseen.changed); n > 0 {
			if err := u.confirm(ctx, t, fmt.Sprintf("%s %s?", u.question, counted(n, "account", "accounts")), foreseen.report("would be "+u.done)); err != nil {
				return err
			}
		}
		// All that it is about, as the server counts them. Accounts that were added since were not shown.
		n := len(foreseen.changed) + len(foreseen.same) + len(foreseen.refused)
		u.request.Expect = &n
	}
	got, err := api.ChangeUsers(ctx, selected, u.request)
	if err != nil {
		return err
	}
	o := userOutcome(got)
	return o.print(t, u.done)
}

// userOutcome lists everyone by username, which is what a following command takes.
func userOutcome(r client.UserBulkResult) outcome {
	o := outcome{value: r, refused: r.Refused, changed: []string{}}
	for _, u := range r.Done {
		o.changed = append(o.changed, u.Username)
	}
	for _, u := range r.Unchanged {
		o.same = append(o.same, u.Username)
	}
	return o
}
