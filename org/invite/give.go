package invite

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/tenant"
	"rolecall.example/org/unit"
)

// keptFor is how long an invitation is kept after it can no longer be accepted. The trail keeps what it was.
const keptFor = 30 * org.Day

// finishedAtOnce is how many accepted invitations Finish handles at a time.
const finishedAtOnce = 100

// Finish gives what accepted invitations have yet to give because the process ended in between or the database failed.
// Any of several servers may do it.
func (s *Service) Finish(ctx context.Context) (err error) {
	defer org.Wrap(&err, "finish invitations")
	due, err := s.units.DB.ListUnfinishedInvitations(ctx, db.ListUnfinishedInvitationsParams{Before: unit.NullTime(s.units.Now()), MaxRows: finishedAtOnce})
	if err != nil {
		return err
	}
	for i := range due {
		err = errors.Join(err, s.finish(ctx, due[i].ID)) // a failure does not hold up the others
	}
	return err
}

func (s *Service) finish(ctx context.Context, id uuid.UUID) error {
	grants, err := s.units.DB.ListInvitationGrants(ctx, []uuid.UUID{id})
	if err != nil {
		return err
	}
	var places []uuid.UUID
	for place := range byOrganization(grants) {
		places = append(places, place)
	}
	return s.give(ctx, id, places, org.Request{})
}

// Forget deletes invitations that ended long ago. Any of several servers may do it.
func (s *Service) Forget(ctx context.Context) (err error) {
	defer org.Wrap(&err, "forget old invitations")
	_, _, err = unit.Do(ctx, s.units, nil, unit.SigningIn, "delete", s.units.Now().Add(-keptFor), planForgetting, applyForgetting)
	return err
}

func planForgetting(_ context.Context, a *unit.Attempt, before time.Time) (time.Time, error) {
	a.Aside()
	return before, nil
}

func applyForgetting(ctx context.Context, w *unit.Writer, before time.Time) (none struct{}, err error) {
	return none, w.W.DeleteOldInvitations(ctx, before)
}

// give gives what an accepted invitation offers in some organizations, in their order, and records when all is given. It skips
// what was given before, so it may be called again.
func (s *Service) give(ctx context.Context, invitation uuid.UUID, places []uuid.UUID, r org.Request) error {
	for _, id := range places {
		in := gift{invitation, id, s.policy, r}
		_, _, err := unit.Do(ctx, s.units, nil, unit.InOrganization(id.String()), "write", in, planGift, applyGift)
		if err != nil && org.KindOf(err) != org.NotFound { // NotFound: the organization was deleted
			return err
		}
	}
	_, _, err := unit.Do(ctx, s.units, nil, unit.SigningIn, "write", invitation, planFinish, applyFinish)
	return err
}

// gift is what an accepted invitation gives in one organization.
type gift struct {
	invitation, place uuid.UUID
	policy            string
	request           org.Request
}

// given is the decision about a gift.
type given struct {
	row     db.Invitation
	place   uuid.UUID
	due     bool            // it has not been given before
	joining *tenant.Joining // nil: it is no longer given
}

// planGift checks everything again: time may have passed since the invitation was accepted, and its maker must
// still be able to give it.
func planGift(ctx context.Context, a *unit.Attempt, in gift) (g given, err error) {
	g.place = in.place
	if g.row, err = a.Q.GetInvitation(ctx, in.invitation); err != nil {
		return g, err
	}
	all, err := a.Q.ListInvitationGrants(ctx, []uuid.UUID{in.invitation})
	if err != nil {
		return g, err
	}
	var grants []db.InvitationGrant
	for _, grant := range all {
		if grant.OrganizationID == in.place && !grant.AppliedAt.Valid {
			grants = append(grants, grant)
		}
	}
	if g.due = len(grants) > 0; !g.due {
		return g, nil
	}
	// The account may have been deleted since it accepted: then there is no one to give anything to.
	user, err := a.Q.GetUser(ctx, g.row.AcceptedBy.UUID)
	if db.IsNotFound(err) {
		return g, nil
	}
	if err != nil {
		return g, err
	}
	a.Become(user.ID, user.Username, in.request)
	places, ok, err := stands(ctx, a.Reader, &g.row, grants, in.policy)
	if err != nil || !ok {
		return g, err
	}
	maker, _, err := makerOf(ctx, a.Reader, &g.row)
	if err != nil {
		return g, err
	}
	joining, err := tenant.DecideInvited(ctx, a, maker, places[0].row, user, places[0].roles, fromInvitation(&g.row))
	if org.KindOf(err) == org.Invalid { // a retry would be refused again
		return g, nil
	}
	g.joining = &joining
	return g, err
}

func applyGift(ctx context.Context, w *unit.Writer, g given) (none struct{}, err error) {
	if !g.due {
		return none, nil
	}
	switch {
	case g.joining != nil:
		err = g.joining.Store(ctx, w)
	default: // the trail records that it is not given
		w.Begin("write", errInvalid().Kind.Status())
		w.About("invitation", g.row.ID, g.row.Email, g.place)
	}
	return none, errors.Join(err, w.W.ApplyInvitationGrants(ctx, db.ApplyInvitationGrantsParams{
		Now: unit.NullTime(w.Now), InvitationID: g.row.ID, OrganizationID: g.place,
	}))
}

func planFinish(_ context.Context, a *unit.Attempt, id uuid.UUID) (uuid.UUID, error) {
	a.Aside()
	return id, nil
}

func applyFinish(ctx context.Context, w *unit.Writer, id uuid.UUID) (none struct{}, err error) {
	return none, w.W.FinishInvitation(ctx, id)
}

// fromInvitation returns the origin of the records.
func fromInvitation(row *db.Invitation) org.Origin {
	from := org.Origin{
		Source: org.SourceInvite, Ref: row.ID.String(), Giver: &org.Giver{ID: row.CreatedBy.UUID, Name: row.CreatedByName},
		Terms: org.Terms{Reason: row.Reason},
	}
	if row.EndsAt.Valid {
		from.Until = &row.EndsAt.Time
	}
	return from
}
