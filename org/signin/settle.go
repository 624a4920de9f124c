package signin

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/idpsync"
	"rolecall.example/org/unit"
)

// changes are what a sign-in changes about an account that it belongs to.
type changes struct {
	wakes    bool
	verifies bool                     // it proves the address that the account has
	follows  *db.FollowProviderParams // the new names of the account; nil: unchanged
}

func (c changes) any() bool { return c.wakes || c.verifies || c.follows != nil }

// follows decides what an account takes over from its provider. Name and address follow only if a provider created
// the account: what a person wrote stays. The username never follows, since programs refer to it.
func (in *signIn) follows(ctx context.Context, a *unit.Attempt, row db.UserRow) (c changes, err error) {
	c.wakes = org.Status(row.Status) == org.StatusDormant
	ways, err := a.Q.GetWaysIn(ctx, row.ID)
	if err != nil {
		return c, err
	}
	c.verifies = in.sure && !ways.EmailVerified && sameAddress(row.Email, in.email)
	if row.LoginType != org.LoginOIDC {
		return c, nil
	}
	if _, err := a.Q.GetManager(ctx, row.ID); !db.IsNotFound(err) { // otherwise the two would overwrite each other
		return c, err
	}
	name, email := row.Name, row.Email
	if stated := nameOf(in.provider, in.proof.Claims); stated != "" {
		name = stated
	}
	if in.sure && in.email != row.Email {
		if other, err := a.Q.GetUserByEmail(ctx, org.FoldCase(in.email)); db.IsNotFound(err) || err == nil && other.ID == row.ID {
			email = in.email
		} else if err != nil {
			return c, err
		}
	}
	if name == row.Name && email == row.Email {
		return c, nil
	}
	key := org.FoldCase(email)
	if email == "" { // the key of an account must be unique
		key = row.ID.String()
	}
	c.follows = &db.FollowProviderParams{
		Name: name, NameKey: org.FoldCase(name), Email: email, EmailKey: key, EmailVerified: ways.EmailVerified || c.verifies || email != row.Email,
		SearchKey: unit.SearchKey(row.Username, name, email), Now: a.Now, ID: row.ID,
	}
	c.verifies = false // that already includes it
	return c, nil
}

// settling is what must be stored before a sign-in can begin a session.
type settling struct {
	signIn
	row     db.UserRow
	changes changes
	made    *account.Made // a new account
	links   bool          // the identity is new
	drops   bool          // earlier ways to sign in end: they may have been planted
}

// planSettle finds the account of a sign-in, in the order of docs/spec/signin.md. Forbidden: no account.
func planSettle(ctx context.Context, a *unit.Attempt, in signIn) (s settling, err error) {
	s.signIn = in
	asProvider(a, in.request, in.provider.ID, in.proof)
	found, err := a.Q.GetIdentity(ctx, db.GetIdentityParams{Issuer: in.proof.Issuer, Subject: in.proof.Subject})
	if err == nil {
		return s.known(ctx, a, found.UserID)
	}
	if !db.IsNotFound(err) {
		return s, err
	}
	// The address comes second, and is ignored once the identity is known: whoever has the address later is another person.
	directed, err := in.directed(ctx, a)
	if err != nil {
		return s, err
	}
	owner, err := in.owner(ctx, a)
	switch {
	case err != nil:
		return s, err
	case directed != nil:
		return s.linkIf(ctx, a, directed, in.mayLink, nobodys())
	case owner != nil && in.sure && sameAddress(owner.Email, in.email):
		refusal := nobodys()
		refusal.Detail = "An account with this address exists: sign in with your password, then link."
		return s.linkIf(ctx, a, owner, in.mayLinkByAddress, refusal)
	case in.provider.Signup:
		return s.signUp(ctx, a, owner == nil)
	}
	a.Because("the sign-in belongs to no account")
	return s, nobodys()
}

// mayLink says why a sign-in may not be linked to an account that was found for it, "" if it may.
type mayLink func(context.Context, *unit.Attempt, *db.UserRow) (why string, err error)

// linkIf links the sign-in to an account, or refuses it with a reason that the trail records.
func (s settling) linkIf(ctx context.Context, a *unit.Attempt, row *db.UserRow, may mayLink, refusal *org.Error) (settling, error) {
	why, err := may(ctx, a, row)
	switch {
	case err != nil:
		return s, err
	case why == "":
		return s.link(ctx, a, row)
	}
	a.Because(why)
	return s, refusal
}

