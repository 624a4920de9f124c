package insight

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// How many entries a page of the trail has by default, and at most.
const (
	AuditPageSize = 100
	AuditPageMax  = 1000
)

// Audit returns one page of the audit trail, newest first: of the whole trail with site-wide audit_log:read, otherwise of the
// organizations where the caller has it. Forbidden: the caller has it nowhere. Invalid: a bad query.
func (s *Service) Audit(ctx context.Context, subject *org.Actor, f org.AuditFilter) (_ org.AuditList, err error) {
	defer org.Wrap(&err, "list audit trail")
	var list org.AuditList
	err = s.ofAudit(ctx, subject, func(src unit.Reader) error {
		p, err := auditSearch(ctx, src, subject, f)
		if err != nil {
			return err
		}
		switch {
		case f.Whole:
			list, err = auditWhole(ctx, src, subject, p, f)
		case f.Before > 0 || f.After > 0 || f.SkipCount:
			list, err = auditPage(ctx, src, subject, p, f)
		default:
			list, err = auditEntries(ctx, src, subject, p)
		}
		if err == nil {
			list.Pruned, err = lastPrune(ctx, src)
		}
		return err
	})
	return list, err
}

// auditPage cuts a page next to a bound: it costs the same however far from the newest entry.
// Without a bound it begins at the newest entry.
func auditPage(ctx context.Context, s unit.Reader, by *org.Actor, p auditScope, f org.AuditFilter) (list org.AuditList, err error) {
	page := db.ListAuditBeforeParams{
		Organizations: p.Organizations, OrganizationID: p.OrganizationID, ActorID: p.ActorID, DateFrom: p.DateFrom, DateTo: p.DateTo,
		RequestID: p.RequestID, TokenID: p.TokenID, ResourceType: p.ResourceType, ResourceID: p.ResourceID, ResourceTarget: p.ResourceTarget,
		Action: p.Action, Search: p.Search, Also: p.Also, Seq: f.Before, MaxRows: p.MaxRows + 1,
	}
	if list.Batches = p.batches && f.Batches; list.Batches {
		page.Batches = 1
	}
	if page.Seq == 0 {
		page.Seq = math.MaxInt64
	}
	var seqs []int64
	if f.After > 0 {
		page.Seq = f.After
		seqs, err = s.Q.ListAuditAfter(ctx, db.ListAuditAfterParams(page))
	} else {
		seqs, err = s.Q.ListAuditBefore(ctx, page)
	}
	if err != nil {
		return list, err
	}
	// The query asked for one row more than the page has.
	more := len(seqs) > int(p.MaxRows)
	// There is at least one entry on the side that the bound came from.
	list.Older, list.Newer = f.After > 0, f.Before > 0
	if f.After > 0 {
		list.Newer = more
	} else {
		list.Older = more
	}
	if list.Entries, err = auditBatches(ctx, s, by, seqs[:min(len(seqs), int(p.MaxRows))], p.parts, list.Batches); err != nil {
		return list, err
	}
	if f.Words {
		err = auditWords(ctx, s, list.Entries)
	}
	if err != nil || f.SkipCount {
		return list, err
	}
	list.Count, err = auditCount(ctx, s, p)
	return list, err
}

// ofAudit runs fn on one snapshot of the trail. Forbidden: it has nothing that the caller may read.
func (s *Service) ofAudit(ctx context.Context, subject *org.Actor, fn func(src unit.Reader) error) error {
	return s.units.MomentAside(ctx, subject, func(src unit.Reader) error {
		if err := src.Settle(ctx); err != nil {
			return err
		}
		if !unit.MayReadAudit(subject) {
			return org.ErrForbidden("audit_log:read")
		}
		return fn(src)
	})
}

