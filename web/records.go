package web

import (
	"net/http"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
)

func wireRecord(a *org.Assignment) client.Assignment {
	wire := client.Assignment{
		Role: a.Role, DisplayName: a.DisplayName, OrganizationID: idOrNothing(a.OrganizationID),
		Source: string(a.Source), SourceRef: a.SourceRef, Rule: a.Rule, Reason: a.Reason, GivenAt: wireTime(a.GivenAt), Managed: a.Source.Synced(),
	}
	if a.Until != nil {
		wire.Until = optionalTime(*a.Until)
	}
	if a.GivenByID != uuid.Nil {
		wire.GivenBy = &client.Giver{ID: a.GivenByID, Username: a.GivenByName}
	}
	return wire
}

// recordInput reads the new content of the record of one role. A form sends both fields, so an empty one clears the
// value; a field that JSON leaves out keeps its stored value.
func (c *call) recordInput(o object) org.RecordInput {
	in := org.RecordInput{From: c.versions(o), IfMatch: c.ifMatch()}
	o.ignore("role", "display_name", "source", "source_ref", "rule", "given_by", "given_at", "managed", "organization_id")
	in.KeepUntil, in.KeepReason = !o.form && !o.has("until"), !o.form && !o.has("reason")
	in.Terms = o.terms()
	return in
}

// putUserRole makes or changes the record of one role of the site.
func (s *Server) putUserRole(c *call) (reply, error) {
	input := decode(c, c.recordInput)
	if c.dry {
		return c.foreseen(s.tenant.PreviewUserRole(c.ctx, c.actor, c.user(), c.param("roleName"), input))
	}
	a, done, err := s.tenant.PutUserRole(c.ctx, c.actor, c.user(), c.param("roleName"), input)
	if err != nil {
		return c.again(err, s.refusedUserRole(c))
	}
	return reply{json: wireRecord(&a.Assignment), version: a.Tag, next: c.recordDone(done)}, nil
}

// endUserRole ends the local records of one role of the site.
func (s *Server) endUserRole(c *call) (reply, error) {
	if c.dry {
		return c.foreseen(s.tenant.PreviewEndUserRole(c.ctx, c.actor, c.user(), c.param("roleName"), c.ifMatch()))
	}
	done, err := s.tenant.EndUserRole(c.ctx, c.actor, c.user(), c.param("roleName"), c.ifMatch())
	if err != nil {
		return c.again(err, s.refusedUserRole(c))
	}
	return reply{status: http.StatusNoContent, next: c.recordDone(done)}, nil
}

// putMemberRole makes or changes the record of one role of a member.
func (s *Server) putMemberRole(c *call) (reply, error) {
	input := decode(c, c.recordInput)
	if c.dry {
		return c.foreseen(s.tenant.PreviewMemberRole(c.ctx, c.actor, c.organization(), c.user(), c.param("roleName"), input))
	}
	a, done, err := s.tenant.PutMemberRole(c.ctx, c.actor, c.organization(), c.user(), c.param("roleName"), input)
	if err != nil {
		return c.again(err, s.refusedMemberRole(c))
	}
	return reply{json: wireRecord(&a.Assignment), version: a.Tag, next: c.recordDone(done)}, nil
}

// endMemberRole ends the local records of one role of a member.
func (s *Server) endMemberRole(c *call) (reply, error) {
	if c.dry {
		return c.foreseen(s.tenant.PreviewEndMemberRole(c.ctx, c.actor, c.organization(), c.user(), c.param("roleName"), c.ifMatch()))
	}
	done, err := s.tenant.EndMemberRole(c.ctx, c.actor, c.organization(), c.user(), c.param("roleName"), c.ifMatch())
	if err != nil {
		return c.again(err, s.refusedMemberRole(c))
	}
	return reply{status: http.StatusNoContent, next: c.recordDone(done)}, nil
}