// directed returns the account of the only person whose id in a directory the provider states, nil if there is none. The
// directory must have created the account, and be the only one that decides about it: otherwise what it says about an account
// that it merely found, or that belongs to another organization too, would be enough to take that over.
func (in *signIn) directed(ctx context.Context, a *unit.Attempt) (*db.UserRow, error) {
	claim := in.provider.LinkByExternalID
	if claim == "" {
		return nil, nil
	}
	id := textOf(in.proof.Claims, claim)
	if id == "" {
		return nil, nil
	}
	found, err := a.Q.ListAccountsByExternalID(ctx, id)
	if err != nil || len(found) != 1 { // two directories may each mean a different person
		return nil, err
	}
	manager, err := a.Q.GetManager(ctx, found[0].UserID)
	if db.IsNotFound(err) || err == nil && manager.OrganizationID != found[0].OrganizationID {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if elsewhere, err := a.BelongsElsewhere(ctx, found[0].UserID, found[0].OrganizationID); err != nil || elsewhere {
		return nil, err
	}
	row, err := a.Q.GetUser(ctx, found[0].UserID)
	return &row, err
}

// nobodys is the only refusal for sign-ins without an account, whatever the reason.
func nobodys() *org.Error {
	return &org.Error{Kind: org.Forbidden, Message: "No account here belongs to this sign-in. Ask an administrator for an invitation."}
}

// known finds the account that the identity already belongs to. It changes nothing about a suspended one.
func (s settling) known(ctx context.Context, a *unit.Attempt, user uuid.UUID) (settling, error) {
	row, err := a.Q.GetUser(ctx, user)
	if err != nil || org.Status(row.Status) == org.StatusSuspended {
		return s, err
	}
	s.row = row
	s.changes, err = s.follows(ctx, a, row)
	a.About("user", row.ID, row.Username, uuid.Nil)
	return s, err
}

// owner returns the account with the address that the provider states, nil if there is none.
func (in *signIn) owner(ctx context.Context, a *unit.Attempt) (*db.UserRow, error) {
	if in.email == "" {
		return nil, nil
	}
	row, err := a.Q.GetUserByEmail(ctx, org.FoldCase(in.email))
	if db.IsNotFound(err) {
		return nil, nil
	}
	return &row, err
}

// mayLinkByAddress is mayLink for the account with the stated address.
func (in *signIn) mayLinkByAddress(ctx context.Context, a *unit.Attempt, row *db.UserRow) (why string, err error) {
	if !in.provider.LinkByEmail {
		return "the settings do not link by address", nil
	}
	return in.mayLink(ctx, a, row)
}

// mayLink says what speaks against linking a sign-in to an account, however it was found. A holder of a site role must link
// by hand: what a provider states must not be enough for that.
func (in *signIn) mayLink(ctx context.Context, a *unit.Attempt, row *db.UserRow) (why string, err error) {
	has, err := a.Q.ListIdentities(ctx, row.ID)
	if err != nil {
		return "", err
	}
	for _, other := range has {
		if other.Provider == in.provider.ID {
			return "the account has another sign-in at this provider", nil
		}
	}
	switch {
	case org.Status(row.Status) == org.StatusSuspended:
		return "the account is suspended", nil
	case row.LoginType == org.LoginNone:
		return "the account is a service account", nil
	case row.Roles != "":
		return "the account has a site role", nil
	}
	return "", nil
}

// link links the sign-in to an account. Unless the account's address was proved before, whoever created the account may
// have planted it, and loses all ways to sign in to it.
func (s settling) link(ctx context.Context, a *unit.Attempt, row *db.UserRow) (settling, error) {
	ways, err := a.Q.GetWaysIn(ctx, row.ID)
	if err != nil {
		return s, err
	}
	s.row, s.links, s.drops = *row, true, !ways.EmailVerified
	s.changes, err = s.follows(ctx, a, *row)
	a.About("user", row.ID, row.Username, uuid.Nil)
	return s, err
}

// signUp creates an account for a person whom nobody here knows: a member of the default organization unless rules say where it
// belongs, without roles.
func (s settling) signUp(ctx context.Context, a *unit.Attempt, free bool) (settling, error) {
	home, stored, err := a.DefaultOrganization(ctx)
	if err != nil {
		return s, err
	}
	joins, err := idpsync.JoinsDefault(ctx, a.Reader, s.provider, s.proof.Claims)
	if err != nil {
		return s, err
	}
	var homes []db.Organization
	if stored && joins {
		homes = append(homes, home)
	}
	return s.make(ctx, a, free, homes)
}

// make creates an account without a password, a member of these organizations. Its address is stored only if it may be relied on
// and is free.
func (s settling) make(ctx context.Context, a *unit.Attempt, free bool, homes []db.Organization) (settling, error) {
	username, err := account.FreeUsername(ctx, a, account.UsernameOf(textOf(s.proof.Claims, s.provider.UsernameClaim)))
	if err != nil {
		return s, err
	}
	in := org.NewUser{Username: username, Name: nameOf(s.provider, s.proof.Claims), LoginType: org.LoginOIDC, Status: org.StatusActive}
	if s.sure = s.sure && free; s.sure {
		in.Email = s.email
	}
	made, err := account.Make(ctx, a, in, homes, org.Origin{Source: s.provider.Source()})
	s.made, s.row, s.links = &made, made.Row(), true
	return s, err
}

// applySettle stores what must exist before the session. The provider creates a new account and makes the changes that follow it;
// the link is made by the person, who has just proved to be its owner.
func applySettle(ctx context.Context, w *unit.Writer, s settling) (none struct{}, err error) {
	if s.row.ID == uuid.Nil {
		return none, nil
	}
	if s.made != nil {
		w.Action, w.Status = "create", 201
		if err := s.made.Store(ctx, w); err != nil {
			return none, err
		}
		if s.sure {
			if err := w.W.VerifyEmail(ctx, db.VerifyEmailParams{Now: w.Now, ID: s.row.ID}); err != nil {
				return none, err
			}
		}
		if err := w.Record(ctx); err != nil {
			return none, err
		}
	} else if err := s.storeChanges(ctx, w); err != nil {
		return none, err
	}
	if !s.links {
		return none, nil
	}
	w.Actor = &org.Actor{User: org.User{ID: s.row.ID, Username: s.row.Username}, Request: s.request}
	return none, storeIdentity(ctx, w, s.signIn, s.row.ID)
}

// storeChanges stores what a sign-in changes about an existing account, as a change by the provider.
func (s *settling) storeChanges(ctx context.Context, w *unit.Writer) error {
	w.Begin("write", 200)
	w.About("user", s.row.ID, s.row.Username, uuid.Nil)
	if s.drops {
		if err := account.EndAccess(ctx, w, s.row.ID); err != nil {
			return err
		}
	}
	if f := s.changes.follows; f != nil {
		w.Field("name", s.row.Name, f.Name)
		w.Field("email", s.row.Email, f.Email)
		if err := w.W.FollowProvider(ctx, *f); err != nil {
			return err
		}
	}
	if s.changes.verifies {
		w.Field("email_verified", false, true)
		if err := w.W.VerifyEmail(ctx, db.VerifyEmailParams{Now: w.Now, ID: s.row.ID}); err != nil {
			return err
		}
	}
	if s.changes.wakes {
		w.Field("status", s.row.Status, org.StatusActive)
		if err := w.SetStatus(ctx, s.row.ID, org.Status(s.row.Status), org.StatusActive); err != nil {
			return err
		}
	}
	if len(w.Fields) == 0 {
		w.Begin("write", 200) // nothing changed that the trail would record
		return nil
	}
	return w.Record(ctx)
}

// storeIdentity stores that a sign-in belongs to an account.
func storeIdentity(ctx context.Context, w *unit.Writer, in signIn, user uuid.UUID) error {
	w.Begin("create", 201)
	w.About(identityType, identityID(in.proof.Issuer, in.proof.Subject), in.proof.Subject, uuid.Nil)
	w.Field("provider", nil, in.provider.ID)
	w.Field("issuer", nil, in.proof.Issuer)
	w.Field("subject", nil, in.proof.Subject)
	return w.W.InsertIdentity(ctx, db.InsertIdentityParams{
		Issuer: in.proof.Issuer, Subject: in.proof.Subject, Provider: in.provider.ID, UserID: user, Email: in.email, Now: w.Now,
	})
}