// auditSearch turns the query into database arguments, limited to what the caller may read. Invalid: a bad query.
func auditSearch(ctx context.Context, s unit.Reader, by *org.Actor, f org.AuditFilter) (auditScope, error) {
	p := db.FindAuditLogsParams{MaxRows: int64(min(f.Limit, AuditPageMax)), Skip: int64(f.Offset)}
	if f.Limit == 0 {
		p.MaxRows = AuditPageSize
	}
	if !by.Can("read", rbac.Object{Type: "audit_log"}) {
		var orgs []string
		for _, id := range by.User.OrganizationIDs {
			if by.Can("read", rbac.Object{Type: "audit_log", Org: id}) {
				orgs = append(orgs, id.String())
			}
		}
		if p.Organizations = unit.SpaceJoined(orgs); p.Organizations == "" {
			p.Organizations = " " // none: "" would be all of them
		}
	}
	q := unit.ParseSearch(f.Query, "search", "search", "request_id", "token_id", "resource_id", "resource_target", "username", "email",
		"date_from", "date_to", "organization", "resource_type", "action", "build_reason")
	p.Search, p.RequestID, p.TokenID, p.ResourceTarget = q.One("search"), q.One("request_id"), q.One("token_id"), q.One("resource_target")
	p.ResourceType, p.Action = q.One("resource_type"), q.One("action")
	if id := q.ID("resource_id"); id != uuid.Nil {
		p.ResourceID = id.String()
	}
	p.DateFrom, p.DateTo = q.Date("date_from"), q.Date("date_to")
	if p.DateTo.Valid {
		p.DateTo.Time = p.DateTo.Time.Add(org.Day) // the day is part of the range
	}
	if err := auditNames(ctx, s, by, q, &p); err != nil {
		return auditScope{}, err
	}
	if err := q.Bad.Err("Invalid audit search query."); err != nil {
		return auditScope{}, err
	}
	return auditScopeOf(ctx, s, by, p)
}

// auditNames looks up the people and the organization that a query names.
func auditNames(ctx context.Context, s unit.Reader, by *org.Actor, q *unit.Search, p *db.FindAuditLogsParams) error {
	if name := q.One("username"); name != "" {
		user, ok, err := s.FindUser(ctx, by, name)
		if err != nil {
			return err
		}
		p.ActorID = actor(q, by, "username", user.ID, ok)
	}
	if email := q.One("email"); email != "" {
		user, err := s.Q.GetUserByEmail(ctx, email)
		if err != nil && !db.IsNotFound(err) {
			return err
		}
		p.ActorID = actor(q, by, "email", user.ID, err == nil && by.Can("read", org.UserObject(user.ID)))
	}
	if name := q.One("organization"); name != "" {
		o, err := s.Organization(ctx, by, name)
		if org.KindOf(err) == org.NotFound {
			q.Bad.Add("organization", fmt.Sprintf("there is no organization %q", name))
		} else if err != nil {
			return err
		}
		p.OrganizationID = unit.NullID(o.ID)
	}
	return nil
}

// actor returns the account whose entries are asked for. Only callers who may read every user learn that no user has the name;
// others find no entries, as if the user had done nothing here.
func actor(q *unit.Search, by *org.Actor, key string, id uuid.UUID, found bool) uuid.NullUUID {
	if !found {
		id = unit.NewID()
		if by.Can("read", org.UsersObject) {
			q.Bad.Add(key, fmt.Sprintf("there is no user %q", q.One(key)))
		}
	}
	return unit.NullID(id)
}

// auditEntries cuts a page by its number. Past the end no row has the count, so it is queried separately.
func auditEntries(ctx context.Context, s unit.Reader, by *org.Actor, p auditScope) (org.AuditList, error) {
	list := org.AuditList{Entries: []org.AuditEntry{}}
	found, err := s.Q.FindAuditLogs(ctx, p.FindAuditLogsParams)
	if err == nil && len(found) == 0 && p.Skip > 0 {
		list.Count, err = auditCount(ctx, s, p)
		return list, err
	}
	if err != nil || len(found) == 0 {
		return list, err
	}
	list.Count = int(found[0].Total)
	seqs := make([]int64, len(found))
	for i, f := range found {
		seqs[i] = f.Seq
	}
	list.Entries, err = auditRows(ctx, s, by, seqs, p.parts)
	return list, err
}

