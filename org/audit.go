package org

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// auditPage is how many entries a page has when none is asked for, and at most.
const (
	auditPage    = 100
	auditPageMax = 1000
)

// Audit is one page of the audit trail, newest first: all of it with site-wide audit_log:read, else the entries of
// the organizations where the caller has it. Forbidden: nowhere. Invalid: a bad query.
func (s *Service) Audit(ctx context.Context, subject *Subject, f AuditFilter) (AuditList, error) {
	if !mayReadAudit(subject) {
		return AuditList{}, errForbidden("audit_log:read")
	}
	src := s.snapshot(subject)
	var list AuditList
	err := s.db.Read(ctx, func(q *db.Queries) error {
		src.q = q
		p, err := src.auditSearch(ctx, subject, f)
		if err != nil {
			return err
		}
		if f.Before > 0 || f.After > 0 || f.Uncounted {
			list, err = src.auditPage(ctx, subject, p, f)
		} else {
			list, err = src.auditEntries(ctx, subject, p)
		}
		return err
	})
	return list, err
}

// auditPage cuts a page beside a bound: it costs the same however far from the newest entry.
func (s source) auditPage(ctx context.Context, by *Subject, p db.FindAuditLogsParams, f AuditFilter) (list AuditList, err error) {
	page := db.ListAuditBeforeParams{
		Organizations: p.Organizations, OrganizationID: p.OrganizationID, ActorID: p.ActorID, DateFrom: p.DateFrom, DateTo: p.DateTo,
		RequestID: p.RequestID, ResourceType: p.ResourceType, ResourceID: p.ResourceID, ResourceTarget: p.ResourceTarget,
		Action: p.Action, Search: p.Search, Seq: f.Before, MaxRows: p.MaxRows + 1,
	}
	if page.Seq == 0 {
		page.Seq = math.MaxInt64
	}
	var seqs []int64
	if f.After > 0 {
		page.Seq = f.After
		seqs, err = s.q.ListAuditAfter(ctx, db.ListAuditAfterParams(page))
	} else {
		seqs, err = s.q.ListAuditBefore(ctx, page)
	}
	if err != nil {
		return list, err
	}
	more := len(seqs) > int(p.MaxRows)
	list.Older, list.Newer = f.After > 0, f.Before > 0
	if f.After > 0 {
		list.Newer = more
	} else {
		list.Older = more
	}
	if list.Entries, err = s.auditRows(ctx, by, seqs[:min(len(seqs), int(p.MaxRows))]); err != nil || f.Uncounted {
		return list, err
	}
	p.MaxRows, p.Skip = 1, 0
	found, err := s.q.FindAuditLogs(ctx, p)
	if len(found) > 0 {
		list.Count = int(found[0].Total)
	}
	return list, err
}

// EachAudit gives all entries that match, newest first, from one moment of the trail. Limit, Offset, Before and After do
// not count. Errors as Audit, before the first entry; an error of fn ends it.
func (s *Service) EachAudit(ctx context.Context, subject *Subject, f AuditFilter, fn func(*AuditEntry) error) error {
	if !mayReadAudit(subject) {
		return errForbidden("audit_log:read")
	}
	const piece = 500
	f = AuditFilter{Query: f.Query, Limit: piece, Uncounted: true}
	src := s.snapshot(subject)
	return s.db.Read(ctx, func(q *db.Queries) error {
		src.q = q
		p, err := src.auditSearch(ctx, subject, f)
		if err != nil {
			return err
		}
		for {
			list, err := src.auditPage(ctx, subject, p, f)
			if err != nil {
				return err
			}
			for i := range list.Entries {
				if err := fn(&list.Entries[i]); err != nil {
					return err
				}
			}
			if !list.Older {
				return nil
			}
			f.Before = list.Entries[len(list.Entries)-1].Seq
		}
	})
}

// mayReadAudit says whether there is anything in the trail that the caller may read.
func mayReadAudit(by *Subject) bool {
	return by.Can("read", rbac.Object{Type: "audit_log"}) || by.Can("read", rbac.Object{Type: "audit_log", AnyOrg: true})
}

