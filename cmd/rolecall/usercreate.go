package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/spf13/pflag"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/services"
)

// newAccount holds the flags of `users create`. They are the same for the first account and for others.
type newAccount struct {
	username, email, name string
	role, organization    string
	service               bool
	password              passwordFlags
}

// usersCreateCommand is also how to set up a database without a browser.
func usersCreateCommand() *command {
	var in newAccount
	return &command{
		name:    "users create",
		summary: "Create an account",
		about: "The first account of a new database must be an owner. It becomes a member of the default organization, which is\n" +
			"created with it. A database that --db or ROLECALL_DB names is created if it is missing.",
		examples: []string{
			"rolecall users create --username ada --email ada@example.com --role owner",
			"rolecall users create --username ci --service-account --json",
		},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			fs.StringVar(&in.username, "username", "", "`NAME` of the account")
			fs.StringVar(&in.email, "email", "", "its e-mail `ADDRESS`; a service account needs none")
			fs.StringVar(&in.name, "name", "", "display `NAME`")
			fs.StringVar(&in.role, "role", "", "`ROLE` of the site, like owner")
			fs.StringVar(&in.organization, "organization", "default", "`ORG` that it joins")
			fs.BoolVar(&in.service, "service-account", false, "an account for a program, with tokens and without a password")
			in.password.register(fs)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			if in.username == "" || in.email == "" && !in.service {
				return usageError("--username and --email are needed; see rolecall help users create")
			}
			if err := t.beforeSecret(); err != nil {
				return err
			}
			if c.server != nil {
				return asking(ctx, c, func(api *client.Client) error { return in.create(ctx, t, api) })
			}
			// A default name never creates a database: the intended one may be in another folder.
			c.makes = c.named
			c.elsewhere = orServer
			return operateStored(ctx, c, func(ctx context.Context, s *services.Service, operator *org.Actor, store *account.SessionStore) error {
				// From the second account on, a file follows the rules of a request, as a server does.
				if exists, err := s.HasUsers(ctx); err != nil || !exists {
					return cmp.Or(err, in.createFirst(ctx, t, s, operator))
				}
				api, err := local(s, operator, store, nil, nil)
				if err != nil {
					return err
				}
				return in.create(ctx, t, api)
			})
		},
	}
}

// createFirst makes the first account of a database. A request could only make it with the setup token of a server.
func (in *newAccount) createFirst(ctx context.Context, t *terminal, s *services.Service, operator *org.Actor) error {
	// Someone has to be able to manage the site, and to sign in for that.
	if in.role != "owner" || in.service {
		return usageError("the first account must be one that signs in, with --role owner")
	}
	password, made, err := in.password.read(t.in)
	if err != nil {
		return err
	}
	u, _, err := s.CreateFirstUser(ctx, operator.Request, org.Given(org.FirstUser{Email: in.email, Username: in.username, Name: in.name, Password: password}), nil)
	if err != nil {
		return err
	}
	return t.afterSecret(describeAccount(u, password, made).report(), func() error {
		_, err := s.DeleteUser(ctx, operator, u.ID.String(), nil)
		return err
	})
}

// create looks the organization up first, so that a misspelled one makes no account. If the password cannot be shown,
// the account is deleted again, since no one could use it.
func (in *newAccount) create(ctx context.Context, t *terminal, api *client.Client) error {
	o, err := api.Organization(ctx, in.organization)
	if err != nil {
		return fmt.Errorf("organization %s: %w", in.organization, err)
	}
	n := client.CreateUserRequest{Email: in.email, Username: in.username, Name: in.name, OrganizationIDs: []uuid.UUID{o.ID}}
	if in.role != "" {
		n.Roles = []string{in.role}
	}
	var made bool
	if in.service {
		n.LoginType, n.ServiceAccount = client.LoginNone, in.email == ""
	} else if n.Password, made, err = in.password.read(t.in); err != nil {
		return err
	}
	u, err := api.CreateUser(ctx, n)
	if err != nil {
		return err
	}
	return t.afterSecret(printedUser(u, n.Password, made).report(), func() error { return api.DeleteUser(ctx, u.ID.String()) })
}

func usersResetPasswordCommand() *command {
	var username string
	var password passwordFlags
	return &command{
		name:     "users reset-password",
		summary:  "Give an account a new password; its sessions and tokens end",
		examples: []string{"rolecall users reset-password --username ada", "pass show ada | rolecall users reset-password --username ada --password-stdin"},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			fs.StringVar(&username, "username", "", "`NAME` of the account, or its id")
			password.register(fs)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			if username == "" {
				return usageError("--username is needed; see rolecall help users reset-password")
			}
			if err := t.beforeSecret(); err != nil {
				return err
			}
			// Before the database is opened: it must not stay open while a person types.
			secret, made, err := password.read(t.in)
			if err != nil {
				return err
			}
			return asking(ctx, c, func(api *client.Client) error {
				if err := api.SetPassword(ctx, username, client.PasswordRequest{Password: secret}); err != nil {
					return err
				}
				u, err := api.User(ctx, username)
				if err != nil {
					return err
				}
				return printedUser(u, secret, made).print(t)
			})
		},
	}
}

// usersResetMFACommand asks first: afterwards the password alone is enough.
func usersResetMFACommand() *command {
	var username string
	var q query
	return &command{
		name:     "users reset-mfa",
		summary:  "Remove the second factor of an account that has lost it; its sessions end",
		examples: []string{"rolecall users reset-mfa --username ada"},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			fs.StringVar(&username, "username", "", "`NAME` of the account, or its id")
			q.flags("yes")(fs)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			if username == "" {
				return usageError("--username is needed; see rolecall help users reset-mfa")
			}
			return asking(ctx, c, func(api *client.Client) error {
				u, err := api.User(ctx, username)
				if err != nil {
					return err
				}
				about := report{head: userHead, rows: [][]string{userRow(u)}}
				if err := q.confirm(ctx, t, "Let "+u.Username+" sign in with the password alone?", about); err != nil {
					return err
				}
				if err := api.ResetFactors(ctx, u.ID.String()); err != nil {
					return err
				}
				return t.print(userReport(u, "signs in with the password alone now"))
			})
		},
	}
}
