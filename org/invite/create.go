package invite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Create invites some addresses into an organization. It reports addresses that can't be invited, and invites the others. The
// links are only in the answer, or go out by mail if the caller asks for that and the server can send mail. NotFound: no such
// organization. Forbidden: the caller needs organization_member:create and assign_org_role:assign, or may not give a role, or the
// site lets nobody, or only others, invite. Invalid: what is wrong with the input.
func (s *Service) Create(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.NewInvitations]) (made org.Invited, err error) {
	defer org.Wrap(&err, "invite into %q", organization)
	in := creation{organization, input, s.policy, s.SendsMail()}
	made, _, err = unit.Do(ctx, s.units, subject, unit.InOrganization(organization), "create", in, planCreation, applyCreation)
	s.wakeMails()
	return made, err
}

// CreateInMany is Create for several organizations, which the input names. Errors as Create, for each of them.
func (s *Service) CreateInMany(ctx context.Context, subject *org.Actor, input org.Input[org.NewInvitations]) (made org.Invited, err error) {
	defer org.Wrap(&err, "invite")
	made, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "create", creation{"", input, s.policy, s.SendsMail()}, planCreation, applyCreation)
	s.wakeMails()
	return made, err
}

// creation asks for invitations.
type creation struct {
	organization string // "": the input names them
	input        org.Input[org.NewInvitations]
	policy       string
	mails        bool // the server can send mail
}

// newInvitation is an invitation about to be stored.
type newInvitation struct {
	row    db.InsertInvitationParams
	places []place
	made   org.Invitation
}

// created is the decision about new invitations.
type created struct {
	list   []newInvitation
	where  uuid.UUID // the scope whose trail records them
	mails  bool      // they go out by mail
	answer org.Invited
}

// planCreation checks the caller before the body, then the request as such, then each address separately.
func planCreation(ctx context.Context, a *unit.Attempt, in creation) (c created, err error) {
	var places []place
	if in.organization != "" {
		o, err := mayInviteInto(ctx, a, in.organization)
		if err != nil {
			return c, err
		}
		c.where, c.answer.Organization = o.ID, unit.OrganizationOf(o)
		places = []place{{row: o}}
	} else if err := a.Settle(ctx); err != nil {
		return c, err
	}
	if err := mayInvite(a.Actor, in.policy); err != nil {
		return c, err
	}
	wanted, unread := in.input.Read()
	if unread != nil && org.FieldsOf(unread) == nil {
		return c, unread
	}
	wrong := wanted.Check(a.Now)
	if unread != nil {
		wrong = org.WithFields(unread, org.FieldsOf(wrong))
	}
	if wrong == nil {
		a.Aside() // no list of people and no decision depends on an invitation
		a.About("invitation", uuid.Nil, wanted.Invitees[0].Email, c.where)
	}
	places, err = offered(ctx, a, places, wanted.Into)
	if wrong != nil { // including roles that do not exist
		return c, org.WithFields(wrong, org.FieldsOf(err))
	}
	if err != nil {
		return c, err
	}
	c.mails = in.mails && wanted.Send
	taken, err := takenIn(ctx, a, places, wanted.Invitees)
	if err != nil {
		return c, err
	}
	for i := range wanted.Invitees {
		if err := c.add(a, &wanted, &wanted.Invitees[i], places, taken); err != nil {
			return c, err
		}
	}
	return c, nil
}

