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

// Open tells what an invitation offers, to a caller or, for nil, to a stranger. It uses nothing up. NotFound: the link does
// not work. Conflict: the maker could not make it any more.
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

// followed is the invitation that a link belongs to, with what it gives. Errors as Open.
func (s *Service) followed(ctx context.Context, src unit.Reader, link string) (row db.Invitation, places []place, err error) {
	id, secret, ok := splitSecret(link)
	if !ok {
		return row, nil, errGone()
	}
	if row, err = src.Q.GetInvitation(ctx, id); err != nil && !db.IsNotFound(err) {
		return row, nil, err
	}
	// The secret is compared before anything else is looked at, so that an id alone tells nothing.
	if err != nil || !opens(&row, secret) || stateOf(&row, src.When) != org.InvitationPending {
		return db.Invitation{}, nil, errGone()
	}
	grants, err := src.Q.ListInvitationGrants(ctx, []uuid.UUID{id})
	if err != nil {
		return row, nil, err
	}
	places, ok, err = stands(ctx, src, &row, grants, s.policy)
	if err == nil && !ok {
		err = errInvalid()
	}
	return row, places, err
}

// Accept takes an invitation for the account of the caller. NotFound and Conflict as Open; Forbidden: it is for another
// address.
func (s *Service) Accept(ctx context.Context, who *org.Actor, link string) (_ org.User, _ []org.InvitedInto, err error) {
	defer org.Wrap(&err, "accept invitation")
	return s.accept(ctx, who, acceptance{link: link, service: s})
}

// AcceptNew takes an invitation for an account that it makes, with the address of the invitation. NotFound and Conflict as
// Open; Invalid: what is wrong with the input. Conflict too: the username is taken, or the address has an account, which
// may sign in and accept.
func (s *Service) AcceptNew(ctx context.Context, r org.Request, link string, input org.Input[org.NewInvited]) (user org.User, into []org.InvitedInto, err error) {
	defer org.Wrap(&err, "accept invitation")
	offer, err := s.Open(ctx, nil, link) // a hash is made for nothing else
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

// acceptance takes an invitation.
type acceptance struct {
	service *Service
	link    string
	made    *org.NewUser // the account to make; nil: that of the caller
	hash    string
	request org.Request
}

// accepted is an acceptance, as it was decided.
type accepted struct {
	row     db.Invitation
	places  []place
	account *account.Invited
	user    org.User
}

// accept makes the account and ends the invitation in one unit of the site. Then it gives what was offered, one
// organization after the other. What fails there, or is cut off, Finish gives later: the person has been let in.
func (s *Service) accept(ctx context.Context, who *org.Actor, in acceptance) (org.User, []org.InvitedInto, error) {
	taken, _, err := unit.Do(ctx, s.units, who, unit.OnSite, "write", in, planAcceptance, applyAcceptance)
	if err != nil {
		return org.User{}, nil, err
	}
	request := in.request
	if who != nil {
		request = who.Request
	}
	if err := s.give(ctx, taken.row.ID, placesOf(taken.places), request); err != nil {
		s.log.WarnContext(ctx, "an accepted invitation is given later", "invitation", taken.row.ID, "err", err)
	}
	var into []org.InvitedInto
	for i := range taken.places {
		into = append(into, taken.places[i].offer())
	}
	return taken.user, into, nil
}

// planAcceptance finds everything as it is now: of many who accept at once, one meets an invitation that is still open.
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
	// The address is that of the invitation as it is now, never one that a request names.
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
		// The link stood in a mail to this address and nowhere else.
		if p.row.Mail != org.MailNone {
			if err := w.W.VerifyEmail(ctx, db.VerifyEmailParams{Now: w.Now, ID: p.user.ID}); err != nil {
				return p, err
			}
		}
	}
	w.Begin("write", 200)
	w.About("invitation", p.row.ID, p.row.Email, uuid.Nil)
	w.Field("state", org.InvitationPending, org.InvitationAccepted)
	w.Field("accepted_by", nil, p.user.Username)
	taken := db.AcceptInvitationParams{ID: p.row.ID, AcceptedBy: unit.NullID(p.user.ID), Now: unit.NullTime(w.Now)}
	return p, errors.Join(w.W.DeleteMailsOf(ctx, p.row.ID), w.W.AcceptInvitation(ctx, taken))
}

// placesOf is the ids of some organizations.
func placesOf(places []place) []uuid.UUID {
	ids := make([]uuid.UUID, len(places))
	for i, p := range places {
		ids[i] = p.row.ID
	}
	return ids
}
