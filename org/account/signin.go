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

// signIn lets in an account whose password was right.
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

// admitted is a sign-in as it was decided.
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

// signedIn is what a sign-in leaves: the account, or why it may not come in.
type signedIn struct {
	user    org.User
	refusal *org.Error
	link    string // the secret of a link that sets another password, or what a code is sent with
}

// planSignIn decides about somebody whose password was right. While it was compared, the account may have been suspended or
// deleted, or have got another password: it is let in as it stands now. It fails with errHashChanged if the hash is another
// one, and with errOnSite if this takes the scope of the site.
func planSignIn(ctx context.Context, a *unit.Attempt, in signIn) (p admitted, err error) {
	p.signIn, a.Now = in, in.now
	a.Become(uuid.Nil, "", in.request)
	// A change in an organization may end what a password opens. It holds the account before it ends its sessions, and so
	// either it sees the one that begins here, or this sees that the password must be changed.
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

// letIn decides about an account whose password was right, as it stands now.
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
		p.refusal = errUseProvider // only who knows the password learns that it is not enough
		return err
	}
	// The address keeps its count, less this attempt: a right login of one's own must not buy more guesses at others.
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

// seen is an account that is in use from now on.
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

// admit stores that an account was let in.
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

// resetFailures forgets what was counted at the account's door, and takes this attempt back at that of the address.
func resetFailures(ctx context.Context, w *unit.Writer, p admitted) error {
	if err := w.W.DeleteLoginFailures(ctx, p.doors[0].name); err != nil {
		return err
	}
	return storeFailures(ctx, w, p.address)
}

// storeSeen notes that an account is in use. One that wakes gets an entry for that.
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