// offered returns what a request wants to give. found are the organizations already read. Invalid: no such role.
func offered(ctx context.Context, a *unit.Attempt, found []place, into []org.NewInvitedInto) (places []place, err error) {
	var bad org.FieldErrors
	for i, wanted := range into {
		p, at := place{}, ""
		if len(found) > 0 {
			p = found[0]
		} else {
			at = fmt.Sprintf("organizations[%d].", i)
			if p.row, err = mayInviteInto(ctx, a, wanted.Organization); err != nil {
				return nil, err
			}
		}
		if slices.ContainsFunc(places, func(other place) bool { return other.row.ID == p.row.ID }) {
			bad.Add(at+"id", "is named twice")
			continue
		}
		if p.set, err = a.Roles(ctx, p.row.ID); err != nil {
			return nil, err
		}
		p.roles, err = p.set.Named(wanted.Roles, org.RoleOrganizationUser)
		if e, ok := errors.AsType[*org.Error](err); ok {
			for _, f := range e.Fields {
				bad.Add(at+f.Field, f.Detail)
			}
		}
		places = append(places, p)
	}
	if err := bad.Err("Validation failed."); err != nil {
		return nil, err
	}
	for _, p := range places {
		if err := a.MayHandOut(p.set, p.row.ID, p.roles); err != nil {
			return nil, err
		}
	}
	// In the order in which an acceptance gives them.
	slices.SortFunc(places, func(a, b place) int { return slices.Compare(a.row.ID[:], b.row.ID[:]) })
	return places, nil
}

// takenIn says why some addresses, folded, can't be invited: members, as far as the caller may know of them, and those already
// invited. It runs a few queries per organization, whatever the number of addresses.
func takenIn(ctx context.Context, a *unit.Attempt, places []place, invitees []org.Invitee) (map[string]string, error) {
	taken := map[string]string{}
	keys := make([]string, len(invitees))
	for i := range invitees {
		keys[i] = org.FoldCase(invitees[i].Email)
	}
	// It does not reveal accounts that are not members: a caller who may invite may not be allowed to know of them.
	accounts, err := a.Q.ListUsersNamed(ctx, db.ListUsersNamedParams{Emails: keys})
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(accounts))
	emails := map[uuid.UUID]string{}
	for i := range accounts {
		ids[i] = accounts[i].UserRow.ID
		emails[ids[i]] = accounts[i].EmailKey
	}
	for _, p := range places {
		open, err := a.Q.ListInvited(ctx, db.ListInvitedParams{OrganizationID: p.row.ID, Now: a.Now, Emails: keys})
		if err != nil {
			return nil, err
		}
		for _, key := range open {
			taken[key] = "is invited to " + p.row.DisplayName + " already; resend that invitation, or revoke it first"
		}
		if len(ids) == 0 {
			continue
		}
		members, err := a.Q.ListMembersByID(ctx, db.ListMembersByIDParams{OrganizationID: p.row.ID, UserIds: ids})
		if err != nil {
			return nil, err
		}
		// People whose membership has ended may be invited again, whether it was swept or not.
		if members, err = unit.HeldNow(ctx, a.Reader, members, unit.MemberStored); err != nil {
			return nil, err
		}
		for _, m := range members {
			if a.Actor.Can("read", org.MemberObject(p.row.ID, m.UserID)) {
				taken[emails[m.UserID]] = "is a member of " + p.row.DisplayName + " already"
			}
		}
	}
	return taken, nil
}

// add decides about one address.
func (c *created) add(a *unit.Attempt, wanted *org.NewInvitations, to *org.Invitee, places []place, taken map[string]string) error {
	refuse := func(detail string) error {
		c.answer.Refused = append(c.answer.Refused, org.InvitationRefusal{Email: to.Email, Detail: detail})
		return nil
	}
	if problem := to.Problem(); problem != "" {
		return refuse(problem)
	}
	key := org.FoldCase(to.Email)
	if why := taken[key]; why != "" {
		return refuse(why)
	}
	// A role that only one address cannot get refuses that address, not the request.
	places, problem := withRoles(a, places, to.Roles)
	if problem != "" {
		return refuse(problem)
	}
	taken[key] = "is named twice"
	id := unit.NewID()
	// The link is returned with the answer and stored nowhere: a lost one is replaced, never read again. The link of a mail is made
	// when the mail goes out; until then none works.
	link, hash := newSecret(id)
	mail := org.MailNone
	if c.mails {
		link, mail = "", org.MailWaiting
	}
	row := db.InsertInvitationParams{
		ID: id, SecretHash: hash, Email: to.Email, EmailKey: key, Name: to.Name, Reason: wanted.Reason,
		CreatedBy: unit.NullID(a.Actor.ID()), CreatedByName: a.Actor.User.Username, Now: a.Now,
		LifetimeSeconds: int64(wanted.Lifetime / time.Second), ExpiresAt: a.Now.Add(wanted.Lifetime),
		Mail: mail,
	}
	if wanted.Until != nil {
		row.EndsAt = unit.NullTime(*wanted.Until)
	}
	n := newInvitation{row: row, places: places, made: org.Invitation{
		ID: id, Email: row.Email, Name: row.Name, State: org.InvitationPending, Reason: row.Reason, Until: row.EndsAt.Time,
		MakerID: a.Actor.ID(), Maker: row.CreatedByName, CreatedAt: a.Now, ExpiresAt: row.ExpiresAt, Secret: link, Mail: mail,
	}}
	for _, p := range places {
		n.made.Into = append(n.made.Into, p.offer())
	}
	c.list, c.answer.Invitations = append(c.list, n), append(c.answer.Invitations, n.made)
	return nil
}

