package account

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Invited is the account of somebody who accepts an invitation, as it was decided: without roles and memberships, and with
// a password that nobody else knows.
type Invited struct{ account newAccount }

// HashInvited checks the account of somebody who accepts an invitation, and computes the hash of its password. A hash takes
// its time, so no transaction waits for it. Invalid: what is wrong with the input. Forbidden: the password would not let the account
// in, which holds no role of the site.
func (s *Service) HashInvited(ctx context.Context, in *org.NewUser) (hash string, err error) {
	if s.PasswordPolicy() != org.PasswordsForAll {
		return "", errUseProvider
	}
	in.Status = org.StatusDormant
	if err := in.Check(); err != nil {
		return "", err
	}
	return s.hashing.hash(ctx, in.Password)
}

// DecideInvited makes such an account. The change is one by it. Conflict: the username or the address is taken.
func DecideInvited(ctx context.Context, a *unit.Attempt, in org.NewUser, hash string, r org.Request) (n Invited, err error) {
	_, err = a.Q.GetUserByEmail(ctx, org.FoldCase(in.Email))
	if err == nil {
		return n, &org.Error{Kind: org.Conflict, Message: "There is an account with this address.", Detail: "Sign in with it to accept the invitation."}
	}
	if !db.IsNotFound(err) {
		return n, err
	}
	_, err = a.Q.GetUserByUsername(ctx, org.FoldCase(in.Username))
	if err == nil {
		return n, &org.Error{Kind: org.Conflict, Message: "The username is taken.", Fields: []org.Field{{Field: "username", Detail: "is taken, choose another one"}}}
	}
	if !db.IsNotFound(err) {
		return n, err
	}
	// It chose the password itself, so that nobody stands behind it (R4 in docs/spec/roles.md).
	a.Become(uuid.Nil, in.Username, r)
	n.account, err = decideAccount(ctx, a, in, hash, nil, nil)
	a.Become(n.account.row.ID, n.account.row.Username, r)
	return n, err
}

// User is the account as it is afterwards.
func (n *Invited) User() org.User { return n.account.user }

// Store stores it, in an entry of its own.
func (n *Invited) Store(ctx context.Context, w *unit.Writer) error {
	w.Begin("create", 201)
	w.About("user", n.account.row.ID, n.account.row.Username, uuid.Nil)
	if err := storeAccount(ctx, w, n.account); err != nil {
		return err
	}
	return w.Record(ctx)
}
