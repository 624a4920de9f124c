package account

import (
	"context"
	"crypto/sha256"
	"errors"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// HasUsers says whether setup is done.
func (s *Service) HasUsers(ctx context.Context) (_ bool, err error) {
	defer org.Wrap(&err, "look for accounts")
	n, err := s.units.DB.GetUserCount(ctx)
	return n > 0, err
}

// StoreSetupToken lets the first account be made with a token, through whatever server shares the data.
func (s *Service) StoreSetupToken(ctx context.Context, token string) (err error) {
	defer org.Wrap(&err, "store setup token")
	hash := sha256.Sum256([]byte(token))
	return s.units.DB.WriteIn(ctx, db.OnSite, func(tx *db.Tx) error {
		return tx.Writes().InsertSetupToken(ctx, db.InsertSetupTokenParams{Hash: hash[:], Now: s.units.Now()})
	})
}

// CheckSetupToken says whether a token was offered. It is looked up by its hash, so that the time this takes tells nothing.
func (s *Service) CheckSetupToken(ctx context.Context, guess string) (_ bool, err error) {
	defer org.Wrap(&err, "check setup token")
	hash := sha256.Sum256([]byte(guess))
	n, err := s.units.DB.CountSetupTokens(ctx, hash[:])
	return n > 0, err
}

// CreateFirstUser makes the first account, an owner, and the default organization with it as a member. It begins a
// session of that account.
// Conflict: there is a user already. Invalid: what is wrong with the input.
func (s *Service) CreateFirstUser(ctx context.Context, r org.Request, input org.Input[org.FirstUser], begin org.BeginSession) (user org.User, o org.Organization, err error) {
	defer org.Wrap(&err, "create first user")
	in, err := input.Read()
	if err != nil {
		return org.User{}, org.Organization{}, err
	}
	account := org.NewUser{Email: in.Email, Username: in.Username, Name: in.Name, Password: in.Password, Status: org.StatusActive}
	if taken, err := s.HasUsers(ctx); err != nil || taken {
		return org.User{}, org.Organization{}, errors.Join(err, errSetUp(taken))
	}
	if err := account.Check(); err != nil {
		return org.User{}, org.Organization{}, err
	}
	hash, err := s.hashing.hash(ctx, in.Password)
	if err != nil {
		return org.User{}, org.Organization{}, err
	}
	err = s.units.Do(ctx, nil, unit.OnSite, "create", func(c *unit.Mixed) error {
		c.Actor, c.Entry.Status = &org.Actor{Request: r}, 201
		n, err := c.Q.GetUserCount(ctx)
		if err != nil || n > 0 {
			return errors.Join(err, errSetUp(n > 0))
		}
		if err := c.W.DeleteSetupTokens(ctx); err != nil {
			return err
		}
		home, err := c.DefaultOrganization()
		if err != nil {
			return err
		}
		row, err := insertUser(c, account, hash)
		if err != nil {
			return err
		}
		becomes(c, row.ID, row.Username)
		if err := c.W.InsertUserRole(ctx, db.InsertUserRoleParams{UserID: row.ID, Role: org.RoleOwner}); err != nil {
			return err
		}
		c.Field("rbac_roles", []string{}, []string{org.RoleOwner})
		if err := join(c, home, row); err != nil {
			return err
		}
		if user, err = UserByID(c, row.ID); err != nil {
			return err
		}
		o = unit.OrganizationOf(home)
		return beginSession(c, user.ID, begin)
	})
	return user, o, err
}

func errSetUp(done bool) error {
	if !done {
		return nil
	}
	return &org.Error{Kind: org.Conflict, Message: "The initial user has already been created."}
}
