package account

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Login checks an e-mail address and a password, and begins a session. Every wrong login costs one hash
// and gets the same answer. Unauthenticated: wrong, or suspended. TooMany: too many wrong ones for this account or from
// this address. Unavailable: too many logins at once. A ChoosePasswordError with a link: right, but it lets nobody in.
func (s *Service) Login(ctx context.Context, r org.Request, email, password string, begin org.BeginSession) (_ org.User, err error) {
	defer org.Wrap(&err, "log in")
	choose := &org.ChoosePasswordError{}
	user, err := s.login(ctx, email, password, admission{
		request: r,
		enter:   func(c *unit.Mixed, user uuid.UUID) error { return beginSession(c, user, begin) },
		choose: func(c *unit.Mixed, user db.UserRow) error {
			own(c, user)
			link, err := makeLink(c, user.ID, ownLinkLifetime)
			if err != nil {
				return err
			}
			choose.Secret = link.Secret
			return c.Record()
		},
	})
	if errors.Is(err, org.ErrChoosePassword) {
		err = choose
	}
	return user, err
}

// login does what is then to be done for somebody whose password was right in the transaction that lets them in, so that
// a password changed meanwhile leaves nothing behind that the old one opened.
func (s *Service) login(ctx context.Context, email, password string, then admission) (org.User, error) {
	key := org.FoldCase(email)
	doors := []failureCounter{{accountCounter(email), maxAccountFailures}, {addressCounter(then.request.IP), maxAddressFailures}}
	if err := s.hashing.room(); err != nil { // so nothing is counted that is not going to be tried
		return org.User{}, err
	}
	if err := s.countAttempt(ctx, doors); err != nil {
		return org.User{}, err
	}
	user, err := s.tryPassword(ctx, key, password, doors, then)
	if errors.Is(err, errHashChanged) { // by another login, it may be, that renewed the hash of the same password
		user, err = s.tryPassword(ctx, key, password, doors, then)
	}
	if errors.Is(err, errHashChanged) {
		err = wrongLogin()
	}
	return user, err
}

// errHashChanged means that the password was right for a hash that has been replaced meanwhile.
var errHashChanged = errors.New("the password hash has changed")

func (s *Service) tryPassword(ctx context.Context, key, password string, doors []failureCounter, then admission) (org.User, error) {
	account, err := s.units.DB.GetPassword(ctx, key)
	if err != nil && !db.IsNotFound(err) {
		return org.User{}, err
	}
	right, err := s.hashing.matches(ctx, account.PasswordHash, password)
	if err != nil {
		return org.User{}, err
	}
	if !right {
		return org.User{}, s.refuseLogin(ctx, then.request, account, doors[1])
	}
	renewed := s.hashing.renewed(ctx, account.PasswordHash, password)
	enter := then.enter
	then.enter = func(c *unit.Mixed, user uuid.UUID) error {
		if renewed != "" {
			if err := c.W.RenewPasswordHash(ctx, db.RenewPasswordHashParams{PasswordHash: renewed, ID: user}); err != nil {
				return err
			}
		}
		return enter(c, user)
	}
	return s.completeSignIn(ctx, key, account, doors, then)
}

// admission is what is done for somebody whose password was right, in the transaction that finds it so.
type admission struct {
	request org.Request
	enter   func(c *unit.Mixed, user uuid.UUID) error
	choose  func(c *unit.Mixed, user db.UserRow) error // instead, when another password must be chosen first
}

// refuseLogin answers a wrong login, and records it if there is such an account. If there is none it writes as well:
// waiting for the disk takes long enough to be noticed.
func (s *Service) refuseLogin(ctx context.Context, r org.Request, account db.GetPasswordRow, address failureCounter) error {
	refusal := wrongLogin()
	return errors.Join(refusal, s.units.Write(ctx, db.SigningIn, func(c *unit.Mixed) error {
		if account.ID == uuid.Nil {
			return adjustFailures(c, address, 0)
		}
		c.Actor = &org.Actor{Request: r}
		return recordLogin(c, account.ID, "login", refusal.Kind.Status())
	}))
}

func wrongLogin() *org.Error {
	return &org.Error{Kind: org.Unauthenticated, Message: "Incorrect email or password."}
}

// completeSignIn lets somebody in whose password was right. While it was checked, the account may have been suspended or deleted,
// or have got another password: it is let in as it stands now. It fails with errHashChanged if the hash is another one.
func (s *Service) completeSignIn(ctx context.Context, key string, account db.GetPasswordRow, doors []failureCounter, then admission) (org.User, error) {
	user, err := s.completeSignInScope(ctx, scopeOfUse(org.Status(account.Status)), key, account, doors, then)
	if errors.Is(err, errOnSite) {
		user, err = s.completeSignInScope(ctx, db.OnSite, key, account, doors, then)
	}
	return user, err
}

// scopeOfUse is the scope in which an account of that status signs in: lists show it when a dormant one wakes.
func scopeOfUse(status org.Status) db.Scope {
	if status == org.StatusDormant {
		return db.OnSite
	}
	return db.SigningIn
}

// errOnSite means that an account cannot sign in without a write of the whole site.
var errOnSite = errors.New("this sign-in changes the account")

