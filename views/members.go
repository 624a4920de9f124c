package views

import (
	"slices"
	"strconv"

	"rolecall.example/org"
)

// maxTags is how many roles a row shows by name; the rest is a number.
const maxTags = 2

func (m Members) row(member org.Member) Row {
	return Row{
		Member: member, Organization: m.List.Organization, Query: m.Filter.Query, LinkRoles: len(m.Roles) > 0,
		Back:      m.paging().left(MembersURL(m.List.Organization.Name, org.MemberFilter{})),
		CanAssign: m.List.CanAssign, CanRemove: m.List.CanRemove, Now: m.Now,
	}
}

// url is the list with f instead of the filter of this page.
func (m Members) url(f org.MemberFilter) string {
	if m.Holding == nil {
		return MembersURL(m.List.Organization.Name, f)
	}
	f.Roles = nil // the path says it
	return withQuery(RoleMembersURL(m.List.Organization.Name, m.Holding.Role.Name), memberQuery(f))
}

// bulk says whether rows can be selected: the caller may do something to some of them.
func (m Members) bulk() bool { return !m.List.OnlySelf && (m.List.CanAssign || m.List.CanRemove) }

// total is the number of all members, 0 when a filter hides it.
func (m Members) total() int {
	switch {
	case m.List.OnlySelf:
		return 1
	case !m.Filter.Filtered():
		return m.List.Count
	case m.Holding != nil:
		return m.Holding.Role.Members
	default:
		return m.List.Organization.MemberCount
	}
}

// count is how many members match.
func (m Members) count() string { return m.paging().total() }

func (m Members) paging() paging {
	f := m.Filter
	f.Limit, f.Offset = 0, 0
	return paging{
		list: m.url(f), limit: m.Filter.Limit, offset: m.Filter.Offset,
		shown: len(m.List.Members), count: m.List.Count, capped: m.List.CountCapped,
	}
}

func (m Members) order() order {
	if m.List.OnlySelf {
		return order{}
	}
	f := m.Filter
	f.Offset, f.Sort = 0, ""
	return order{list: m.url(f), sort: m.Filter.Sort, keys: org.MemberSorts}
}

// firstPage is the first page of this list.
func (m Members) firstPage() string { return m.paging().at(0) }

// kept are the fields that the search needs besides those that it shows, so that nothing of the URL is lost.
func (m Members) kept() []hiddenField {
	return fieldsOf(m.firstPage(), "q", "role", "site_role", "status")
}

// clearURL is the list without search and filters, "" if there are none.
func (m Members) clearURL() string {
	if !m.narrowed() {
		return ""
	}
	return m.url(org.MemberFilter{Sort: m.Filter.Sort, Limit: m.Filter.Limit})
}

// filters are the filters that this caller can use; one that has nothing to choose from is left out.
func (m Members) filters() []filter {
	without := func(change func(*org.MemberFilter)) string {
		f := m.Filter
		f.Offset = 0
		change(&f)
		return m.url(f)
	}
	statuses := make([]filterOption, 0, 3)
	for _, s := range []org.Status{org.StatusActive, org.StatusDormant, org.StatusSuspended} {
		statuses = append(statuses, filterOption{string(s), statusLabel(s), slices.Contains(m.Filter.Statuses, s)})
	}
	all := []filter{
		{"role", "Role", roleOptions(m.Roles, m.Filter.Roles), without(func(f *org.MemberFilter) { f.Roles = nil })},
		{"site_role", "Site role", roleOptions(m.SiteRoles, m.Filter.SiteRoles), without(func(f *org.MemberFilter) { f.SiteRoles = nil })},
		{"status", "Status", statuses, without(func(f *org.MemberFilter) { f.Statuses = nil })},
	}
	return slices.DeleteFunc(all, func(f filter) bool {
		return len(f.options) == 0 || m.Holding != nil && f.name == "role"
	})
}

// roleOptions offers the roles, and what the URL asks for besides: such a filter must be seen to be taken off.
func roleOptions(roles []org.Role, chosen []string) []filterOption {
	var out []filterOption
	known := map[string]bool{}
	for _, r := range roles {
		known[r.Name] = true
		out = append(out, filterOption{r.Name, r.Label(), slices.Contains(chosen, r.Name)})
	}
	for _, name := range chosen {
		if !known[name] {
			known[name] = true
			out = append(out, filterOption{name, name, true})
		}
	}
	return out
}

func statusLabel(s org.Status) string {
	switch s {
	case org.StatusActive:
		return "Active"
	case org.StatusDormant:
		return "Dormant"
	case org.StatusSuspended:
		return "Suspended"
	default:
		return string(s)
	}
}

// id is the row's place in the document. It is made of the user id, which is safe in a selector whatever the name is.
func (r Row) id() string { return memberID(r.Member) }

func memberID(m org.Member) string { return "m-" + m.UserID.String() }

func (r Row) url() string { return BackTo(MemberURL(r.Organization.Name, r.Member.Username), r.Back) }

// shown and hidden are the roles that a row has room for, and the names of the others.
func (r Row) shown() []org.RoleRef {
	return r.Member.Roles[:min(maxTags, len(r.Member.Roles))]
}

func (r Row) hidden() []string {
	var out []string
	for _, ref := range r.Member.Roles[len(r.shown()):] {
		out = append(out, ref.Label())
	}
	return out
}

// selectable says whether the list that the row stands in has boxes to tick.
func (r Row) selectable() bool { return r.CanAssign || r.CanRemove }

func (r Row) moreLabel() string { return "+" + strconv.Itoa(len(r.hidden())) }

// narrowed says whether somebody is left out who could be in this list.
func (m Members) narrowed() bool {
	f := m.Filter
	if m.Holding != nil {
		f.Roles = nil
	}
	return f.Filtered()
}
