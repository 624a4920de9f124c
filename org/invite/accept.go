package invite

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/unit"
)

// Open returns what an invitation offers, to a caller or, for nil, to a stranger. It does not use the invitation up. NotFound:
// the link does not work. Conflict: the maker could no longer make it.
func (s *Service) Open(ctx context.Context, who *org.Actor, link string) (offer org.InvitationOffer, err error) {
	defer org.Wrap(&err, "open invitation")
	err = s.units.Moment(ctx, nil, func(src unit.Reader) error {
		row, _, err := s.followed(ctx, src, link)
		if err != nil {
			return err
		}
		list, err := offers(ctx, src, nil, []db.Invitation{row})
		if err != nil {
			return err
		}
		offer = org.InvitationOffer{Invitation: list[0], SignedIn: who != nil, Fits: who != nil && isFor(&row, &who.User), Masked: org.MaskEmail(row.Email)}
		return nil
	})
	return offer, err
}

// isFor reports whether an invitation is for an account.
func isFor(row *db.Invitation, u *org.User) bool {
	return u.Email != "" && org.FoldCase(u.Email) == row.EmailKey
}

// followed returns the invitation that a link belongs to, with what it gives. Errors as Open.
func (s *Service) followed(ctx context.Context, src unit.Reader, link string) (row db.Invitation, places []place, err error) {
	id, secret, ok := splitSecret(link)
	if !ok {
		return row, nil, errGone()
	}
	if row, err = src.Q.GetInvitation(ctx, id); err != nil && !db.IsNotFound(err) {
		return row, nil, err
	}
	// The secret is compared before anything else is checked, so that an id alone reveals nothing.
	if err != nil || !opens(&row, secret) || stateOf(&row, src.When) != org.InvitationPending {
		return db.Invitation{}, nil, errGone()
	}
	places, err = s.offered(ctx, src, &row)
	return row, places, err
}

// offered returns what an invitation gives. Conflict: its maker could no longer make it.
func (s *Service) offered(ctx context.Context, src unit.Reader, row *db.Invitation) ([]place, error) {
	grants, err := src.Q.ListInvitationGrants(ctx, []uuid.UUID{row.ID})
	if err != nil {
		return nil, err
	}
	places, ok, err := stands(ctx, src, row, grants, s.policy)
	if err == nil && !ok {
		err = errInvalid()
	}
	return places, err
}

// Accept accepts an invitation for the account of the caller. NotFound and Conflict as Open; Forbidden: it is for another
// address.
func (s *Service) Accept(ctx context.Context, who *org.Actor, link string) (_ org.User, _ []org.InvitedInto, err error) {
	defer org.Wrap(&err, "accept invitation")
	return s.accept(ctx, who, acceptance{link: link, service: s})
}

// AcceptNew accepts an invitation for an account that it creates, with the address of the invitation. NotFound and Conflict as
// Open; Invalid: what is wrong with the input. Also Conflict: the username is taken, or the address has an account, which
// may sign in and accept. Forbidden: the policy for passwords lets in no new accounts.
func (s *Service) AcceptNew(ctx context.Context, r org.Request, link string, input org.Input[org.NewInvited]) (user org.User, into []org.InvitedInto, err error) {
	defer org.Wrap(&err, "accept invitation")
	offer, err := s.Open(ctx, nil, link) // so that no hash is computed in vain
	if err != nil {
		return user, nil, err
	}
	in, err := input.Read()
	if err != nil {
		return user, nil, err
	}
	made := org.NewUser{Email: offer.Email, Username: in.Username, Name: in.Name, Password: in.Password}
	hash, err := s.accounts.HashInvited(ctx, &made)
	if err != nil {
		return user, nil, err
	}
	return s.accept(ctx, nil, acceptance{link: link, service: s, made: &made, hash: hash, request: r})
}

// acceptance asks to accept an invitation.
type acceptance struct {
	service *Service
	link    string
	made    *org.NewUser // the account to create; nil: the caller's
	hash    string
	request org.Request
}

// accepted is the decision about an acceptance.
type accepted struct {
	row     db.Invitation
	places  []place
	account *account.Invited
	user    org.User
}

// accept creates the account and ends the invitation in one unit of the site. Then it gives what was offered, one
// organization after another. If that fails or is interrupted, Finish gives the rest later: the person has been let in.
func (s *Service) accept(ctx context.Context, who *org.Actor, in acceptance) (org.User, []org.InvitedInto, error) {
	taken, _, err := unit.Do(ctx, s.units, who, unit.OnSite, "write", in, planAcceptance, applyAcceptance)
	if err != nil {
		return org.User{}, nil, err
	}
	request := in.request
	if who != nil {
		request = who.Request
	}
	return taken.user, s.giveNow(ctx, taken.row.ID, taken.places, request), nil
}

