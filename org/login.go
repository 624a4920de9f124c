package org

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
)

// How many wrong passwords are borne in a window: for one account, and from one address.
const (
	failureWindow      = 15 * time.Minute
	maxAccountFailures = 10
	maxAddressFailures = 60
)

// Login checks an e-mail address and a password, and begins a session if ctx has one. Every wrong login costs one hash
// and gets the same answer. Unauthenticated: wrong, or suspended. TooMany: too many wrong ones for this account or from
// this address. Unavailable: too many logins at once. A ChoosePassword with a link: right, but it lets nobody in.
func (s *Service) Login(ctx context.Context, email, password string) (User, error) {
	choose := &ChoosePassword{}
	user, err := s.login(ctx, email, password, admission{
		enter: func(q *db.Queries, user uuid.UUID) error { return beginSession(ctx, q, user) },
		choose: func(q *db.Queries, user db.UserRow) error {
			c := s.ownChange(ctx, q, user)
			link, err := c.makeLink(user.ID, ownLinkLifetime)
			if err != nil {
				return err
			}
			choose.Secret = link.Secret
			return c.record(q)
		},
	})
	if errors.Is(err, errChoosePassword) {
		err = choose
	}
	return user, err
}

// ChoosePassword is the error of a right password that lets nobody in any more: somebody else set it, and the account has
// come to hold more than they do. What it unwraps to is Forbidden.
type ChoosePassword struct {
	Secret string // of a link that sets another one; "" for programs
}

func (*ChoosePassword) Error() string { return errChoosePassword.Error() }

// Unwrap gives the refusal.
func (*ChoosePassword) Unwrap() error { return errChoosePassword }

var errChoosePassword = &Error{Kind: Forbidden, Message: "Choose your own password first.", Detail: "Somebody else set it."}