func (s source) auditSearch(ctx context.Context, by *Subject, f AuditFilter) (db.FindAuditLogsParams, error) {
	p := db.FindAuditLogsParams{MaxRows: int64(min(f.Limit, auditPageMax)), Skip: int64(f.Offset)}
	if f.Limit == 0 {
		p.MaxRows = auditPage
	}
	if !by.Can("read", rbac.Object{Type: "audit_log"}) {
		var orgs []string
		for _, id := range by.User.OrganizationIDs {
			if by.Can("read", rbac.Object{Type: "audit_log", Org: id}) {
				orgs = append(orgs, id.String())
			}
		}
		if p.Organizations = listed(orgs); p.Organizations == "" {
			p.Organizations = " " // none: "" would be all of them
		}
	}
	q := parseSearch(f.Query, "search", "search", "request_id", "resource_id", "resource_target", "username", "email",
		"date_from", "date_to", "organization", "resource_type", "action", "build_reason")
	p.Search, p.RequestID, p.ResourceTarget = q.one("search"), q.one("request_id"), q.one("resource_target")
	p.ResourceType, p.Action = q.one("resource_type"), q.one("action")
	if id := q.id("resource_id"); id != uuid.Nil {
		p.ResourceID = id.String()
	}
	p.DateFrom, p.DateTo = q.date("date_from"), q.date("date_to")
	if p.DateTo.Valid {
		p.DateTo.Time = p.DateTo.Time.Add(day) // the day is part of the range
	}
	if err := s.auditNames(ctx, by, q, &p); err != nil {
		return p, err
	}
	return p, q.bad.err("Invalid audit search query.")
}

// auditNames looks up the people and the organization that a query names.
func (s source) auditNames(ctx context.Context, by *Subject, q *search, p *db.FindAuditLogsParams) error {
	if name := q.one("username"); name != "" {
		user, ok, err := s.findUser(ctx, by, name)
		if err != nil {
			return err
		}
		p.ActorID = q.actor(by, "username", user.ID, ok)
	}
	if email := q.one("email"); email != "" {
		user, err := s.q.GetUserByEmail(ctx, email)
		if err != nil && !db.IsNotFound(err) {
			return err
		}
		p.ActorID = q.actor(by, "email", user.ID, err == nil && by.Can("read", userObject(user.ID)))
	}
	if name := q.one("organization"); name != "" {
		org, err := s.organization(ctx, by, name)
		if KindOf(err) == NotFound {
			q.bad.add("organization", fmt.Sprintf("there is no organization %q", name))
		} else if err != nil {
			return err
		}
		p.OrganizationID = nullID(org.ID)
	}
	return nil
}

// actor is whose entries are asked for. Only who may read every user learns that there is none of that name; others
// find no entries, as they would of somebody who did nothing here.
func (q *search) actor(by *Subject, key string, id uuid.UUID, found bool) uuid.NullUUID {
	if !found {
		id = newID()
		if by.Can("read", usersObject) {
			q.bad.add(key, fmt.Sprintf("there is no user %q", q.one(key)))
		}
	}
	return nullID(id)
}

