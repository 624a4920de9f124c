package account

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Invited is the new account of a person who accepts an invitation, decided but not yet stored: without roles and memberships,
// and with a password that nobody else knows.
type Invited struct{ account newAccount }

// HashInvited checks the account of a person who accepts an invitation, and computes the hash of its password. Hashing is slow,
// so no transaction waits for it. Invalid: what is wrong with the input. Forbidden: the policy would not let the account in with
// its password, since it holds no site role.
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

// DecideInvited decides on such an account, which becomes the actor of the change. Conflict: the username or address is taken.
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
	// Its owner chose the password, so no other account counts as its maker (R4 in docs/spec/roles.md).
	a.Become(uuid.Nil, in.Username, r)
	n.account, err = decideAccount(ctx, a, in, hash, nil, nil)
	a.Become(n.account.row.ID, n.account.row.Username, r)
	return n, err
}

// User returns the account as it will be.
func (n *Invited) User() org.User { return n.account.user }

// Store stores the account, with an entry of its own in the trail.
func (n *Invited) Store(ctx context.Context, w *unit.Writer) error {
	w.Begin("create", 201)
	w.About("user", n.account.row.ID, n.account.row.Username, uuid.Nil)
	if err := storeAccount(ctx, w, n.account); err != nil {
		return err
	}
	return w.Record(ctx)
}
