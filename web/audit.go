package web

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/org/insight"
	"rolecall.example/views"
)

// auditPageSize is the number of entries on a page of the audit log.
const auditPageSize = 50

// listAudit answers the trail as a page, as JSON or as a file. On a page the filters are fields of a form, which become one
// query with what was typed. A page never counts the entries: it moves through them by cursor.
func (s *Server) listAudit(c *call) (reply, error) {
	q := c.query()
	a := views.Audit{
		Query: auditQuery(q), Organization: q.text("organization"), Before: q.cursor("before"), After: q.cursor("after"),
		Catalog: c.catalog(), Now: c.now(), CanUndo: c.offersUndo, Print: q.prints(),
	}
	if a.Print {
		a.Before, a.After = 0, 0
	}
	c.within = a.Organization
	f := org.AuditFilter{Query: a.Query, Limit: q.count("limit"), Offset: q.count("offset"), Before: a.Before, After: a.After}
	if a.Organization != "" {
		f.Query = org.FormatQuery(append(org.ParseQuery(a.Query), org.QueryTerm{Key: "organization", Value: a.Organization}))
	}
	q.id("after_id")
	if c.follows() {
		return s.followAudit(c, q, f)
	}
	if a.Before > 0 && a.After > 0 {
		q.addError("after", `Query params "before" and "after" exclude each other`)
	}
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	if q.text("format") == "jsonl" || c.csv {
		return reply{stream: s.exportAudit(c, f)}, nil
	}
	if c.as != asJSON {
		f.Limit, f.Offset, f.SkipCount, f.Words, f.Batches = auditPageSize, 0, true, true, true
		if a.Print {
			f.Limit, f.Whole, f.Batches = printedRows, true, false
		}
	}
	list, err := s.insight.Audit(c.ctx, c.actor, f)
	a.List = list
	if err == nil {
		c.linkAudit(f, &list)
	}
	if org.KindOf(err) == org.Forbidden {
		return reply{}, err
	}
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) {
			a.Err = e
			return auditPage(a), nil
		})
	}
	return reply{json: client.AuditList{Entries: each(list.Entries, wireAuditEntry), Count: list.Count, Pruned: wirePruned(list.Pruned)}, html: show(auditPage(a))}, nil
}

func wirePruned(p *org.AuditPrune) *client.AuditPruned {
	if p == nil {
		return nil
	}
	return &client.AuditPruned{Before: wireTime(p.Before), At: wireTime(p.Time), UpTo: p.UpTo}
}

// linkAudit links to the neighbouring parts of the trail.
func (c *call) linkAudit(f org.AuditFilter, list *org.AuditList) {
	limit := min(cmp.Or(f.Limit, insight.AuditPageSize), insight.AuditPageMax)
	if f.Before == 0 && f.After == 0 {
		c.link(limit, f.Offset, list.Count)
		return
	}
	var older, newer int64
	if n := len(list.Entries); n > 0 && list.Older {
		older = list.Entries[n-1].Seq
	}
	if len(list.Entries) > 0 && list.Newer {
		newer = list.Entries[0].Seq
	}
	c.linkBeside(limit, older, newer)
}

// offersUndo reports whether to offer to undo a change in an organization, of site roles, or of an account.
func (c *call) offersUndo(e *org.AuditEntry) bool {
	switch {
	case e.OfStatus():
		return c.suspendsUsers()
	case org.OfDeletedRole(e.ResourceType, e.Action) && e.OrganizationID == uuid.Nil:
		return c.actor.Owner()
	case org.OfDeletedRole(e.ResourceType, e.Action):
		return c.may("create", "assign_org_role", e.OrganizationID)
	case org.OfDismissal(e.ResourceType, e.Action):
		return c.may("update", "assign_org_role", e.OrganizationID) || c.may("unassign", "assign_org_role", e.OrganizationID)
	case e.OrganizationID == uuid.Nil:
		return c.assignsSiteRoles()
	}
	return c.may("assign", "assign_org_role", e.OrganizationID)
}

func auditPage(a views.Audit) page {
	active := "site-audit"
	if a.Organization != "" {
		active = "audit"
	}
	return page{title: "Audit log", active: active, body: views.AuditPage(a), fragment: views.AuditResults(a)}
}

// auditQuery merges the query with the filters that a form sends as separate fields.
func auditQuery(q *query) string {
	terms := append(org.ParseQuery(q.text("also")), org.ParseQuery(q.text("q"))...)
	for _, key := range views.AuditFilterKeys() {
		if v := q.text(key); v != "" && key != "organization" {
			terms = append(slices.DeleteFunc(terms, func(t org.QueryTerm) bool { return t.Key == key }), org.QueryTerm{Key: key, Value: v})
		}
	}
	return org.FormatQuery(terms)
}

// cursor reads the number of an entry; missing or empty is 0.
func (q *query) cursor(name string) int64 {
	v := q.text(name)
	n, err := strconv.ParseInt(v, 10, 64)
	if v != "" && (err != nil || n < 1) {
		q.addError(name, "Query param "+strconv.Quote(name)+" must be the number of an entry")
		return 0
	}
	return n
}

// exportAudit sends all matching entries as a file, one by one.
func (s *Server) exportAudit(c *call, f org.AuditFilter) *stream {
	extension, kind := "jsonl", "application/jsonl; charset=utf-8"
	if c.csv {
		extension, kind = "csv", "text/csv; charset=utf-8"
	}
	return &stream{
		long: true, file: s.fileName(c, "audit", extension), contentType: kind,
		write: func(out *sink) error {
			write, end := auditLines(out)
			if out.csv {
				write, end = auditRows(out)
			}
			if err := s.insight.StreamAudit(c.ctx, c.actor, f, write); err != nil {
				return err
			}
			return end()
		},
	}
}

// auditLines writes JSON, one entry a line.
func auditLines(out *sink) (write func(*org.AuditEntry) error, end func() error) {
	lines := json.NewEncoder(out)
	return func(e *org.AuditEntry) error { return lines.Encode(wireAuditEntry(e)) }, func() error { return nil }
}

// auditRows writes a table.
func auditRows(out *sink) (write func(*org.AuditEntry) error, end func() error) {
	t := newTable(out,
		"time", "actor", "action", "resource_type", "target", "organization", "status", "ip", "user_agent", "request_id", "changes", "id", "token_id",
	)
	return func(e *org.AuditEntry) error {
		changes, err := json.Marshal(wireAuditEntry(e).Diff)
		if err != nil {
			return err
		}
		organization := idOrNothing(e.OrganizationID)
		if e.Organization != nil {
			organization = e.Organization.Name
		}
		return t.add(
			csvTime(e.Time), e.Actor, e.Action, e.ResourceType, e.ResourceTarget, organization,
			strconv.Itoa(e.StatusCode), e.IP, e.UserAgent, e.RequestID, string(changes), e.ID.String(), e.TokenID,
		)
	}, t.end
}
