package invite

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// How often an invitation may be sent again: unsolicited mail must stay rare.
const (
	resendEvery = time.Minute
	maxResent   = 10
)

// Resend gives an invitation a new link and a new end; the previous link stops working. The new link is only in the answer or,
// with send, goes out by mail, if the server can send mail. The caller becomes its maker, and so needs the permissions to make
// it. organization is "" for the path of the site. NotFound: no such invitation there. Conflict: it is accepted or revoked, or no
// longer gives anything. TooMany: once a minute, and ten times in all.
func (s *Service) Resend(ctx context.Context, subject *org.Actor, organization, id string, send bool) (made org.Invitation, err error) {
	defer org.Wrap(&err, "resend invitation %q", id)
	made, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "write", named{organization, id, s.policy, send && s.SendsMail()}, planRenewal, applyRenewal)
	s.wakeMails()
	return made, err
}

// Revoke ends what an invitation gives in an organization, and with the last of it the invitation; organization is "" for
// all. NotFound: no such invitation there. Conflict: it is accepted. Forbidden: for one organization it needs what inviting
// needs; for the site, that in all its organizations, unless the caller made it.
func (s *Service) Revoke(ctx context.Context, subject *org.Actor, organization, id string) (err error) {
	defer org.Wrap(&err, "revoke invitation %q", id)
	_, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "delete", named{organization, id, s.policy, false}, planRevocation, applyRevocation)
	return err
}

// named is an invitation as a path names it. Its changes are units of the site, since it may be about several
// organizations.
type named struct {
	organization, id string
	policy           string
	mails            bool // the new link goes out by mail
}

// found is an invitation with what it gives.
type found struct {
	row    db.Invitation
	grants []db.InvitationGrant
	where  uuid.UUID // the organization of the path
}

// find returns the invitation of a path. The caller must be able to see it there: where it may invite, or on the site as its
// maker. Other callers learn nothing about it.
func (in *named) find(ctx context.Context, a *unit.Attempt) (f found, err error) {
	if in.organization != "" {
		o, err := mayInviteInto(ctx, a, in.organization)
		if err != nil {
			return f, err
		}
		f.where = o.ID
	} else if err := a.Settle(ctx); err != nil {
		return f, err
	}
	id, err := uuid.Parse(in.id)
	if err != nil {
		return f, org.ErrNotFound()
	}
	if f.row, err = a.Q.GetInvitation(ctx, id); err == nil {
		f.grants, err = a.Q.ListInvitationGrants(ctx, []uuid.UUID{id})
	}
	if db.IsNotFound(err) {
		return f, org.ErrNotFound()
	}
	if err != nil {
		return f, err
	}
	if !f.seenBy(a.Actor) {
		return f, org.ErrNotFound()
	}
	// From here on refusals are recorded: the trail can say what they were about.
	a.Aside()
	a.About("invitation", f.row.ID, f.row.Email, f.where)
	if f.row.State == "accepted" || f.row.State == "finished" {
		return f, &org.Error{Kind: org.Conflict, Message: "The invitation is accepted already."}
	}
	if f.row.State == "revoked" {
		return f, &org.Error{Kind: org.Conflict, Message: "The invitation is revoked."}
	}
	return f, nil
}

// seenBy reports whether the caller sees the invitation where the path looks for it.
func (f *found) seenBy(by *org.Actor) bool {
	into := func(may func(uuid.UUID) bool) bool {
		return slices.ContainsFunc(f.grants, func(g db.InvitationGrant) bool { return may(g.OrganizationID) })
	}
	if f.where != uuid.Nil {
		return into(func(id uuid.UUID) bool { return id == f.where })
	}
	return f.madeBy(by) || into(func(id uuid.UUID) bool { return unit.MayAddMembers(by, id) })
}

func (f *found) madeBy(by *org.Actor) bool {
	return f.row.CreatedBy.Valid && f.row.CreatedBy.UUID == by.ID()
}

// renewal is the decision about a new link for an invitation.
type renewal struct {
	row  db.RenewInvitationParams
	old  db.Invitation
	made org.Invitation
}