func (s source) auditEntries(ctx context.Context, by *Subject, p db.FindAuditLogsParams) (AuditList, error) {
	list := AuditList{Entries: []AuditEntry{}}
	found, err := s.q.FindAuditLogs(ctx, p)
	if err == nil && len(found) == 0 && p.Skip > 0 {
		p.Skip, p.MaxRows = 0, 1
		if found, err = s.q.FindAuditLogs(ctx, p); len(found) > 0 {
			list.Count = int(found[0].Total)
		}
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
	list.Entries, err = s.auditRows(ctx, by, seqs)
	return list, err
}

// auditRows is the entries with these numbers, newest first.
func (s source) auditRows(ctx context.Context, by *Subject, seqs []int64) ([]AuditEntry, error) {
	entries := []AuditEntry{}
	rows, err := s.q.ListAuditLogs(ctx, seqs)
	if err != nil {
		return nil, err
	}
	names, err := s.auditRefs(ctx, by, rows)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		e, err := names.entry(r)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// auditRefs is what the entries of a page refer to and is still there.
type auditRefs struct {
	users map[uuid.UUID]*User
	orgs  map[uuid.UUID]*Organization
}

func (s source) auditRefs(ctx context.Context, by *Subject, rows []db.AuditLog) (auditRefs, error) {
	refs := auditRefs{users: map[uuid.UUID]*User{}, orgs: map[uuid.UUID]*Organization{}}
	var ids []uuid.UUID
	for _, r := range rows {
		for _, id := range []uuid.UUID{r.ActorID.UUID, uuidOf(r.ResourceID)} {
			if _, ok := refs.users[id]; !ok && id != uuid.Nil {
				refs.users[id] = nil
				ids = append(ids, id)
			}
		}
		if _, ok := refs.orgs[r.OrganizationID.UUID]; !ok && r.OrganizationID.Valid {
			org, err := s.q.GetOrganization(ctx, r.OrganizationID.UUID)
			if err != nil && !db.IsNotFound(err) {
				return refs, err
			}
			refs.orgs[r.OrganizationID.UUID] = nil
			if err == nil {
				o := organizationOf(org)
				refs.orgs[o.ID] = &o
			}
		}
	}
	users, err := s.q.ListUsersByID(ctx, ids)
	if err != nil {
		return refs, err
	}
	for _, row := range users {
		u, err := s.user(ctx, row)
		if err != nil {
			return refs, err
		}
		if !by.Can("read", userObject(u.ID)) {
			u = by.glimpse(&u)
		}
		refs.users[u.ID] = &u
	}
	return refs, nil
}

// glimpse is what the trail shows of an account to a caller who may not read it: who did something, and where the caller
// is at home itself. Everything else is empty.
func (s *Subject) glimpse(u *User) User {
	seen := User{ID: u.ID, Username: u.Username, Name: u.Name, AvatarURL: u.AvatarURL}
	for _, id := range u.OrganizationIDs {
		if s.Can("read", orgObject(id)) {
			seen.OrganizationIDs = append(seen.OrganizationIDs, id)
		}
	}
	return seen
}

func uuidOf(s string) uuid.UUID {
	id, err := uuid.Parse(s)
	if err != nil {
		return uuid.Nil
	}
	return id
}

func (refs auditRefs) entry(r db.AuditLog) (AuditEntry, error) {
	e := AuditEntry{
		Seq: r.Seq, ID: r.ID, RequestID: r.RequestID, Time: r.Time, IP: r.IP, UserAgent: r.UserAgent,
		ResourceType: r.ResourceType, ResourceID: r.ResourceID, ResourceTarget: r.ResourceTarget, Action: r.Action,
		StatusCode: int(r.StatusCode), OrganizationID: r.OrganizationID.UUID, Organization: refs.orgs[r.OrganizationID.UUID],
		ActorID: r.ActorID.UUID, Actor: r.Actor, User: refs.users[r.ActorID.UUID],
	}
	if err := json.Unmarshal([]byte(r.Changes), &e.Diff); err != nil {
		return e, errors.Join(fmt.Errorf("audit entry %s", r.ID), err)
	}
	switch r.ResourceType {
	case "user", "organization_member", "api_key":
		e.Deleted = refs.users[uuidOf(r.ResourceID)] == nil
	case "organization":
		e.Deleted = e.Organization == nil
	}
	e.Description = describe(e)
	return e, nil
}

// Refused says whether the entry tells of an attempt that changed nothing.
func (e *AuditEntry) Refused() bool { return e.StatusCode >= 400 }

// Needed is the permission without which an attempt like this is refused, to ask an explainer about; false where no single
// permission decides.
func (e *AuditEntry) Needed() (rbac.Permission, bool) {
	actions := map[string]string{"create": "create", "write": "update", "delete": "delete"}
	p := rbac.Permission{ResourceType: e.ResourceType, Action: actions[e.Action]}
	switch e.ResourceType {
	case "organization_member":
		if e.Action == "write" {
			p = rbac.Permission{ResourceType: "assign_org_role", Action: "assign"}
		}
	case "custom_role":
		p.ResourceType = "assign_org_role"
	case "user", "organization":
	default:
		return p, false
	}
	return p, p.Action != ""
}

// The words of an entry's description.
var (
	verbs = map[string]string{"create": "created", "write": "updated", "delete": "deleted", "login": "logged in", "logout": "logged out"}
	kinds = map[string]string{
		"organization_member": "organization member", "custom_role": "custom role", "api_key": "API key",
		"user": "user", "organization": "organization",
	}
)

// describe says an entry as a template that clients fill in: {user} did something to {target}.
func describe(e AuditEntry) string {
	verb := verbs[e.Action]
	if e.StatusCode >= 400 {
		verb = "unsuccessfully attempted to " + e.Action
	}
	if e.Action == "login" || e.Action == "logout" {
		return "{user} " + verb
	}
	return strings.Join([]string{"{user}", verb, kinds[e.ResourceType], "{target}"}, " ")
}