// auditRows reads the entries with these numbers, newest first, or only what some organizations may see of them.
func auditRows(ctx context.Context, s unit.Reader, by *org.Actor, seqs []int64, parts []uuid.UUID) ([]org.AuditEntry, error) {
	entries := []org.AuditEntry{}
	rows, err := s.Q.ListAuditLogs(ctx, seqs)
	if err != nil {
		return nil, err
	}
	names, err := auditRefs(ctx, s, by, rows)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		e, err := names.entry(r)
		if err == nil {
			err = names.part(ctx, s, &e, parts)
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// auditReferences holds whatever the entries of a page refer to that still exists.
type auditReferences struct {
	users map[uuid.UUID]*org.User
	orgs  map[uuid.UUID]*org.Organization
}

// auditRefs reads each account and organization of a page once. Deleted ones stay nil.
func auditRefs(ctx context.Context, s unit.Reader, by *org.Actor, rows []db.AuditLog) (auditReferences, error) {
	refs := auditReferences{users: map[uuid.UUID]*org.User{}, orgs: map[uuid.UUID]*org.Organization{}}
	var ids []uuid.UUID
	for _, r := range rows {
		for _, id := range []uuid.UUID{r.ActorID.UUID, unit.ParseID(r.ResourceID)} {
			if _, ok := refs.users[id]; !ok && id != uuid.Nil {
				refs.users[id] = nil
				ids = append(ids, id)
			}
		}
		if r.OrganizationID.Valid {
			if _, err := refs.organization(ctx, s, r.OrganizationID.UUID); err != nil {
				return refs, err
			}
		}
	}
	users, err := s.Q.ListUsersByID(ctx, ids)
	if err != nil {
		return refs, err
	}
	for _, row := range users {
		u, err := s.User(ctx, row)
		if err != nil {
			return refs, err
		}
		if !by.Can("read", org.UserObject(u.ID)) {
			u = glimpse(by, &u)
		}
		refs.users[u.ID] = &u
	}
	return refs, nil
}

// organization reads an organization, once. It returns nil if the organization was deleted.
func (refs auditReferences) organization(ctx context.Context, s unit.Reader, id uuid.UUID) (*org.Organization, error) {
	if o, ok := refs.orgs[id]; ok {
		return o, nil
	}
	row, err := s.Q.GetOrganization(ctx, id)
	if err != nil && !db.IsNotFound(err) {
		return nil, err
	}
	refs.orgs[id] = nil
	if err == nil {
		o := unit.OrganizationOf(row)
		refs.orgs[id] = &o
	}
	return refs.orgs[id], nil
}

// entry turns a row into an entry with what it refers to. Names are those of the row, which outlive accounts.
func (refs auditReferences) entry(r db.AuditLog) (org.AuditEntry, error) {
	e := org.AuditEntry{
		Seq: r.Seq, ID: r.ID, RequestID: r.RequestID, Time: r.Time, IP: r.IP, UserAgent: r.UserAgent,
		ResourceType: r.ResourceType, ResourceID: r.ResourceID, ResourceTarget: r.ResourceTarget, Action: r.Action,
		StatusCode: int(r.StatusCode), OrganizationID: r.OrganizationID.UUID, Organization: refs.orgs[r.OrganizationID.UUID],
		ActorID: r.ActorID.UUID, Actor: r.Actor, TokenID: r.TokenID, User: refs.users[r.ActorID.UUID],
	}
	if err := json.Unmarshal([]byte(r.Changes), &e.Diff); err != nil {
		return e, errors.Join(fmt.Errorf("audit entry %s", r.ID), err)
	}
	switch r.ResourceType {
	// An entry about a token names the account that it belongs to.
	case "user", "organization_member", "api_key", "mfa":
		e.Deleted = refs.users[unit.ParseID(r.ResourceID)] == nil
	case "organization":
		e.Deleted = e.Organization == nil
	}
	e.Description = describe(e)
	return e, nil
}
