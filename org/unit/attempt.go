package unit

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// Attempt is a change that is being decided on one state of the data: what a plan is given. It can read but not write. The
// caller has the rights of that state, so a right that was taken away while the request was on its way is not used.
type Attempt struct {
	Reader
	Actor *org.Actor
	Now   time.Time
	Entry Entry // what the change is recorded as, or its refusal

	tx     *db.Tx // nil in a dry run
	moved  bool   // it is about another organization than that of its scope
	aside  bool   // see Aside
	trying bool   // a dry run: nothing of it is stored
	bound  bool   // see BindOwners

	change  *overlay           // what it would do to roles and to who holds them, as far as it has been decided
	widened map[uuid.UUID]bool // accounts that may be allowed more afterwards: see outgrown
	opens   []*opened          // accounts that it makes
	warning string             // of a dry run

	door    uuid.UUID                      // what its refusals are counted by, if not by the caller
	cause   string                         // why it is refused, for the trail
	records map[uuid.UUID][]org.Assignment // that were read ahead, by account: see ReadRecords

	managers bothManagers // of the organization that was asked about last
	admins   *search      // likewise
}

// attempt begins a change by an actor, on what src reads.
func (s Reader) attempt(by *org.Actor, action string) *Attempt {
	return &Attempt{Reader: s, Actor: by, Now: s.When, Entry: Entry{Action: action, Status: 200}, change: newOverlay()}
}

// About names what the change is about. From here on a refusal is recorded too.
func (a *Attempt) About(resourceType string, id uuid.UUID, target string, organization uuid.UUID) {
	a.Entry.about(resourceType, id, target, organization)
	a.moved = a.moved || elsewhere(a.scope, organization)
}

// elsewhere reports whether an organization is another one than that of a scope.
func elsewhere(scope db.Scope, organization uuid.UUID) bool {
	return !scope.Everything() && organization != uuid.Nil && organization != scope.Organization()
}

// Aside says that no list and no decision depends on what the change writes, such as counters, times of use and sign-ins. The
// revision stays as it is, and the change need not name what it is about.
func (a *Attempt) Aside() { a.aside = true }

// BindOwners holds site owners to the guard rails of organizations too. It is for several changes that belong together: if some
// of them can't be made, the caller did not ask for what the rest alone would leave behind.
func (a *Attempt) BindOwners() { a.bound = true }

// exempt reports whether the caller may leave an organization without an admin, and without anyone who can manage it.
func (a *Attempt) exempt() bool { return a.Actor.Owner() && !a.bound }

// Scope returns the scope that the change may write in.
func (a *Attempt) Scope() db.Scope { return a.scope }

// Membership finds the organization and the membership that a path names, and makes the change about that membership.
func (a *Attempt) Membership(ctx context.Context, organization, user string) (o db.Organization, row db.MemberRow, err error) {
	if o, err = a.Organization(ctx, a.Actor, organization); err != nil {
		return o, row, err
	}
	if row, err = a.Member(ctx, a.Actor, o.ID, user); err != nil {
		return o, row, err
	}
	a.About("organization_member", row.UserID, row.Username, o.ID)
	return o, row, nil
}

// Account finds the account that a path names, and makes the change about that account. Invalid: no such user.
func (a *Attempt) Account(ctx context.Context, ref string) (db.UserRow, error) {
	row, err := a.ReadableUser(ctx, a.Actor, ref)
	if err == nil {
		a.About("user", row.ID, row.Username, uuid.Nil)
	}
	return row, err
}

// Become makes an account that has proved its identity the caller, without rights.
func (a *Attempt) Become(id uuid.UUID, username string, r org.Request) {
	a.Actor = &org.Actor{User: org.User{ID: id, Username: username}, Request: r}
}

// BecomeMachine makes a sign-in provider the caller, without rights. Its name has a colon, which no account's name has. Its
// refusals are counted by a door, since it acts for people who are not known yet.
func (a *Attempt) BecomeMachine(name string, door uuid.UUID, r org.Request) {
	a.Actor, a.door = &org.Actor{User: org.User{Username: name}, Request: r}, door
}

// Because sets the reason for which the change is refused, if it is. The trail keeps it; the caller is not told.
func (a *Attempt) Because(cause string) { a.cause = cause }

// Hold makes other changes of an account wait until this one is stored. It is the only lock that a plan takes; the plan takes
// it before it reads the account, and it changes nothing.
func (a *Attempt) Hold(ctx context.Context, account uuid.UUID) error {
	return a.tx.Writes().HoldAccount(ctx, account)
}

// refresh makes the caller current: a right that was taken away meanwhile is not used. A caller whose token or session has ended
// is refused, since what it would write now, such as a token, would outlive its access. A change in an organization depends on
// what the caller holds there and on the site, so what it holds elsewhere stays as it was admitted.
func (a *Attempt) refresh(ctx context.Context) error {
	if a.Actor == nil || a.Actor.Operator {
		return a.begun(ctx)
	}
	c := Credential{a.Actor.ID(), a.Actor.TokenID, a.Actor.Session}
	current, ok, err := a.stillStands(ctx, a.Actor, c, a.scope.Organization())
	if err == nil && !ok {
		current, err = a.Caller(ctx, c)
	}
	if db.IsNotFound(err) {
		return a.ended(ctx)
	}
	if err != nil {
		return err
	}
	if err := MustBeActive(current.User.Status); err != nil {
		return err
	}
	with := *current
	if !ok { // read again, without the limits of the token
		if err := a.Limit(ctx, &with, a.Actor.Limits()); err != nil {
			return err
		}
	}
	with.TokenID, with.MadeBy, with.Session, with.Request = a.Actor.TokenID, a.Actor.MadeBy, a.Actor.Session, a.Actor.Request
	a.Actor, a.known = &with, with.Basis
	return nil
}

// ended says why the caller is no longer one.
func (a *Attempt) ended(ctx context.Context) error {
	row, err := a.Q.GetUser(ctx, a.Actor.ID())
	switch {
	case db.IsNotFound(err):
		return org.ErrSignedOut("This account is gone.")
	case err != nil:
		return err
	case org.Status(row.Status) == org.StatusSuspended:
		return MustBeActive(org.StatusSuspended)
	case a.Actor.TokenID != "":
		return org.ErrSignedOut("API key is invalid.")
	}
	return org.ErrSignedOut("The session has ended.")
}

// begun replaces refresh for an operator, and for a caller who is not known yet: no row of theirs names the catalog.
func (a *Attempt) begun(ctx context.Context) error {
	head := a.tx.Head()
	if head != nil && a.scope.Everything() {
		if err := a.at(ctx, head.Catalog); err != nil {
			return err
		}
	} else if err := a.Settle(ctx); err != nil {
		return err
	}
	if a.Actor == nil {
		return nil
	}
	with := *a.Actor
	a.Actor = &with
	return a.renew(ctx, a.Actor)
}