// giveNow gives what an accepted invitation offers, and returns what that is. What fails is given later.
func (s *Service) giveNow(ctx context.Context, invitation uuid.UUID, places []place, r org.Request) (into []org.InvitedInto) {
	if err := s.give(ctx, invitation, placesOf(places), r); err != nil {
		s.log.WarnContext(ctx, "an accepted invitation is given later", "invitation", invitation, "err", err)
	}
	for i := range places {
		into = append(into, places[i].offer())
	}
	return into
}

// planAcceptance reads everything again: if several accept at once, one of them finds the invitation open.
func planAcceptance(ctx context.Context, a *unit.Attempt, in acceptance) (p accepted, err error) {
	if a.Actor == nil {
		a.Become(uuid.Nil, "", in.request)
	}
	if p.row, p.places, err = in.service.followed(ctx, a.Reader, in.link); err != nil {
		return p, err
	}
	if in.made == nil {
		a.About("invitation", p.row.ID, p.row.Email, uuid.Nil)
		p.user = a.Actor.User
		if !isFor(&p.row, &p.user) {
			return p, &org.Error{Kind: org.Forbidden, Message: "This invitation is for " + org.MaskEmail(p.row.Email) + ". Sign out first."}
		}
		a.Aside()
		return p, nil
	}
	// The address is that of the invitation as it is now, never one from the request.
	made := *in.made
	made.Email = p.row.Email
	n, err := account.DecideInvited(ctx, a, made, in.hash, in.request)
	p.account, p.user = &n, n.User()
	return p, err
}

func applyAcceptance(ctx context.Context, w *unit.Writer, p accepted) (accepted, error) {
	if p.account != nil {
		if err := p.account.Store(ctx, w); err != nil {
			return p, err
		}
		// The link was in a mail to this address and nowhere else.
		if p.row.Mail != org.MailNone {
			if err := w.W.VerifyEmail(ctx, db.VerifyEmailParams{Now: w.Now, ID: p.user.ID}); err != nil {
				return p, err
			}
		}
	}
	return p, storeAcceptance(ctx, w, &p.row, p.user.ID, p.user.Username)
}

// storeAcceptance ends an invitation for an account, in an entry that it begins.
func storeAcceptance(ctx context.Context, w *unit.Writer, row *db.Invitation, user uuid.UUID, username string) error {
	w.Begin("write", 200)
	w.About("invitation", row.ID, row.Email, uuid.Nil)
	w.Field("state", org.InvitationPending, org.InvitationAccepted)
	w.Field("accepted_by", nil, username)
	taken := db.AcceptInvitationParams{ID: row.ID, AcceptedBy: unit.NullID(user), Now: unit.NullTime(w.Now)}
	return errors.Join(w.W.DeleteMailsOf(ctx, unit.NullID(row.ID)), w.W.AcceptInvitation(ctx, taken))
}

// placesOf returns the ids of some organizations.
func placesOf(places []place) []uuid.UUID {
	ids := make([]uuid.UUID, len(places))
	for i, p := range places {
		ids[i] = p.row.ID
	}
	return ids
}

// Taken is an invitation accepted by a person who has proved its address without its link.
type Taken struct {
	row    db.Invitation
	places []place
}

// TakeProved finds an invitation by its id. The caller must have verified the address. Errors as Open.
func (s *Service) TakeProved(ctx context.Context, a *unit.Attempt, named string) (t Taken, err error) {
	id, err := uuid.Parse(named)
	if err != nil {
		return t, errGone()
	}
	t.row, err = a.Q.GetInvitation(ctx, id)
	if db.IsNotFound(err) || err == nil && stateOf(&t.row, a.When) != org.InvitationPending {
		return t, errGone()
	}
	if err != nil {
		return t, err
	}
	t.places, err = s.offered(ctx, a.Reader, &t.row)
	return t, err
}

// Email returns the address that the invitation is for.
func (t *Taken) Email() string { return t.row.Email }

// Store ends the invitation for an account, in an entry that it begins.
func (t *Taken) Store(ctx context.Context, w *unit.Writer, user uuid.UUID, username string) error {
	return storeAcceptance(ctx, w, &t.row, user, username)
}

// GiveTaken gives what the invitation offers, after its acceptance was stored. Finish gives later what fails.
func (s *Service) GiveTaken(ctx context.Context, t Taken, r org.Request) []org.InvitedInto {
	return s.giveNow(ctx, t.row.ID, t.places, r)
}
