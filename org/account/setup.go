package account

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// HasUsers reports whether there is an account, so that setup is done.
func (s *Service) HasUsers(ctx context.Context) (_ bool, err error) {
	defer org.Wrap(&err, "look for accounts")
	n, err := s.units.DB.GetUserCount(ctx)
	return n > 0, err
}

// StoreSetupToken stores a token with which the first account can be made, through any server that shares the data.
// It is no unit: there is no account yet that could be its actor, no list depends on it, and the trail is to begin with the
// first account.
func (s *Service) StoreSetupToken(ctx context.Context, token string) (err error) {
	defer org.Wrap(&err, "store setup token")
	hash := sha256.Sum256([]byte(token))
	return s.units.DB.WriteIn(ctx, db.OnSite, func(tx *db.Tx) error {
		return tx.Writes().InsertSetupToken(ctx, db.InsertSetupTokenParams{Hash: hash[:], Now: s.units.Now()})
	})
}

// CheckSetupToken reports whether a token was stored. It looks it up by its hash, so that the time this takes reveals nothing.
func (s *Service) CheckSetupToken(ctx context.Context, guess string) (_ bool, err error) {
	defer org.Wrap(&err, "check setup token")
	hash := sha256.Sum256([]byte(guess))
	n, err := s.units.DB.CountSetupTokens(ctx, hash[:])
	return n > 0, err
}

// CreateFirstUser makes the first account, an owner, and the default organization with the account as a member. It begins a
// session of the account.
// It does not ask for the setup token: the web layer does, with CheckSetupToken (A14 in SECURITY.md).
// Conflict: there is an account already. Invalid: what is wrong with the input.
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
	if err := checkFirst(&account, in.Organization); err != nil {
		return org.User{}, org.Organization{}, err
	}
	hash, err := s.hashing.hash(ctx, in.Password)
	if err != nil {
		return org.User{}, org.Organization{}, err
	}
	first, _, err := unit.Do(ctx, s.units, nil, unit.OnSite, "create", setup{r, account, hash, in.Organization, begin}, planSetup, applySetup)
	return first.user, first.home.organization(), err
}

// setup makes the first account.
type setup struct {
	request org.Request
	account org.NewUser
	hash    string // of its password
	home    string // what the default organization is to be called, "" for no change
	begin   org.BeginSession
}

// firstAccount is the first account, decided but not yet stored.
type firstAccount struct {
	newAccount
	home    home
	session *org.NewSession
}

// planSetup counts the accounts again within the transaction: of two simultaneous requests, only one may claim the server.
func planSetup(ctx context.Context, a *unit.Attempt, in setup) (f firstAccount, err error) {
	a.Become(uuid.Nil, "", in.request)
	n, err := a.Q.GetUserCount(ctx)
	if err != nil || n > 0 {
		return f, errors.Join(err, errSetUp(n > 0))
	}
	if f.home, err = defaultHome(ctx, a); err != nil {
		return f, err
	}
	f.home.call(in.home)
	f.newAccount, err = decideAccount(ctx, a, in.account, in.hash, []db.Organization{f.home.row}, []string{org.RoleOwner})
	if err != nil {
		return f, err
	}
	a.Become(f.row.ID, f.row.Username, in.request)
	f.session, err = newSession(ctx, in.begin, f.row.ID)
	return f, err
}

// applySetup also deletes every setup token, so that none works any more.
func applySetup(ctx context.Context, w *unit.Writer, f firstAccount) (firstAccount, error) {
	if err := w.W.DeleteSetupTokens(ctx); err != nil {
		return f, err
	}
	if err := f.home.store(ctx, w); err != nil {
		return f, err
	}
	w.Status = 201
	if err := storeAccount(ctx, w, f.newAccount); err != nil {
		return f, err
	}
	return f, storeSession(ctx, w, f.row.ID, f.session)
}

// checkFirst fills in what the input leaves out, and finds all that is wrong with the first account and its organization's name.
func checkFirst(account *org.NewUser, home string) error {
	err := account.Check()
	if home == "" {
		return err
	}
	problem := org.TextProblem(home, 64)
	if problem == "" {
		return err
	}
	if e, ok := errors.AsType[*org.Error](err); ok {
		all := *e
		all.Fields = append([]org.Field{{Field: "organization", Detail: problem}}, e.Fields...)
		return &all
	}
	return org.FieldErrors{{Field: "organization", Detail: problem}}.Err("Validation failed.")
}

// errSetUp refuses a second setup; it is nil if none is done yet.
func errSetUp(done bool) error {
	if !done {
		return nil
	}
	return &org.Error{Kind: org.Conflict, Message: "The initial user has already been created."}
}