func planRenewal(ctx context.Context, a *unit.Attempt, in named) (r renewal, err error) {
	if err := mayInvite(a.Actor, in.policy); err != nil {
		return r, err
	}
	f, err := in.find(ctx, a)
	if err != nil {
		return r, err
	}
	// The link gives a membership with these roles, so the caller must be allowed to give it.
	for id, roles := range byOrganization(f.grants) {
		if _, err := mayInviteInto(ctx, a, id.String()); err != nil {
			return r, err
		}
		set, err := a.Roles(ctx, id)
		if err != nil {
			return r, err
		}
		if err := a.MayHandOut(set, id, roles); err != nil {
			return r, err
		}
	}
	// A link that could not be accepted is useless.
	row := f.row
	row.CreatedBy = unit.NullID(a.Actor.ID())
	places, ok, err := stands(ctx, a.Reader, &row, f.grants, in.policy)
	if err != nil {
		return r, err
	}
	if !ok {
		return r, &org.Error{Kind: org.Conflict, Message: "The invitation no longer gives anything.",
			Detail: "Its end has passed, or a role or each organization that it names is gone. Revoke it, and make a new one."}
	}
	if err := mayResend(&f.row, a.Now); err != nil {
		return r, err
	}
	link, hash := newSecret(f.row.ID)
	mail := org.MailNone
	if in.mails {
		link, mail = "", org.MailWaiting
	}
	r.old = f.row
	r.row = db.RenewInvitationParams{
		ID: f.row.ID, SecretHash: hash, ExpiresAt: a.Now.Add(time.Duration(f.row.LifetimeSeconds) * time.Second),
		CreatedBy: unit.NullID(a.Actor.ID()), CreatedByName: a.Actor.User.Username, Now: unit.NullTime(a.Now), Mail: mail,
	}
	r.made = invitationOf(&f.row, a.Now)
	r.made.Mail, r.made.SentAt, r.made.SendError = mail, time.Time{}, ""
	r.made.Secret, r.made.State, r.made.ExpiresAt = link, org.InvitationPending, r.row.ExpiresAt
	r.made.MakerID, r.made.Maker, r.made.Resent = a.Actor.ID(), r.row.CreatedByName, r.made.Resent+1
	for i := range places {
		r.made.Into = append(r.made.Into, places[i].offer())
	}
	return r, nil
}

// mayResend refuses to send an invitation too often.
func mayResend(row *db.Invitation, now time.Time) error {
	switch {
	case row.Resent >= maxResent:
		return &org.Error{Kind: org.TooMany, Message: "The invitation was sent again 10 times.", Detail: "Revoke it, and make a new one."}
	case row.ResentAt.Valid && now.Before(row.ResentAt.Time.Add(resendEvery)):
		return &org.Error{Kind: org.TooMany, RetryAfter: row.ResentAt.Time.Add(resendEvery).Sub(now),
			Message: "The invitation was sent again less than a minute ago.", Detail: "Wait a moment before the next time."}
	}
	return nil
}

func applyRenewal(ctx context.Context, w *unit.Writer, r renewal) (org.Invitation, error) {
	if r.row.Mail == org.MailNone {
		w.Secret("link")
	} else {
		w.Field("mail", nil, r.old.Email)
	}
	w.Field("expires_at", r.old.ExpiresAt, r.row.ExpiresAt)
	w.Field("created_by", r.old.CreatedByName, r.row.CreatedByName)
	// A mail still waiting would invalidate the link made here.
	err := errors.Join(w.W.DeleteMailsOf(ctx, unit.NullID(r.row.ID)), w.W.RenewInvitation(ctx, r.row))
	if err == nil && r.row.Mail != org.MailNone {
		err = w.W.InsertMail(ctx, db.InsertMailParams{ID: unit.NewID(), InvitationID: unit.NullID(r.row.ID), Now: w.Now})
	}
	return r.made, err
}

// planRevocation checks no roles: revoking gives nobody anything.
func planRevocation(ctx context.Context, a *unit.Attempt, in named) (f found, err error) {
	if f, err = in.find(ctx, a); err != nil || f.where != uuid.Nil || f.madeBy(a.Actor) {
		return f, err
	}
	for id := range byOrganization(f.grants) {
		if !unit.MayAddMembers(a.Actor, id) {
			return f, org.ErrForbidden(unit.PermissionsToAdd...)
		}
	}
	return f, nil
}

func applyRevocation(ctx context.Context, w *unit.Writer, f found) (none struct{}, err error) {
	w.Status = 204
	w.Field("email", f.row.Email, nil)
	// The administrators of one organization must not end what another one offers.
	elsewhere := slices.ContainsFunc(f.grants, func(g db.InvitationGrant) bool { return g.OrganizationID != f.where })
	if f.where != uuid.Nil && elsewhere {
		return none, w.W.DeleteInvitationGrants(ctx, db.DeleteInvitationGrantsParams{InvitationID: f.row.ID, OrganizationID: f.where})
	}
	revoked := db.RevokeInvitationParams{ID: f.row.ID, Now: unit.NullTime(w.Now), RevokedBy: unit.NullID(w.Actor.ID())}
	return none, errors.Join(w.W.DeleteMailsOf(ctx, unit.NullID(f.row.ID)), w.W.RevokeInvitation(ctx, revoked))
}