func (s *Service) completeSignInScope(ctx context.Context, where db.Scope, key string, account db.GetPasswordRow, doors []failureCounter, then admission) (user org.User, err error) {
	now := s.units.Now() // it does not wait for the writer
	var refusal *org.Error
	err = s.units.Write(ctx, where, func(c *unit.Mixed) error {
		c.Actor, c.Now, refusal = &org.Actor{Request: then.request}, now, nil // it may run again, and find another account
		// A write of an organization may end what a password opens. It holds the account before it ends its sessions, and so
		// either it sees the one that begins here, or this sees that the password must be changed.
		if err := c.W.HoldAccount(ctx, account.ID); err != nil {
			return err
		}
		current, err := c.Q.GetPassword(ctx, key)
		switch {
		case db.IsNotFound(err):
			refusal = wrongLogin()
			return nil
		case err != nil:
			return err
		case current.PasswordHash != account.PasswordHash:
			return errHashChanged
		case org.Status(current.Status) == org.StatusSuspended:
			refusal = &org.Error{Kind: org.Unauthenticated, Message: "Your account is suspended. Contact an admin to reactivate your account."}
		}
		if refusal != nil {
			return recordLogin(c, current.ID, "login", refusal.Kind.Status())
		}
		if current.MustChange && !where.Everything() { // it is given a link
			return errOnSite
		}
		// The address keeps its count, less this attempt: a right login of one's own must not buy more guesses at others.
		if err := resetFailures(c, doors); err != nil {
			return err
		}
		if current.MustChange {
			refusal = org.ErrChoosePassword
			return mustChoose(c, current.ID, then)
		}
		if user, err = touchLastSeen(c, current.ID); err != nil {
			return err
		}
		if err := then.enter(c, user.ID); err != nil {
			return err
		}
		return recordLogin(c, user.ID, "login", 201)
	})
	if err == nil && refusal != nil {
		err = refusal
	}
	return user, err
}

// mustChoose records a sign-in that leads to the choice of another password.
func mustChoose(c *unit.Mixed, user uuid.UUID, then admission) error {
	row, err := c.Q.GetUser(c.Ctx, user)
	if err != nil {
		return err
	}
	if err := then.choose(c, row); err != nil {
		return err
	}
	return recordLogin(c, user, "login", org.ErrChoosePassword.Kind.Status())
}

// becomes makes an account that has proved who it is the actor, without rights.
func becomes(c *unit.Mixed, id uuid.UUID, username string) {
	c.Actor = &org.Actor{User: org.User{ID: id, Username: username}, Request: c.Actor.Request}
}

// own begins the audit row of what an account changes of itself by signing in.
func own(c *unit.Mixed, row db.UserRow) {
	becomes(c, row.ID, row.Username)
	c.Entry = unit.Entry{Action: "write", Status: 200}
	c.About("user", row.ID, row.Username, uuid.Nil)
}

// touchLastSeen notes that an account is in use; a dormant one is active from now on, for which the scope must be the site.
func touchLastSeen(c *unit.Mixed, id uuid.UUID) (org.User, error) {
	if err := c.W.UpdateLastSeen(c.Ctx, db.UpdateLastSeenParams{Now: unit.NullTime(c.Now), ID: id}); err != nil {
		return org.User{}, err
	}
	row, err := c.Q.GetUser(c.Ctx, id)
	if err != nil {
		return org.User{}, err
	}
	if org.Status(row.Status) == org.StatusDormant {
		if !c.Scope().Everything() {
			return org.User{}, errOnSite
		}
		if err := activate(c, row); err != nil {
			return org.User{}, err
		}
		row.Status = string(org.StatusActive)
	}
	return c.User(c.Ctx, row)
}

// activate makes a dormant account active.
func activate(c *unit.Mixed, row db.UserRow) error {
	if err := c.W.UpdateStatus(c.Ctx, db.UpdateStatusParams{Status: string(org.StatusActive), Now: c.Now, ID: row.ID}); err != nil {
		return err
	}
	c.Bump()
	own(c, row)
	c.Field("status", row.Status, org.StatusActive)
	return c.Record()
}

func recordLogin(c *unit.Mixed, user uuid.UUID, action string, status int) error {
	row, err := c.Q.GetUser(c.Ctx, user)
	if err != nil {
		return err
	}
	becomes(c, user, row.Username)
	c.Entry = unit.Entry{Action: action, Status: status}
	c.About("api_key", user, row.Username, uuid.Nil)
	return c.Record()
}

// LoginToken is Login for programs: it answers an API token that lives as long as a browser session. A ChoosePasswordError
// has no link.
func (s *Service) LoginToken(ctx context.Context, r org.Request, email, password string) (_ string, err error) {
	defer org.Wrap(&err, "log in for a token")
	token := newToken()
	_, err = s.login(ctx, email, password, admission{
		request: r,
		enter: func(c *unit.Mixed, user uuid.UUID) error {
			if err := purge(ctx, c.W, s.units.Now()); err != nil {
				return err
			}
			return c.W.InsertAPIKey(ctx, token.row(user, "login "+token.id, "password", s.units.Now(), s.sessionLifetime))
		},
		choose: func(*unit.Mixed, db.UserRow) error { return nil },
	})
	if errors.Is(err, org.ErrChoosePassword) {
		err = &org.ChoosePasswordError{}
	}
	if err != nil {
		return "", err
	}
	return token.String(), nil
}

// Logout ends the token or the session that the request came with, and records it.
func (s *Service) Logout(ctx context.Context, subject *org.Actor) (err error) {
	defer org.Wrap(&err, "log out")
	return s.units.Write(ctx, db.SigningIn, func(c *unit.Mixed) error {
		c.Actor = subject
		if err := c.W.DeleteAPIKey(ctx, subject.TokenID); err != nil {
			return err
		}
		if err := c.W.DeleteSession(ctx, subject.Session); err != nil {
			return err
		}
		return recordLogin(c, subject.ID(), "logout", 200)
	})
}
