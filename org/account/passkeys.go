package account

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/factor"
	"rolecall.example/org/unit"
)

// errNoPasskeys is the refusal on a server where passkeys cannot work.
func errNoPasskeys() *org.Error {
	return org.ErrInvalid("This server has no passkeys.", "They need --access-url with a name, and TLS.")
}

// errNotVerified refuses a new passkey whose answer cannot be verified.
func errNotVerified() *org.Error {
	return org.ErrInvalid("The passkey could not be verified.", "Try again.")
}

// HasPasskeys reports whether passkeys work at the address of this server.
func (s *Service) HasPasskeys() bool { return s.passkeys != nil }

// Passkeys lists the passkeys of the caller, oldest first.
func (s *Service) Passkeys(ctx context.Context, subject *org.Actor) (_ []org.Passkey, err error) {
	defer org.Wrap(&err, "list passkeys")
	rows, err := s.units.DB.ListPasskeys(ctx, subject.ID())
	return passkeysOf(rows), err
}

func passkeysOf(rows []db.ListPasskeysRow) []org.Passkey {
	list := make([]org.Passkey, len(rows))
	for i, r := range rows {
		list[i] = org.Passkey{ID: r.ID, Name: r.Name, Synced: r.BackedUp, CreatedAt: r.CreatedAt, LastUsed: r.LastUsedAt.Time, Doubted: r.DoubtedAt.Time}
	}
	return list
}

// known turns stored passkeys into what browsers are told about them.
func known(rows []db.ListPasskeysRow) []factor.Passkey {
	list := make([]factor.Passkey, len(rows))
	for i, r := range rows {
		list[i] = factor.Passkey{Credential: r.Credential, Transports: strings.Fields(r.Transports)}
	}
	return list
}

// ownerOf turns an account into what authenticators know of it.
func ownerOf(u org.User) factor.Owner {
	name := u.Email
	if name == "" {
		name = u.Username
	}
	return factor.Owner{ID: u.ID[:], Name: name, Label: u.Label()}
}

// PasskeyOptions returns, as JSON, what a browser needs to make a passkey for the caller. AddPasskey takes the answer, from the
// same browser. Invalid: passkeys do not work here, or not for this account; it signed in too long ago, and the password is wrong
// or missing; someone else set its password. TooMany: too many wrong ones.
func (s *Service) PasskeyOptions(ctx context.Context, subject *org.Actor, browser, password string) (options []byte, err error) {
	defer org.Wrap(&err, "begin to add a passkey")
	if s.passkeys == nil {
		return nil, errNoPasskeys()
	}
	p, err := s.asked(ctx, subject, password)
	if err != nil {
		return nil, err
	}
	rows, err := s.units.DB.ListPasskeys(ctx, subject.ID())
	if err != nil {
		return nil, err
	}
	in := newChallenge(browser, unit.NullID(subject.ID()), true, s.units.Now())
	in.proof = p
	if _, _, err := unit.Do(ctx, s.units, subject, unit.SigningIn, "create", in, planPasskeyOptions, applyChallenge); err != nil {
		return nil, err
	}
	return s.passkeys.Creation(in.challenge, ownerOf(subject.User), known(rows))
}

// planPasskeyOptions refuses at once what planPasskey would refuse in the end.
func planPasskeyOptions(ctx context.Context, a *unit.Attempt, in passkeyChallenge) (passkeyChallenge, error) {
	a.Aside()
	if err := stillProved(ctx, a, in.proof); err != nil {
		return in, err
	}
	_, err := mayHavePasskey(ctx, a)
	return in, err
}

