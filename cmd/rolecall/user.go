package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/spf13/pflag"

	"rolecall.example/org"
	"rolecall.example/org/services"
)

// newAccount holds the flags of `user create`.
type newAccount struct {
	username, email, name string
	role, organization    string
	service               bool
	password              passwordFlags
}

func userCreateCommand() *command {
	var in newAccount
	return &command{
		name:    "user create",
		summary: "Create an account",
		about: "The first account of a new database must be an owner. It becomes a member of the default organization, which is\n" +
			"created with it. A database that --db or ROLECALL_DB names is created if it is missing.",
		examples: []string{
			"rolecall user create --username ada --email ada@example.com --role owner",
			"rolecall user create --username ci --service-account --json",
		},
		settings: []string{"db"},
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
				return usageError("--username and --email are needed; see rolecall help user create")
			}
			if err := t.beforeSecret(); err != nil {
				return err
			}
			c.makes = c.named
			return operate(ctx, c, func(ctx context.Context, s *services.Service, operator *org.Actor) error {
				return in.create(ctx, t, s, operator)
			})
		},
	}
}

func (in *newAccount) create(ctx context.Context, t *terminal, s *services.Service, operator *org.Actor) error {
	exists, err := s.HasUsers(ctx)
	if err != nil {
		return err
	}
	if !exists && (in.role != "owner" || in.service) {
		return usageError("the first account must be one that signs in, with --role owner")
	}
	var password string
	var made bool
	if !in.service {
		if password, made, err = in.password.read(t.in); err != nil {
			return err
		}
	}
	var u org.User
	if exists {
		u, err = in.createNext(ctx, s, operator, password)
	} else {
		u, _, err = s.CreateFirstUser(ctx, operator.Request, org.Given(org.FirstUser{Email: in.email, Username: in.username, Name: in.name, Password: password}), nil)
	}
	if err != nil {
		return err
	}
	return t.afterSecret(describeAccount(u, password, made).report(), func() error {
		_, err := s.DeleteUser(ctx, operator, u.ID.String(), nil)
		return err
	})
}

func (in *newAccount) createNext(ctx context.Context, s *services.Service, operator *org.Actor, password string) (org.User, error) {
	o, err := s.Organization(ctx, operator, in.organization)
	if err != nil {
		return org.User{}, fmt.Errorf("organization %s: %w", in.organization, err)
	}
	if in.role != "" { // fail before the account exists without its role
		if _, err := s.SiteRole(ctx, operator, in.role); err != nil {
			return org.User{}, fmt.Errorf("site role %s: %w", in.role, err)
		}
	}
	n := org.NewUser{Email: in.email, Username: in.username, Name: in.name, Password: password, OrganizationIDs: []uuid.UUID{o.ID}}
	if in.service {
		n.LoginType, n.Service = org.LoginNone, in.email == ""
	}
	u, err := s.CreateUser(ctx, operator, org.Given(n))
	if err != nil || in.role == "" {
		return u, err
	}
	return s.SetUserRoles(ctx, operator, u.ID.String(), org.Given(org.RolesInput{Roles: []string{in.role}}))
}

func userResetPasswordCommand() *command {
	var username string
	var password passwordFlags
	return &command{
		name:     "user reset-password",
		summary:  "Give an account a new password; its sessions and tokens end",
		examples: []string{"rolecall user reset-password --username ada", "pass show ada | rolecall user reset-password --username ada --password-stdin"},
		settings: []string{"db"},
		flags: func(fs *pflag.FlagSet) {
			fs.StringVar(&username, "username", "", "`NAME` of the account, or its id")
			password.register(fs)
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			if username == "" {
				return usageError("--username is needed; see rolecall help user reset-password")
			}
			if err := t.beforeSecret(); err != nil {
				return err
			}
			secret, made, err := password.read(t.in)
			if err != nil {
				return err
			}
			return operate(ctx, c, func(ctx context.Context, s *services.Service, operator *org.Actor) error {
				err := s.SetPassword(ctx, operator, username, org.Given(org.PasswordInput{Password: secret}), nil)
				if err != nil {
					return err
				}
				u, err := s.User(ctx, operator, username)
				if err != nil {
					return err
				}
				return describeAccount(u, secret, made).print(t)
			})
		},
	}
}
