package unit

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/rbac"
	"rolecall.example/rbac/snapshot"
)

// TermsOf says until when an account holds each of its roles and memberships, on the site and in organizations. After any of
// these ends an answer about the account may be different.
type TermsOf struct {
	site map[string]int64 // by role
	in   map[uuid.UUID]*Stay
}

// Terms reads until when some accounts hold what they hold. It takes two statements for each 10,000 of them.
func (s Reader) Terms(ctx context.Context, users []uuid.UUID) (map[uuid.UUID]*TermsOf, error) {
	terms := make(map[uuid.UUID]*TermsOf, len(users))
	for _, id := range users {
		terms[id] = &TermsOf{site: map[string]int64{}, in: map[uuid.UUID]*Stay{}}
	}
	if len(terms) == 0 {
		return terms, nil
	}
	stays, err := s.Stays(ctx, uuid.Nil, uuid.Max, users)
	if err != nil {
		return nil, err
	}
	for at, stay := range stays {
		terms[at.User].in[at.Organization] = stay
	}
	for piece := range slices.Chunk(users, maxAtOnce) {
		rows, err := s.Q.ListSiteRecordsOf(ctx, piece)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			site := terms[rows[i].UserID].site
			site[rows[i].Role] = max(site[rows[i].Role], endMicro(rows[i].EndsAt))
		}
	}
	return terms, nil
}

// end returns when a role held in a place ends. What has no record ends with the membership.
func (t *TermsOf) end(place uuid.UUID, role string) int64 {
	stay := t.in[place]
	switch {
	case place == uuid.Nil && t.site[role] != 0:
		return t.site[role]
	case place == uuid.Nil || stay == nil:
		return snapshot.Endless
	case stay.Roles[role] == 0:
		return stay.Until
	}
	return stay.End(role)
}

// End returns when a role held in a place ends; the zero time: it does not.
func (t *TermsOf) End(place uuid.UUID, role string) time.Time {
	if at := t.end(place, role); at != snapshot.Endless {
		return time.UnixMicro(at).UTC()
	}
	return time.Time{}
}

// Moments returns the moments after now at which something ends, in order.
func (t *TermsOf) Moments(now time.Time) []time.Time {
	ends := map[int64]bool{}
	for _, at := range t.site {
		ends[at] = true
	}
	for _, stay := range t.in {
		ends[stay.Until] = true
		for role := range stay.Roles {
			ends[stay.End(role)] = true
		}
	}
	var list []time.Time
	for _, at := range slices.Sorted(maps.Keys(ends)) {
		if at > now.UnixMicro() && at != snapshot.Endless {
			list = append(list, time.UnixMicro(at).UTC())
		}
	}
	return list
}

// Left returns what is left of a holding in an organization at a moment.
func (t *TermsOf) Left(h Holding, orgID uuid.UUID, at time.Time) Holding {
	keep := func(names string, end func(role string) int64) string {
		return strings.Join(slices.DeleteFunc(strings.Fields(names), func(role string) bool { return end(role) <= at.UnixMicro() }), " ")
	}
	h.Roles = keep(h.Roles, func(role string) int64 { return t.end(orgID, role) })
	h.SiteRoles = keep(h.SiteRoles, func(role string) int64 { return t.end(uuid.Nil, role) })
	h.Elsewhere = keep(h.Elsewhere, func(role string) (last int64) {
		for place, stay := range t.in {
			if place != orgID && stay.Roles[role] != 0 {
				last = max(last, stay.End(role))
			}
		}
		return last
	})
	if stay := t.in[orgID]; stay != nil && stay.Until <= at.UnixMicro() {
		h.Outside = true
	}
	return h
}

// Grants returns what is left of grants at a moment.
func (t *TermsOf) Grants(list []rbac.Grant, at time.Time) []rbac.Grant {
	return slices.DeleteFunc(slices.Clone(list), func(g rbac.Grant) bool { return t.end(g.Org, g.Role.Name) <= at.UnixMicro() })
}