// mayHavePasskey refuses another passkey for the caller, and returns how many it has.
func mayHavePasskey(ctx context.Context, a *unit.Attempt) (int64, error) {
	if a.Actor.User.LoginType == org.LoginNone {
		return 0, org.ErrInvalid("A service account has no passkeys.", "It signs in with API tokens only.")
	}
	if err := ChosePassword(ctx, a.Q, a.Actor.ID()); err != nil {
		return 0, err
	}
	n, err := a.Q.CountPasskeys(ctx, a.Actor.ID())
	if err == nil && n >= org.MaxPasskeys {
		err = org.ErrInvalid("You have 20 passkeys, which is as many as there may be.", "Remove one that you don't use.")
	}
	return n, err
}

// AddPasskey adds a passkey to the caller's account: from now on a password alone is not enough. It replaces the session, which
// has shown no second factor. Invalid: the passkey cannot be verified, or is for another site; a bad name; it took longer
// than five minutes, or another browser asked for it. Conflict: an account has this passkey already.
func (s *Service) AddPasskey(ctx context.Context, subject *org.Actor, browser string, input org.Input[org.NewPasskey], begin org.BeginSession) (added org.AddedPasskey, err error) {
	defer org.Wrap(&err, "add a passkey")
	in, err := input.Read()
	if err != nil {
		return added, err
	}
	if s.passkeys == nil {
		return added, errNoPasskeys()
	}
	if in.Name = strings.TrimSpace(in.Name); in.Name == "" {
		in.Name = in.Device
	}
	var bad org.FieldErrors
	bad.Add("name", org.TextProblem(in.Name, org.MaxPasskeyName))
	made, err := factor.ParseRegistration(in.Response)
	if err != nil {
		s.log.WarnContext(ctx, "passkey not readable", "request_id", subject.Request.ID, "error", err.Error())
		bad.Add("credential", "must be what navigator.credentials.create answered")
	}
	if err := bad.Err("The passkey was not added."); err != nil {
		return added, err
	}
	asked, err := s.takeChallenge(ctx, browser, made.Challenge)
	if err != nil {
		return added, err
	}
	if !asked.Registers || asked.UserID.UUID != subject.ID() {
		return added, errPasskeyOver()
	}
	k, err := s.passkeys.Register(made, ownerOf(subject.User))
	if err != nil {
		s.log.WarnContext(ctx, "passkey refused", "request_id", subject.Request.ID, "error", err.Error())
		return added, errNotVerified()
	}
	p := passkeyMade{name: in.Name, passkey: k, host: s.passkeys.Host(), codes: factor.NewRecoveryCodes(), begin: begin}
	added, _, err = unit.Do(ctx, s.units, subject, unit.SigningIn, "create", p, planPasskey, applyPasskey)
	return added, err
}

// passkeyMade is a new passkey that has been verified.
type passkeyMade struct {
	name    string
	host    string
	passkey factor.Passkey
	codes   []string // for when it is lost; nil: the account has codes, or no use for them
	begin   org.BeginSession
	session *org.NewSession
}

func planPasskey(ctx context.Context, a *unit.Attempt, in passkeyMade) (passkeyMade, error) {
	a.Aside()
	user := a.Actor.ID()
	a.About("mfa", user, a.Actor.User.Username, uuid.Nil)
	if err := a.Hold(ctx, user); err != nil { // of two that are added at once one is the first
		return in, err
	}
	n, err := mayHavePasskey(ctx, a)
	if err != nil {
		return in, err
	}
	_, err = a.Q.GetPasskey(ctx, in.passkey.Credential)
	if err == nil {
		return in, &org.Error{Kind: org.Conflict, Message: "This passkey has already been added."}
	}
	if !db.IsNotFound(err) {
		return in, err
	}
	has, err := hasApp(ctx, a.Reader, user)
	if err != nil {
		return in, err
	}
	if has || n > 0 || a.Actor.User.LoginType != org.LoginPassword {
		in.codes = nil
	}
	in.session, err = newSession(ctx, in.begin, user)
	return in, err
}

