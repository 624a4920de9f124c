package account

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Login checks an e-mail address and a password, and begins a session if ctx has one. Every wrong login costs one hash
// and gets the same answer. Unauthenticated: wrong, or suspended. TooMany: too many wrong ones for this account or from
// this address. Unavailable: too many logins at once. A ChoosePassword with a link: right, but it lets nobody in.
func (s *Service) Login(ctx context.Context, email, password string) (org.User, error) {
	choose := &org.ChoosePassword{}
	user, err := s.login(ctx, email, password, admission{
		enter: func(q *db.Queries, user uuid.UUID) error { return beginSession(ctx, q, user) },
		choose: func(q *db.Queries, user db.UserRow) error {
			c := s.ownChange(ctx, q, user)
			link, err := makeLink(c, user.ID, ownLinkLifetime)
			if err != nil {
				return err
			}
			choose.Secret = link.Secret
			return c.Record(q)
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
	key := org.Fold(email)
	doors := []door{{accountDoor(email), maxAccountFailures}, {addressDoor(org.RequestOf(ctx).IP), maxAddressFailures}}
	if err := s.hashing.room(); err != nil { // so nothing is counted that is not going to be tried
		return org.User{}, err
	}
	if err := s.knock(ctx, doors); err != nil {
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

func (s *Service) tryPassword(ctx context.Context, key, password string, doors []door, then admission) (org.User, error) {
	account, err := s.units.DB.GetPassword(ctx, key)
	if err != nil && !db.IsNotFound(err) {
		return org.User{}, err
	}
	right, err := s.hashing.matches(ctx, account.PasswordHash, password)
	if err != nil {
		return org.User{}, err
	}
	if !right {
		return org.User{}, s.refuseLogin(ctx, account, doors[1])
	}
	renewed := s.hashing.renewed(ctx, account.PasswordHash, password)
	enter := then.enter
	then.enter = func(q *db.Queries, user uuid.UUID) error {
		if renewed != "" {
			if err := q.RenewPasswordHash(ctx, db.RenewPasswordHashParams{PasswordHash: renewed, ID: user}); err != nil {
				return err
			}
		}
		return enter(q, user)
	}
	return s.admit(ctx, key, account, doors, then)
}

// admission is what is done for somebody whose password was right, in the transaction that finds it so.
type admission struct {
	enter  func(q *db.Queries, user uuid.UUID) error
	choose func(q *db.Queries, user db.UserRow) error // instead, when another password must be chosen first
}

// refuseLogin answers a wrong login, and records it if there is such an account. If there is none it writes as well:
// waiting for the disk takes long enough to be noticed.
func (s *Service) refuseLogin(ctx context.Context, account db.GetPasswordRow, address door) error {
	refusal := wrongLogin()
	return errors.Join(refusal, s.units.DB.Write(ctx, func(q *db.Queries) error {
		if account.ID == uuid.Nil {
			return s.recount(ctx, q, address, 0)
		}
		return s.recordLogin(ctx, q, account.ID, "login", refusal.Kind.Status())
	}))
}

func wrongLogin() *org.Error {
	return &org.Error{Kind: org.Unauthenticated, Message: "Incorrect email or password."}
}

// admit lets somebody in whose password was right. While it was checked, the account may have been suspended or deleted,
// or have got another password: it is let in as it stands now. It fails with errHashChanged if the hash is another one.
func (s *Service) admit(ctx context.Context, key string, account db.GetPasswordRow, doors []door, then admission) (user org.User, err error) {
	now := s.units.Now()
	var refusal *org.Error
	err = s.units.DB.Write(ctx, func(q *db.Queries) error {
		refusal = nil // it may run again, and find another account
		current, err := q.GetPassword(ctx, key)
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
			return s.recordLogin(ctx, q, current.ID, "login", refusal.Kind.Status())
		}
		// The address keeps its count, less this attempt: a right login of one's own must not buy more guesses at others.
		if err := s.forgive(ctx, q, doors); err != nil {
			return err
		}
		if current.MustChange {
			refusal = org.ErrChoosePassword
			return s.mustChoose(ctx, q, current.ID, then)
		}
		if user, err = s.arrive(ctx, q, current.ID, now); err != nil {
			return err
		}
		if err := then.enter(q, user.ID); err != nil {
			return err
		}
		return s.recordLogin(ctx, q, user.ID, "login", 201)
	})
	if err == nil && refusal != nil {
		err = refusal
	}
	return user, err
}

// mustChoose records a sign-in that leads to the choice of another password.
func (s *Service) mustChoose(ctx context.Context, q *db.Queries, user uuid.UUID, then admission) error {
	row, err := q.GetUser(ctx, user)
	if err != nil {
		return err
	}
	if err := then.choose(q, row); err != nil {
		return err
	}
	return s.recordLogin(ctx, q, user, "login", org.ErrChoosePassword.Kind.Status())
}

// ownChange is what an account changes of itself by signing in, on its way into the audit trail.
func (s *Service) ownChange(ctx context.Context, q *db.Queries, row db.UserRow) *unit.Attempt {
	c := &unit.Attempt{Reader: unit.Reader{Units: s.units, Q: q}, Ctx: ctx, Now: s.units.Now(), Actor: &org.Actor{User: org.User{ID: row.ID, Username: row.Username}}}
	c.Entry.Action, c.Entry.Status = "write", 200
	c.About("user", row.ID, row.Username, uuid.Nil)
	return c
}

// arrive notes that an account is in use; a dormant one is active from now on.
func (s *Service) arrive(ctx context.Context, q *db.Queries, id uuid.UUID, now time.Time) (org.User, error) {
	if err := q.UpdateLastSeen(ctx, db.UpdateLastSeenParams{Now: unit.NullTime(now), ID: id}); err != nil {
		return org.User{}, err
	}
	row, err := q.GetUser(ctx, id)
	if err != nil {
		return org.User{}, err
	}
	if org.Status(row.Status) == org.StatusDormant {
		if err := s.wake(ctx, q, row, now); err != nil {
			return org.User{}, err
		}
		row.Status = string(org.StatusActive)
	}
	return unit.Reader{Units: s.units, Q: q}.User(ctx, row)
}

// wake makes a dormant account active.
func (s *Service) wake(ctx context.Context, q *db.Queries, row db.UserRow, now time.Time) error {
	if err := q.UpdateStatus(ctx, db.UpdateStatusParams{Status: string(org.StatusActive), Now: now, ID: row.ID}); err != nil {
		return err
	}
	if err := q.BumpRevision(ctx, now.UnixMicro()); err != nil {
		return err
	}
	c := s.ownChange(ctx, q, row)
	c.Field("status", row.Status, org.StatusActive)
	return c.Record(q)
}

func (s *Service) recordLogin(ctx context.Context, q *db.Queries, user uuid.UUID, action string, status int) error {
	row, err := q.GetUser(ctx, user)
	if err != nil {
		return err
	}
	c := &unit.Attempt{Reader: unit.Reader{Units: s.units, Q: q}, Ctx: ctx, Now: s.units.Now(), Actor: &org.Actor{User: org.User{ID: user, Username: row.Username}}}
	c.Entry.Action, c.Entry.Status = action, status
	c.About("api_key", user, row.Username, uuid.Nil)
	return c.Record(q)
}

// LoginToken is Login for programs: it answers an API token that lives as long as a browser session. A ChoosePassword
// has no link.
func (s *Service) LoginToken(ctx context.Context, email, password string) (string, error) {
	token := newToken()
	_, err := s.login(ctx, email, password, admission{
		enter: func(q *db.Queries, user uuid.UUID) error {
			if err := purge(ctx, q, s.units.Now()); err != nil {
				return err
			}
			return q.InsertAPIKey(ctx, token.row(user, "login "+token.id, "password", s.units.Now(), s.sessionLifetime))
		},
		choose: func(*db.Queries, db.UserRow) error { return nil },
	})
	if errors.Is(err, org.ErrChoosePassword) {
		err = &org.ChoosePassword{}
	}
	if err != nil {
		return "", err
	}
	return token.String(), nil
}

// Logout ends the token or the session that the request came with, and records it.
func (s *Service) Logout(ctx context.Context, subject *org.Actor) error {
	return s.units.DB.Write(ctx, func(q *db.Queries) error {
		if err := q.DeleteAPIKey(ctx, subject.TokenID); err != nil {
			return err
		}
		if err := q.DeleteSession(ctx, subject.Session); err != nil {
			return err
		}
		if err := q.BumpRevision(ctx, s.units.Now().UnixMicro()); err != nil { // it must be forgotten, too
			return err
		}
		return s.recordLogin(ctx, q, subject.ID(), "logout", 200)
	})
}
