// Package signin decides which account a sign-in with a provider belongs to: it finds, links or creates the account, and begins
// the session. web/oidc has verified what the provider says. docs/spec/signin.md has the rules.
package signin

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/idpsync"
	"rolecall.example/org/invite"
	"rolecall.example/org/unit"
)

// planEnter lets in an account as it is, in the scope of signing in. If the account must be found, created or changed first,
// planSettle does that in the scope of the site; if what it holds must change, org/idpsync does that, in each scope concerned.
// Then planEnter runs again. So the usual sign-in waits for nobody, and the next one repairs one that was interrupted.

// Service implements the use cases of signing in with a provider. It is safe for concurrent use.
type Service struct {
	units   *unit.Units
	account *account.Service
	sync    *idpsync.Service
	invites *invite.Service
}

// New returns a Service.
func New(u *unit.Units, a *account.Service, sync *idpsync.Service, invites *invite.Service) *Service {
	return &Service{u, a, sync, invites}
}

// identityType is the trail's name for a sign-in at a provider.
const identityType = "identity"

// identityID returns the id of an identity in the trail. It reveals nothing about the subject, and is always the same.
func identityID(issuer, subject string) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(issuer+"\x00"+subject))
}

// SignIn lets in the account that a proof belongs to, which is linked or created if the provider's settings say so. The session
// comes last: what is written before it is written once, and the next sign-in repairs one that fails in between.
// Unauthenticated: the account is suspended. Forbidden: no account, or the person may not use this site.
func (s *Service) SignIn(ctx context.Context, r org.Request, p *org.Provider, proof org.Proof, begin org.BeginSession) (_ org.User, err error) {
	defer org.Wrap(&err, "sign in with %q", p.ID)
	in, err := s.begun(ctx, r, p, proof, begin)
	if err != nil {
		return org.User{}, err
	}
	return s.letIn(ctx, in)
}

// begun begins a sign-in of a person who may use this site. Forbidden: the provider does not say so.
func (s *Service) begun(ctx context.Context, r org.Request, p *org.Provider, proof org.Proof, begin org.BeginSession) (in signIn, err error) {
	in = signIn{request: r, provider: p, proof: proof, begin: begin}
	if in.claims, err = storedClaims(proof.Claims); err != nil {
		return in, err
	}
	if !meets(p, proof.Claims) {
		return in, s.Refuse(ctx, r, p.ID, proof, errNotForThisSite(p), "require or email_domains is not met")
	}
	in.email, in.sure = address(p, proof.Claims)
	return in, nil
}

// letIn is enter with an answer for people who are not let in.
func (s *Service) letIn(ctx context.Context, in signIn) (org.User, error) {
	done, err := s.enter(ctx, in)
	if errors.Is(err, errChanges) { // another sign-in of the same person came in between
		err = &org.Error{Kind: org.Unavailable, RetryAfter: time.Second, Message: "This sign-in met another one. Try again.", Err: err}
	}
	if err == nil && done.refusal != nil {
		err = done.refusal
	}
	return done.user, err
}

// enter begins the session, after storing what must come before it. errChanges: others keep changing the account.
func (s *Service) enter(ctx context.Context, in signIn) (done entering, err error) {
	settled := false
	for {
		done, _, err = unit.Do(ctx, s.units, nil, unit.SigningIn, "login", in, planEnter, applyEnter)
		due, syncs := errors.AsType[syncDueError](err)
		switch {
		case errors.Is(err, errChanges) && !settled:
			settled = true
			_, _, err = unit.Do(ctx, s.units, nil, unit.OnSite, "login", in, planSettle, applySettle)
		case syncs && !in.synced:
			in.synced = true
			err = s.follow(ctx, in, due.user)
		default:
			return done, err
		}
		if err != nil {
			return done, err
		}
	}
}

// follow updates what an account holds from the claims. Unavailable: it failed, and another sign-in continues it.
func (s *Service) follow(ctx context.Context, in signIn, user uuid.UUID) error {
	err := s.sync.Apply(ctx, in.person(user))
	switch org.KindOf(err) {
	case org.Unauthenticated: // suspended or deleted meanwhile: planEnter refuses that with an entry
		return nil
	case org.Internal:
		if err != nil && ctx.Err() == nil {
			return &org.Error{Kind: org.Unavailable, RetryAfter: time.Second, Message: "Your roles could not be brought up to date. Sign in again.", Err: err}
		}
	default:
	}
	return err
}

// syncDueError means that what the account holds must change before it can be let in.
type syncDueError struct{ user uuid.UUID }

func (syncDueError) Error() string { return "this sign-in changes the roles of the account" }

func (in *signIn) person(user uuid.UUID) idpsync.Person {
	return idpsync.Person{Provider: in.provider, Claims: in.proof.Claims, Request: in.request, User: user}
}

func errNotForThisSite(p *org.Provider) *org.Error {
	return &org.Error{Kind: org.Forbidden, Message: "Your account at " + p.Name + " may not use this site."}
}

// signIn is a provider's verified answer, before the session begins.
type signIn struct {
	request  org.Request
	provider *org.Provider
	proof    org.Proof
	begin    org.BeginSession
	claims   string // as stored
	email    string // that the provider states, "" for none
	sure     bool   // and that may be relied on
	synced   bool   // what the account holds has been compared with the rules
}

