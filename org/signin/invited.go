package signin

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/invite"
	"rolecall.example/org/unit"
)

// The address, not the link, proves that a person may accept an invitation: the id of the invitation comes back in a
// cookie that any browser can forge. So the provider must vouch for the address, or the sign-in must belong to the account
// that already has it, which could accept with one click.

// Accept is SignIn for a person who came from the page of an invitation: it also accepts that. A person without an account gets
// one, whatever the settings say about strangers. One unit of the site creates the account and accepts; then each organization
// gives what is offered, and the session comes last. What is interrupted is given later, and the next sign-in finds the account.
// Errors as SignIn; NotFound and Conflict: the invitation is no longer open. Also Forbidden: it is for another address.
func (s *Service) Accept(ctx context.Context, r org.Request, p *org.Provider, proof org.Proof, invitation string, begin org.BeginSession) (into []org.InvitedInto, err error) {
	defer org.Wrap(&err, "accept an invitation with %q", p.ID)
	in, err := s.begun(ctx, r, p, proof, begin)
	if err != nil {
		return nil, err
	}
	taken, _, err := unit.Do(ctx, s.units, nil, unit.OnSite, "login", invited{signIn: in, invites: s.invites, id: invitation}, planInvited, applyInvited)
	if err != nil {
		return nil, err
	}
	into = s.invites.GiveTaken(ctx, taken, r)
	_, err = s.letIn(ctx, in)
	return into, err
}

// invited is a sign-in that accepts an invitation.
type invited struct {
	signIn
	invites *invite.Service
	id      string
}

// accepting is the decision about such a sign-in.
type accepting struct {
	settling
	taken invite.Taken
}

// planInvited finds the invitation first: if several accept at once, one finds it open.
func planInvited(ctx context.Context, a *unit.Attempt, in invited) (p accepting, err error) {
	asProvider(a, in.request, in.provider.ID, in.proof)
	if p.taken, err = in.invites.TakeProved(ctx, a, in.id); err != nil {
		a.Because("the invitation is not open")
		return p, err
	}
	owner, err := in.owner(ctx, a)
	if err != nil {
		return p, err
	}
	found, err := a.Q.GetIdentity(ctx, db.GetIdentityParams{Issuer: in.proof.Issuer, Subject: in.proof.Subject})
	switch {
	case err == nil:
		p.settling, err = in.knownInvited(ctx, a, p.taken.Email(), found.UserID, owner)
	case !db.IsNotFound(err):
	case !in.vouchesFor(p.taken.Email()):
		err = in.notFor(a, p.taken.Email())
	default:
		p.settling, err = in.newInvited(ctx, a, owner)
	}
	return p, err
}

// vouchesFor reports whether the provider says that an address belongs to the person.
func (in *signIn) vouchesFor(email string) bool { return in.sure && sameAddress(email, in.email) }

// notFor refuses a person with another address, or without one that the provider vouches for.
func (in *signIn) notFor(a *unit.Attempt, email string) *org.Error {
	a.Because("the provider does not vouch for the address of the invitation")
	return &org.Error{Kind: org.Forbidden, Message: "This invitation is for " + org.MaskEmail(email) + ".",
		Detail: in.provider.Name + " does not say that this address is yours."}
}

// knownInvited accepts for the account that the sign-in already belongs to: one with the address of the invitation, or one whose
// provider now vouches for it, unless that address belongs to someone else's account.
func (in *signIn) knownInvited(ctx context.Context, a *unit.Attempt, email string, user uuid.UUID, owner *db.UserRow) (s settling, err error) {
	s.signIn = *in
	if s, err = s.known(ctx, a, user); err != nil {
		return s, err
	}
	switch {
	case s.row.ID == uuid.Nil:
		return s, account.ErrSuspended()
	case s.row.Email != "" && org.FoldCase(s.row.Email) == org.FoldCase(email):
		return s, nil
	case !in.vouchesFor(email):
		return s, in.notFor(a, email)
	case owner != nil && owner.ID != user:
		a.Because("another account has the address of the invitation")
		return s, &org.Error{Kind: org.Forbidden, Message: "Another account here has this address.",
			Detail: "Open the invitation again, and sign in there with that account."}
	}
	return s, nil
}

// newInvited links the sign-in to the account of the address, if the settings allow that, or creates an account that belongs to
// nothing but what the invitation gives.
func (in *signIn) newInvited(ctx context.Context, a *unit.Attempt, owner *db.UserRow) (s settling, err error) {
	s.signIn = *in
	if owner == nil {
		return s.make(ctx, a, true, nil)
	}
	why, err := in.mayLinkByAddress(ctx, a, owner)
	if err == nil && !sameAddress(owner.Email, in.email) {
		why = "the account of this address is written in another way"
	}
	if err != nil {
		return s, err
	}
	if why != "" {
		a.Because(why)
		return s, &org.Error{Kind: org.Forbidden, Message: "An account with this address exists.",
			Detail: "Open the invitation again, and sign in there with your password. You can link " + in.provider.Name + " afterwards."}
	}
	return s.link(ctx, a, owner)
}

// applyInvited stores the account as a sign-in does, and then its acceptance.
func applyInvited(ctx context.Context, w *unit.Writer, p accepting) (invite.Taken, error) {
	if _, err := applySettle(ctx, w, p.settling); err != nil {
		return p.taken, err
	}
	if p.links { // its entry is still open
		if err := w.Record(ctx); err != nil {
			return p.taken, err
		}
	}
	w.Actor = &org.Actor{User: org.User{ID: p.row.ID, Username: p.row.Username}, Request: p.request}
	return p.taken, p.taken.Store(ctx, w, p.row.ID, p.row.Username)
}
