package account

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/factor"
	"rolecall.example/org/unit"
)

// signIn asks to let in an account whose password was right.
type signIn struct {
	admission
	key     string            // of the e-mail address
	account db.GetPasswordRow // as it was when the password was compared
	doors   []failureCounter  // of the account, of the address
	renewed string            // another hash of the same password, "" to keep the stored one
	now     time.Time
	policy  org.PasswordPolicy
	vault   *factor.Vault
}

// admitted is a sign-in, decided but not yet stored.
type admitted struct {
	signIn
	row     db.UserRow // zero: the account is gone
	wakes   bool       // it was dormant, and is active from now on
	user    org.User   // as it is afterwards
	refusal *org.Error
	choose  bool                          // the refusal is that it has to choose another password first
	address *db.UpsertLoginFailuresParams // what is counted at its door afterwards
	link    *newLink                      // to choose another password with
	second  secondFactor
	session *org.NewSession
}

// signedIn is the result of a sign-in: the account, or why it is refused.
type signedIn struct {
	user    org.User
	refusal *org.Error
	link    string // the secret of a link that sets another password, or what a code is sent with
}

// planSignIn decides on a sign-in with a right password. While the password was compared, the account may have been suspended or
// deleted, or its password changed: what it is now decides. It fails with errHashChanged if the hash is another one, and with
// errOnSite if the sign-in needs the scope of the site.
func planSignIn(ctx context.Context, a *unit.Attempt, in signIn) (p admitted, err error) {
	p.signIn, a.Now = in, in.now
	a.Become(uuid.Nil, "", in.request)
	// A change in an organization may end what a password gives access to. It holds the account before it ends its sessions:
	// either it sees the session that begins here, or the plan sees here that the password must be changed.
	if err := a.Hold(ctx, in.account.ID); err != nil {
		return p, err
	}
	current, err := a.Q.GetPassword(ctx, in.key)
	switch {
	case db.IsNotFound(err):
		a.Aside()
		p.refusal = wrongLogin()
		return p, nil
	case err != nil:
		return p, err
	case current.PasswordHash != in.account.PasswordHash:
		return p, errHashChanged
	}
	err = p.letIn(ctx, a, current)
	return p, err
}

// letIn decides on an account whose password was right, by what it is now.
func (p *admitted) letIn(ctx context.Context, a *unit.Attempt, current db.GetPasswordRow) (err error) {
	if p.row, err = a.Q.GetUser(ctx, current.ID); err != nil {
		return err
	}
	a.Become(p.row.ID, p.row.Username, p.request)
	if org.Status(current.Status) == org.StatusSuspended {
		a.Aside()
		p.refusal = ErrSuspended()
		return nil
	}
	if may, err := MayUsePassword(ctx, a.Reader, p.policy, p.row); err != nil || !may {
		a.Aside()
		p.refusal = errUseProvider // only those who know the password learn that it is not enough
		return err
	}
	// The address keeps its count, less this attempt: a right login to one account must not buy guesses at others.
	if p.address, err = lessThis(ctx, a, p.doors[1]); err != nil {
		return err
	}
	if err := p.askForCode(ctx, a, current.PasswordHash); err != nil || p.refusal != nil {
		a.Aside()
		return err
	}
	p.wakes = !current.MustChange && org.Status(current.Status) == org.StatusDormant
	if (p.wakes || current.MustChange) && !a.Scope().Everything() { // the one changes lists, the other may get a link
		return errOnSite
	}
	if !p.wakes {
		a.Aside()
	}
	if current.MustChange {
		p.refusal, p.choose = org.ErrChoosePassword, true
		if p.links {
			p.link = linkOf(a, p.row.ID, ownLinkLifetime)
		}
		return nil
	}
	if p.user, err = seen(ctx, a, p.row); err != nil {
		return err
	}
	p.session, err = newSession(ctx, p.begin, p.row.ID)
	return err
}

// seen returns an account as it is once this use is stored.
func seen(ctx context.Context, a *unit.Attempt, row db.UserRow) (org.User, error) {
	row.LastSeenAt = unit.NullTime(a.Now)
	if org.Status(row.Status) == org.StatusDormant {
		row.Status, row.Version, row.UpdatedAt = string(org.StatusActive), row.Version+1, a.Now
	}
	return a.User(ctx, row)
}

func applySignIn(ctx context.Context, w *unit.Writer, p admitted) (done signedIn, err error) {
	done = signedIn{user: p.user, refusal: p.refusal}
	if err := storeSecond(ctx, w, p); err != nil {
		return done, err
	}
	switch {
	case p.row.ID == uuid.Nil:
		return done, nil
	case p.refusal == nil:
		err = admit(ctx, w, p)
	case p.second.secret != "":
		done.link = p.second.secret
	case p.choose:
		if err = resetFailures(ctx, w, p); err == nil && p.link != nil {
			done.link = p.link.secret
			err = offerLink(ctx, w, p)
		}
	}
	if err != nil {
		return done, err
	}
	status := 201
	if p.refusal != nil {
		status = p.refusal.Kind.Status()
	}
	w.Begin("login", status)
	w.About("api_key", p.row.ID, p.row.Username, uuid.Nil)
	return done, w.Record(ctx)
}

// admit stores that an account was let in, with its session or token.
func admit(ctx context.Context, w *unit.Writer, p admitted) error {
	if err := resetFailures(ctx, w, p); err != nil {
		return err
	}
	if err := storeSeen(ctx, w, p.row, p.wakes); err != nil {
		return err
	}
	if p.renewed != "" {
		if err := w.W.RenewPasswordHash(ctx, db.RenewPasswordHashParams{PasswordHash: p.renewed, ID: p.row.ID}); err != nil {
			return err
		}
	}
	if p.token == nil {
		return storeSession(ctx, w, p.row.ID, p.session)
	}
	if err := purge(ctx, w); err != nil {
		return err
	}
	return w.W.InsertAPIKey(ctx, p.token.row(p.row.ID, "login "+p.token.id, "password", w.Now, p.lifetime))
}

// resetFailures clears the failures of the account, and takes back only this attempt from those of the address.
func resetFailures(ctx context.Context, w *unit.Writer, p admitted) error {
	if err := w.W.DeleteLoginFailures(ctx, p.doors[0].name); err != nil {
		return err
	}
	return storeFailures(ctx, w, p.address)
}

// storeSeen records that an account is in use. If it was dormant, it becomes active and gets an entry for that.
func storeSeen(ctx context.Context, w *unit.Writer, row db.UserRow, wakes bool) error {
	if err := w.W.UpdateLastSeen(ctx, db.UpdateLastSeenParams{Now: unit.NullTime(w.Now), ID: row.ID}); err != nil || !wakes {
		return err
	}
	if err := w.SetStatus(ctx, row.ID, org.Status(row.Status), org.StatusActive); err != nil {
		return err
	}
	w.Begin("write", 200)
	w.About("user", row.ID, row.Username, uuid.Nil)
	w.Field("status", row.Status, org.StatusActive)
	return w.Record(ctx)
}

// offerLink stores the link with which an account chooses another password.
func offerLink(ctx context.Context, w *unit.Writer, p admitted) error {
	w.Begin("write", 200)
	w.About("user", p.row.ID, p.row.Username, uuid.Nil)
	if err := storeLink(ctx, w, *p.link); err != nil {
		return err
	}
	return w.Record(ctx)
}
