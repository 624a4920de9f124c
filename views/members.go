package views

import (
	"slices"
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// Members is the list of members with its search, filters and order.
type Members struct {
	CanInvite   bool // the caller may invite people into the organization
	SeesRemoved bool // and read who was removed from it
	List        org.MemberList
	Filter      org.MemberFilter
	Roles       []org.Role    // for the role filter; empty if the caller may not see roles, so they are not linked either
	Picked      Picked        // what a form without script has selected
	Holding     *org.RoleView // the list has the holders of this role (RoleMembersPage)
	SiteRoles   []org.Role    // for the site role filter; may be empty
	Now         time.Time
	Catalog     *rbac.Catalog
}

func (m Members) row(member org.Member) MemberRowView {
	return MemberRowView{
		Member: member, Organization: m.List.Organization, Query: m.Filter.Query, LinkRoles: len(m.Roles) > 0,
		Back:      m.paging().Left(MembersURL(m.List.Organization.Name, org.MemberFilter{})),
		CanAssign: m.List.CanAssign, CanRemove: m.List.CanRemove, Picked: m.Picked.has(member.UserID.String()), Now: m.Now,
	}
}

// url returns the URL of the list with f instead of the filter of this page.
func (m Members) url(f org.MemberFilter) string {
	if m.Holding == nil {
		return MembersURL(m.List.Organization.Name, f)
	}
	f.Roles = nil // the path already has it
	return ui.URL(RoleMembersURL(m.List.Organization.Name, m.Holding.Role.Name), memberQuery(f))
}

// bulk reports whether rows can be selected, because the caller may change some of them.
func (m Members) bulk() bool { return !m.List.OnlySelf && (m.List.CanAssign || m.List.CanRemove) }

// instead returns the roles that the holders of the role of this list can be given in its place; none if the caller may not.
func (m Members) instead() []org.Role {
	if m.Holding == nil || !m.List.CanAssign || !m.Holding.Role.Assignable {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(m.Roles), func(r org.Role) bool { return !r.Assignable || r.Name == m.Holding.Role.Name })
}

// total returns the number of all members, 0 if a filter hides it.
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

// count returns how many members match.
func (m Members) count() string { return m.paging().Total() }

func (m Members) paging() ui.Paging {
	f := m.Filter
	f.Limit, f.Offset = 0, 0
	return ui.Paging{
		List: m.url(f), Limit: m.Filter.Limit, Offset: m.Filter.Offset,
		Shown: len(m.List.Members), Count: m.List.Count, Capped: m.List.CountIsMinimum,
	}
}

func (m Members) order() ui.Order {
	if m.List.OnlySelf {
		return ui.Order{}
	}
	f := m.Filter
	f.Offset, f.Sort = 0, ""
	return ui.Order{List: m.url(f), Sort: m.Filter.Sort, Keys: sortKeys(org.MemberSorts)}
}

// firstPage returns the URL of the first page of this list.
func (m Members) firstPage() string { return m.paging().At(0) }

// kept returns the parameters of the URL that the search does not show, as hidden fields.
func (m Members) kept() []ui.Hidden {
	return ui.HiddenOf(m.firstPage(), "q", "role", "site_role", "status", "ending", "source")
}

// clearURL returns the URL of the list without search and filters, "" if there are none.
func (m Members) clearURL() string {
	if !m.narrowed() {
		return ""
	}
	return m.url(org.MemberFilter{Sort: m.Filter.Sort, Limit: m.Filter.Limit})
}

// filters returns the filters of the list. A filter without options is left out.
func (m Members) filters() []ui.Filter {
	without := func(change func(*org.MemberFilter)) string {
		f := m.Filter
		f.Offset = 0
		change(&f)
		return m.url(f)
	}
	all := []ui.Filter{
		{Name: "role", Label: "Role", Options: roleOptions(m.Roles, m.Filter.Roles), Off: without(func(f *org.MemberFilter) { f.Roles = nil })},
		{Name: "site_role", Label: "Site role", Options: roleOptions(m.SiteRoles, m.Filter.SiteRoles), Off: without(func(f *org.MemberFilter) { f.SiteRoles = nil })},
		{Name: "status", Label: "Status", Options: statusOptions(m.Filter.Statuses), Off: without(func(f *org.MemberFilter) { f.Statuses = nil })},
	}
	all = append(all, recordFilters(m.Filter.Records, func(r org.RecordFilter) string { return without(func(f *org.MemberFilter) { f.Records = r }) })...)
	return slices.DeleteFunc(all, func(f ui.Filter) bool {
		return len(f.Options) == 0 || m.Holding != nil && f.Name == "role"
	})
}

// narrowed reports whether a search or a filter leaves members out.
func (m Members) narrowed() bool {
	f := m.Filter
	if m.Holding != nil {
		f.Roles = nil
	}
	return f.Filtered()
}