func applyPasskey(ctx context.Context, w *unit.Writer, in passkeyMade) (added org.AddedPasskey, err error) {
	w.Status = 201
	w.Field("passkey", nil, in.name)
	added = org.AddedPasskey{
		Passkey:       org.Passkey{ID: unit.NewID(), Name: in.name, Synced: in.passkey.BackedUp, CreatedAt: w.Now},
		RecoveryCodes: in.codes,
	}
	err = w.W.InsertPasskey(ctx, db.InsertPasskeyParams{
		Credential: in.passkey.Credential, ID: added.ID, UserID: w.Actor.ID(), Host: in.host, Name: in.name, PublicKey: in.passkey.PublicKey,
		SignCount: int64(in.passkey.SignCount), BackupEligible: in.passkey.BackupEligible, BackedUp: in.passkey.BackedUp,
		Transports: strings.Join(in.passkey.Transports, " "), Now: w.Now,
	})
	if err == nil && in.codes != nil {
		err = storeRecoveryCodes(ctx, w, in.codes)
	}
	if err != nil {
		return added, err
	}
	return added, storeSession(ctx, w, w.Actor.ID(), in.session)
}

// RemovePasskey removes a passkey of the caller. NotFound: it has no such passkey. Invalid: it signed in too long ago, and the
// password is wrong or missing; this is its last way in, or its last second factor and the policy needs one.
func (s *Service) RemovePasskey(ctx context.Context, subject *org.Actor, id, password string, policy org.FactorPolicy) (err error) {
	defer org.Wrap(&err, "remove passkey %q", id)
	p, err := s.asked(ctx, subject, password)
	if err != nil {
		return err
	}
	in := passkeyRemoval{proof: p, id: id, policy: policy, passwords: s.passwords}
	_, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "delete", in, planRemovePasskey, applyRemovePasskey)
	return err
}

// passkeyRemoval asks to remove a passkey.
type passkeyRemoval struct {
	proof
	id        string
	policy    org.FactorPolicy
	passwords org.PasswordPolicy
	gone      org.Passkey
	last      bool // of all second factors
}

// planRemovePasskey takes the scope of the whole site: other changes to how the account signs in have to wait.
func planRemovePasskey(ctx context.Context, a *unit.Attempt, in passkeyRemoval) (passkeyRemoval, error) {
	a.Aside()
	user := a.Actor.ID()
	a.About("mfa", user, a.Actor.User.Username, uuid.Nil)
	if err := stillProved(ctx, a, in.proof); err != nil {
		return in, err
	}
	rows, err := a.Q.ListPasskeys(ctx, user)
	if err != nil {
		return in, err
	}
	for _, k := range passkeysOf(rows) {
		if k.ID == unit.ParseID(in.id) {
			in.gone = k
		}
	}
	if in.gone.ID == uuid.Nil {
		return in, org.ErrNotFound()
	}
	if len(rows) > 1 {
		return in, nil
	}
	app, err := hasApp(ctx, a.Reader, user)
	if err != nil {
		return in, err
	}
	in.last = !app
	if err := lastFactor(a, in.policy, in.last); err != nil {
		return in, err
	}
	other, err := OtherWayIn(ctx, a, in.passwords, "")
	if err == nil && !other {
		err = org.ErrInvalid("This is your last way in.", "Add another passkey, set a password, or link a sign-in first.")
	}
	return in, err
}

func applyRemovePasskey(ctx context.Context, w *unit.Writer, in passkeyRemoval) (none struct{}, err error) {
	w.Field("passkey", in.gone.Name, nil)
	if err := forgive(ctx, w, in.proof); err != nil {
		return none, err
	}
	if err := w.Notify(ctx, w.Actor.ID(), w.Actor.User.Email, org.Notice{Kind: org.NoticePasskeyRemoved, At: w.Now, Name: in.gone.Name}); err != nil {
		return none, err
	}
	if err := w.W.DeletePasskey(ctx, db.DeletePasskeyParams{UserID: w.Actor.ID(), ID: in.gone.ID}); err != nil || !in.last {
		return none, err
	}
	return none, w.W.DeleteRecoveryCodes(ctx, w.Actor.ID())
}