// offer returns what is given in one organization, as it is shown.
func (p *place) offer() org.InvitedInto {
	return org.InvitedInto{Organization: unit.OrganizationOf(p.row), Roles: p.set.Refs(strings.Join(p.roles, " "))}
}

// withRoles gives one address roles in addition to those for all, which requires a single organization. problem says why
// they can't be given.
func withRoles(a *unit.Attempt, places []place, roles []string) (_ []place, problem string) {
	if len(roles) == 0 {
		return places, ""
	}
	p := places[0]
	own, err := p.set.Named(roles, org.RoleOrganizationUser)
	if err == nil {
		err = a.MayHandOut(p.set, p.row.ID, own)
	}
	if e, ok := errors.AsType[*org.Error](err); ok {
		return nil, e.Message
	}
	own = append(own, p.roles...)
	slices.Sort(own)
	p.roles = slices.Compact(own)
	return []place{p}, ""
}

// applyCreation stores the invitations, with an entry for each.
func applyCreation(ctx context.Context, w *unit.Writer, c created) (org.Invited, error) {
	// One entry each, so that the trail of an address can be searched for it.
	for i := range c.list {
		n := &c.list[i]
		w.Begin("create", 201)
		w.About("invitation", n.row.ID, n.row.Email, c.where)
		tell(w, n)
		if err := w.W.InsertInvitation(ctx, n.row); err != nil {
			return c.answer, err
		}
		for _, p := range n.places {
			for _, role := range append([]string{org.RoleOrganizationUser}, p.roles...) {
				g := db.InsertInvitationGrantParams{InvitationID: n.row.ID, OrganizationID: p.row.ID, Role: role}
				if err := w.W.InsertInvitationGrant(ctx, g); err != nil {
					return c.answer, err
				}
			}
		}
		if c.mails {
			if err := w.W.InsertMail(ctx, db.InsertMailParams{ID: unit.NewID(), InvitationID: unit.NullID(n.row.ID), Now: w.Now}); err != nil {
				return c.answer, err
			}
		}
		if err := w.Record(ctx); err != nil {
			return c.answer, err
		}
	}
	return c.answer, nil
}

// tell fills in the entry of a new invitation.
func tell(w *unit.Writer, n *newInvitation) {
	w.Field("email", nil, n.row.Email)
	w.Field("expires_at", nil, n.row.ExpiresAt)
	if n.row.Mail == org.MailNone {
		w.Secret("link")
	} else {
		w.Field("mail", nil, n.row.Email)
	}
	if len(n.places) == 1 {
		w.Field("roles", nil, n.places[0].roles)
	}
	w.Field("organization_ids", nil, placesOf(n.places))
	if n.row.EndsAt.Valid {
		w.Field("until", nil, n.row.EndsAt.Time)
	}
	if n.row.Reason != "" {
		w.Field("reason", nil, n.row.Reason)
	}
}
