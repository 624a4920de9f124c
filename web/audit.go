package web

import "rolecall/org"

func (s *Server) listAudit(c *call) (reply, error) {
	q := c.query()
	f := org.AuditFilter{Query: q.text("q"), Limit: q.count("limit"), Offset: q.count("offset")}
	q.id("after_id")
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	list, err := s.org.Audit(c.ctx, c.subject, f)
	return reply{data: auditListJSON{Entries: each(list.Entries, wireAuditEntry), Count: list.Count}}, err
}
