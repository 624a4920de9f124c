package web

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
)

func wireRecord(a *org.Assignment) client.Assignment {
	wire := client.Assignment{
		Role: a.Role, DisplayName: a.DisplayName, OrganizationID: idOrNothing(a.OrganizationID),
		Source: string(a.Source), SourceRef: a.SourceRef, Reason: a.Reason, GivenAt: wireTime(a.GivenAt), Managed: a.Source.Synced(),
	}
	if a.Until != nil {
		until := wireTime(*a.Until)
		wire.Until = &until
	}
	if a.GivenByID != uuid.Nil {
		wire.GivenBy = &client.Giver{ID: a.GivenByID, Username: a.GivenByName}
	}
	return wire
}

// terms reads until when and why something is given. What is wrong with the reason is told beside an end that is no time; the use
// case says the rest.
func (o object) terms() (t org.Terms) {
	const until, reason = "until", "reason"
	t.Reason = o.text(reason)
	text, ok := value[string](o, until, org.BadUntil)
	if o.form && text == "" || !ok && o.fields[until] == nil {
		return t
	}
	at, err := time.Parse(time.RFC3339, text)
	if err == nil {
		at = at.UTC().Truncate(time.Microsecond) // as it is stored
		t.Until = &at
		return t
	}
	if ok {
		o.addError(until, org.BadUntil)
	}
	for _, f := range t.Problems(time.Time{}) {
		o.addError(f.Field, f.Detail)
	}
	return t
}

// recordInput reads what the record of one role shall be. A form says both, so that an emptied field is empty; what JSON leaves
// out stays as it is stored.
func (c *call) recordInput(o object) org.RecordInput {
	in := org.RecordInput{From: c.versions(o), IfMatch: c.ifMatch()}
	o.ignore("role", "display_name", "source", "source_ref", "given_by", "given_at", "managed", "organization_id")
	in.KeepUntil, in.KeepReason = !o.form && !o.has("until"), !o.form && !o.has("reason")
	in.Terms = o.terms()
	return in
}

// newTerms reads the terms of what a request adds. The body may be missing.
func (c *call) newTerms() org.Input[org.Terms] {
	if c.sentNothing() {
		return org.Given(org.Terms{})
	}
	return decode(c, object.terms)
}

// putUserRole makes or changes the record of one role of the site.
func (s *Server) putUserRole(c *call) (reply, error) {
	input := decode(c, c.recordInput)
	if c.dry {
		return c.foreseen(s.tenant.PreviewUserRole(c.ctx, c.actor, c.user(), c.param("roleName"), input))
	}
	a, done, err := s.tenant.PutUserRole(c.ctx, c.actor, c.user(), c.param("roleName"), input)
	if err != nil {
		return reply{}, c.precondition(err)
	}
	return reply{json: wireRecord(&a.Assignment), version: a.Tag, next: c.recordDone(c.usersHome(), done)}, nil
}

// endUserRole ends the local records of one role of the site.
func (s *Server) endUserRole(c *call) (reply, error) {
	if c.dry {
		return c.foreseen(s.tenant.PreviewEndUserRole(c.ctx, c.actor, c.user(), c.param("roleName"), c.ifMatch()))
	}
	done, err := s.tenant.EndUserRole(c.ctx, c.actor, c.user(), c.param("roleName"), c.ifMatch())
	if err != nil {
		return reply{}, c.precondition(err)
	}
	return reply{status: http.StatusNoContent, next: c.recordDone(c.usersHome(), done)}, nil
}

// recordDone is the page that follows the change of one role.
func (c *call) recordDone(home string, done org.Receipt) destination {
	next := to(home, "The role was updated.")
	if c.request().Method == http.MethodDelete {
		next.message = "The role was ended."
	}
	next.undo = undoOf(done)
	return next
}

// putMemberRole makes or changes the record of one role of a member.
func (s *Server) putMemberRole(c *call) (reply, error) {
	input := decode(c, c.recordInput)
	if c.dry {
		return c.foreseen(s.tenant.PreviewMemberRole(c.ctx, c.actor, c.organization(), c.user(), c.param("roleName"), input))
	}
	a, done, err := s.tenant.PutMemberRole(c.ctx, c.actor, c.organization(), c.user(), c.param("roleName"), input)
	if err != nil {
		return reply{}, c.precondition(err)
	}
	return reply{json: wireRecord(&a.Assignment), version: a.Tag, next: c.recordDone(c.memberHome(), done)}, nil
}

// endMemberRole ends the local records of one role of a member.
func (s *Server) endMemberRole(c *call) (reply, error) {
	if c.dry {
		return c.foreseen(s.tenant.PreviewEndMemberRole(c.ctx, c.actor, c.organization(), c.user(), c.param("roleName"), c.ifMatch()))
	}
	done, err := s.tenant.EndMemberRole(c.ctx, c.actor, c.organization(), c.user(), c.param("roleName"), c.ifMatch())
	if err != nil {
		return reply{}, c.precondition(err)
	}
	return reply{status: http.StatusNoContent, next: c.recordDone(c.memberHome(), done)}, nil
}