// errChanges means that the account must change before it can be let in.
var errChanges = errors.New("this sign-in changes the account")

// entering is the decision about a sign-in.
type entering struct {
	signIn
	row     db.UserRow
	user    org.User
	refusal *org.Error
	sync    idpsync.Outlook
	session *org.NewSession
}

// planEnter lets in an account as it is. It fails with errChanges if the account must be found, created or changed first, and
// with syncDueError if what it holds must change.
func planEnter(ctx context.Context, a *unit.Attempt, in signIn) (e entering, err error) {
	e.signIn = in
	a.Become(uuid.Nil, "", in.request)
	found, err := a.Q.GetIdentity(ctx, db.GetIdentityParams{Issuer: in.proof.Issuer, Subject: in.proof.Subject})
	if db.IsNotFound(err) {
		return e, errChanges
	}
	if err != nil {
		return e, err
	}
	// A suspension at the same time either sees the session that begins here, or is seen here.
	if err := a.Hold(ctx, found.UserID); err != nil {
		return e, err
	}
	if e.row, err = a.Q.GetUser(ctx, found.UserID); err != nil {
		return e, err
	}
	a.Become(e.row.ID, e.row.Username, in.request)
	a.Aside()
	if org.Status(e.row.Status) == org.StatusSuspended {
		e.refusal = account.ErrSuspended()
		return e, nil
	}
	changes, err := in.follows(ctx, a, e.row)
	if err != nil {
		return e, err
	}
	if changes.any() {
		return e, errChanges
	}
	if e.sync, err = idpsync.Look(ctx, a.Reader, in.person(e.row.ID)); err != nil {
		return e, err
	}
	if e.sync.Due && !in.synced {
		return e, syncDueError{e.row.ID}
	}
	seen := e.row
	seen.LastSeenAt = unit.NullTime(a.Now)
	if e.user, err = a.User(ctx, seen); err != nil {
		return e, err
	}
	e.session, err = account.NewSession(ctx, in.begin, e.row.ID)
	return e, err
}

// applyEnter records the sign-in before it stores the session, or a refusal without one. The session includes the identity, so
// that the provider can end it.
func applyEnter(ctx context.Context, w *unit.Writer, e entering) (done entering, err error) {
	w.Begin("login", 201)
	if e.refusal != nil {
		w.Status = e.refusal.Kind.Status()
	}
	w.About("api_key", e.row.ID, e.row.Username, uuid.Nil)
	w.Field("provider", nil, e.provider.ID)
	if err := w.Record(ctx); err != nil || e.refusal != nil {
		return e, err
	}
	if err := account.StoreSeen(ctx, w, e.row, false); err != nil {
		return e, err
	}
	if err := e.sync.Store(ctx, w); err != nil {
		return e, err
	}
	if err := w.W.NoteIdentity(ctx, db.NoteIdentityParams{
		Email: e.email, Claims: e.claims, Now: unit.NullTime(w.Now), Issuer: e.proof.Issuer, Subject: e.proof.Subject,
	}); err != nil {
		return e, err
	}
	if err := account.StoreSession(ctx, w, e.row.ID, e.session); err != nil || e.session == nil {
		return e, err
	}
	return e, w.W.InsertSessionIdentity(ctx, db.InsertSessionIdentityParams{
		Token: e.session.Token, Provider: e.provider.ID, Issuer: e.proof.Issuer, Subject: e.proof.Subject, Sid: e.proof.SID,
		IDToken: e.proof.IDToken, AuthenticatedAt: e.proof.At.UTC(), Amr: strings.Join(e.proof.AMR, " "),
	})
}

// Refuse records a sign-in that led to no account, and returns the refusal. The cause is only for the trail.
func (s *Service) Refuse(ctx context.Context, r org.Request, provider string, proof org.Proof, refusal *org.Error, cause string) error {
	_, _, err := unit.Do(ctx, s.units, nil, unit.SigningIn, "login", refused{r, provider, proof, refusal, cause}, planRefused, applyNothing)
	return err
}

// refused is a sign-in that led to no account.
type refused struct {
	request  org.Request
	provider string
	proof    org.Proof
	refusal  *org.Error
	cause    string
}

// planRefused always fails: the unit records the refusal, in a transaction of its own.
func planRefused(_ context.Context, a *unit.Attempt, in refused) (none struct{}, err error) {
	asProvider(a, in.request, in.provider, in.proof)
	a.Because(in.cause)
	return none, in.refusal
}

func applyNothing(context.Context, *unit.Writer, struct{}) (none struct{}, err error) {
	return none, nil
}

// asProvider makes the provider the actor of what is about an identity without an account. The trail keeps only some refusals
// per network.
func asProvider(a *unit.Attempt, r org.Request, provider string, proof org.Proof) {
	door := uuid.NewSHA1(uuid.NameSpaceOID, []byte(provider+" "+org.Network(r.IP)))
	a.BecomeMachine("oidc:"+provider, door, r)
	a.About(identityType, identityID(proof.Issuer, proof.Subject), proof.Subject, uuid.Nil)
}