// login does what is then to be done for somebody whose password was right in the transaction that lets them in, so that
// a password changed meanwhile leaves nothing behind that the old one opened.
func (s *Service) login(ctx context.Context, email, password string, then admission) (User, error) {
	key := Fold(email)
	doors := []door{{accountDoor(email), maxAccountFailures}, {addressDoor(requestOf(ctx).IP), maxAddressFailures}}
	if err := s.hashing.room(); err != nil { // so nothing is counted that is not going to be tried
		return User{}, err
	}
	if err := s.knock(ctx, doors); err != nil {
		return User{}, err
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

func (s *Service) tryPassword(ctx context.Context, key, password string, doors []door, then admission) (User, error) {
	account, err := s.db.GetPassword(ctx, key)
	if err != nil && !db.IsNotFound(err) {
		return User{}, err
	}
	right, err := s.hashing.matches(ctx, account.PasswordHash, password)
	if err != nil {
		return User{}, err
	}
	if !right {
		return User{}, s.refuseLogin(ctx, account, doors[1])
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

// door is something that wrong logins are counted at.
type door struct {
	name  string
	limit int64
}

// accountDoor is where wrong logins with an e-mail address are counted, be there such an account or not. The address is
// hashed: people type passwords into that field too, and it may be long.
func accountDoor(email string) string {
	hash := sha256.Sum256([]byte(Fold(email)))
	return "account " + b64.EncodeToString(hash[:])
}

// addressDoor is where wrong logins from the network of an IP address are counted.
func addressDoor(ip string) string {
	if network := Network(ip); network != "" {
		return "address " + network
	}
	return "address"
}

// passwordDoor is where wrong guesses at the password of a signed-in account are counted. It is not the door of its
// logins: who cannot sign in for what others tried can still use the session it has.
func passwordDoor(user uuid.UUID) door { return door{"password " + user.String(), maxAccountFailures} }

// knock counts an attempt before it is made, so that attempts made at once are counted too; admit forgives the
// account its failures.
func (s *Service) knock(ctx context.Context, doors []door) error {
	now := s.now()
	return s.db.Write(ctx, func(q *db.Queries) error {
		if err := q.DeleteOldLoginFailures(ctx, now.Add(-failureWindow)); err != nil {
			return err
		}
		for _, d := range doors {
			found, err := q.GetLoginFailures(ctx, d.name)
			if db.IsNotFound(err) {
				found, err = db.GetLoginFailuresRow{WindowStart: now}, nil
			}
			if err != nil {
				return err
			}
			if found.Failures >= d.limit {
				return tooMany(found.WindowStart.Add(failureWindow).Sub(now))
			}
			if err := q.UpsertLoginFailures(ctx, db.UpsertLoginFailuresParams{
				Door: d.name, Failures: found.Failures + 1, WindowStart: found.WindowStart,
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

func tooMany(wait time.Duration) *Error {
	return &Error{Kind: TooMany, RetryAfter: max(wait, time.Second), Message: "Too many failed logins.",
		Detail: "Wait a few minutes before the next attempt."}
}

// refuseLogin answers a wrong login, and records it if there is such an account. If there is none it writes as well:
// waiting for the disk takes long enough to be noticed.
func (s *Service) refuseLogin(ctx context.Context, account db.GetPasswordRow, address door) error {
	refusal := wrongLogin()
	return errors.Join(refusal, s.db.Write(ctx, func(q *db.Queries) error {
		if account.ID == uuid.Nil {
			return s.recount(ctx, q, address, 0)
		}
		return s.recordLogin(ctx, q, account.ID, "login", refusal.Kind.Status())
	}))
}

func wrongLogin() *Error {
	return &Error{Kind: Unauthenticated, Message: "Incorrect email or password."}
}

// admit lets somebody in whose password was right. While it was checked, the account may have been suspended or deleted,
// or have got another password: it is let in as it stands now. It fails with errHashChanged if the hash is another one.
func (s *Service) admit(ctx context.Context, key string, account db.GetPasswordRow, doors []door, then admission) (user User, err error) {
	now := s.now()
	var refusal *Error
	err = s.db.Write(ctx, func(q *db.Queries) error {
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
		case Status(current.Status) == StatusSuspended:
			refusal = &Error{Kind: Unauthenticated, Message: "Your account is suspended. Contact an admin to reactivate your account."}
		}
		if refusal != nil {
			return s.recordLogin(ctx, q, current.ID, "login", refusal.Kind.Status())
		}
		// The address keeps its count, less this attempt: a right login of one's own must not buy more guesses at others.
		if err := s.forgive(ctx, q, doors); err != nil {
			return err
		}
		if current.MustChange {
			refusal = errChoosePassword
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
	return s.recordLogin(ctx, q, user, "login", errChoosePassword.Kind.Status())
}

// ownChange is what an account changes of itself by signing in, on its way into the audit trail.
func (s *Service) ownChange(ctx context.Context, q *db.Queries, row db.UserRow) *change {
	c := &change{source: source{Service: s, q: q}, ctx: ctx, now: s.now(), by: &Subject{User: User{ID: row.ID, Username: row.Username}}}
	c.entry.action, c.entry.status = "write", 200
	c.about("user", row.ID, row.Username, uuid.Nil)
	return c
}

// arrive notes that an account is in use; a dormant one is active from now on.
func (s *Service) arrive(ctx context.Context, q *db.Queries, id uuid.UUID, now time.Time) (User, error) {
	if err := q.UpdateLastSeen(ctx, db.UpdateLastSeenParams{Now: nullTime(now), ID: id}); err != nil {
		return User{}, err
	}
	row, err := q.GetUser(ctx, id)
	if err != nil {
		return User{}, err
	}
	if Status(row.Status) == StatusDormant {
		if err := s.wake(ctx, q, row, now); err != nil {
			return User{}, err
		}
		row.Status = string(StatusActive)
	}
	return source{Service: s, q: q}.user(ctx, row)
}

// wake makes a dormant account active.
func (s *Service) wake(ctx context.Context, q *db.Queries, row db.UserRow, now time.Time) error {
	if err := q.UpdateStatus(ctx, db.UpdateStatusParams{Status: string(StatusActive), Now: now, ID: row.ID}); err != nil {
		return err
	}
	if err := q.BumpRevision(ctx, now.UnixMicro()); err != nil {
		return err
	}
	c := s.ownChange(ctx, q, row)
	c.field("status", row.Status, StatusActive)
	return c.record(q)
}

func (s *Service) forgive(ctx context.Context, q *db.Queries, doors []door) error {
	if err := q.DeleteLoginFailures(ctx, doors[0].name); err != nil {
		return err
	}
	return s.recount(ctx, q, doors[1], -1)
}

// recount changes what is counted at a door, if anything is.
func (s *Service) recount(ctx context.Context, q *db.Queries, d door, by int64) error {
	found, err := q.GetLoginFailures(ctx, d.name)
	if db.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return q.UpsertLoginFailures(ctx, db.UpsertLoginFailuresParams{
		Door: d.name, Failures: max(0, found.Failures+by), WindowStart: found.WindowStart,
	})
}

func (s *Service) recordLogin(ctx context.Context, q *db.Queries, user uuid.UUID, action string, status int) error {
	row, err := q.GetUser(ctx, user)
	if err != nil {
		return err
	}
	c := &change{source: source{Service: s, q: q}, ctx: ctx, now: s.now(), by: &Subject{User: User{ID: user, Username: row.Username}}}
	c.entry.action, c.entry.status = action, status
	c.about("api_key", user, row.Username, uuid.Nil)
	return c.record(q)
}

// LoginToken is Login for programs: it answers an API token that lives as long as a browser session. A ChoosePassword
// has no link.
func (s *Service) LoginToken(ctx context.Context, email, password string) (string, error) {
	token := newToken()
	_, err := s.login(ctx, email, password, admission{
		enter: func(q *db.Queries, user uuid.UUID) error {
			if err := purge(ctx, q, s.now()); err != nil {
				return err
			}
			return q.InsertAPIKey(ctx, token.row(user, "login "+token.id, "password", s.now(), s.sessionLifetime))
		},
		choose: func(*db.Queries, db.UserRow) error { return nil },
	})
	if errors.Is(err, errChoosePassword) {
		err = &ChoosePassword{}
	}
	if err != nil {
		return "", err
	}
	return token.String(), nil
}

// Logout ends the token or the session that the request came with, and records it.
func (s *Service) Logout(ctx context.Context, subject *Subject) error {
	return s.db.Write(ctx, func(q *db.Queries) error {
		if err := q.DeleteAPIKey(ctx, subject.TokenID); err != nil {
			return err
		}
		if err := q.DeleteSession(ctx, subject.Session); err != nil {
			return err
		}
		if err := q.BumpRevision(ctx, s.now().UnixMicro()); err != nil { // it must be forgotten, too
			return err
		}
		return s.recordLogin(ctx, q, subject.ID(), "logout", 200)
	})
}

// HasUsers says whether setup is done.
func (s *Service) HasUsers(ctx context.Context) (bool, error) {
	n, err := s.db.GetUserCount(ctx)
	return n > 0, err
}

// OfferSetup lets the first account be made with a token, through whatever server shares the data.
func (s *Service) OfferSetup(ctx context.Context, token string) error {
	hash := sha256.Sum256([]byte(token))
	return s.db.Write(ctx, func(q *db.Queries) error {
		return q.InsertSetupToken(ctx, db.InsertSetupTokenParams{Hash: hash[:], Now: s.now()})
	})
}

// IsSetupToken says whether a token was offered. It is looked up by its hash, so that the time this takes tells nothing.
func (s *Service) IsSetupToken(ctx context.Context, guess string) (bool, error) {
	hash := sha256.Sum256([]byte(guess))
	n, err := s.db.CountSetupTokens(ctx, hash[:])
	return n > 0, err
}

// CreateFirstUser makes the first account, an owner, and the default organization with it as a member. It begins a
// session of that account if ctx has one.
// Conflict: there is a user already. Invalid: what is wrong with the input.
func (s *Service) CreateFirstUser(ctx context.Context, input Input[FirstUser]) (user User, org Organization, err error) {
	in, err := input.Read()
	if err != nil {
		return User{}, Organization{}, err
	}
	account := NewUser{Email: in.Email, Username: in.Username, Name: in.Name, Password: in.Password, Status: StatusActive}
	if taken, err := s.HasUsers(ctx); err != nil || taken {
		return User{}, Organization{}, errors.Join(err, errSetUp(taken))
	}
	if err := account.check(); err != nil {
		return User{}, Organization{}, err
	}
	hash, err := s.hashing.hash(ctx, in.Password)
	if err != nil {
		return User{}, Organization{}, err
	}
	err = s.change(ctx, nil, "create", func(c *change) error {
		c.entry.status = 201
		n, err := c.q.GetUserCount(ctx)
		if err != nil || n > 0 {
			return errors.Join(err, errSetUp(n > 0))
		}
		if err := c.q.DeleteSetupTokens(ctx); err != nil {
			return err
		}
		home, err := c.defaultOrganization()
		if err != nil {
			return err
		}
		row, err := c.insertUser(account, hash)
		if err != nil {
			return err
		}
		c.by = &Subject{User: User{ID: row.ID, Username: row.Username}}
		if err := c.q.InsertUserRole(ctx, db.InsertUserRoleParams{UserID: row.ID, Role: roleOwner}); err != nil {
			return err
		}
		c.field("rbac_roles", []string{}, []string{roleOwner})
		if err := c.join(home, row); err != nil {
			return err
		}
		if user, err = c.userByID(row.ID); err != nil {
			return err
		}
		org = organizationOf(home)
		return beginSession(ctx, c.q, user.ID)
	})
	return user, org, err
}

func errSetUp(done bool) error {
	if !done {
		return nil
	}
	return &Error{Kind: Conflict, Message: "The initial user has already been created."}
}
