package views

import (
	"slices"
	"strconv"

	"rolecall/org"
)

// rowChoices are the numbers of rows that a page of a list can have.
var rowChoices = []int{PageSize, 50, 100}

// maxTags is how many roles a row shows by name; the rest is a number.
const maxTags = 2

func (m Members) row(member org.Member) Row {
	return Row{
		Member: member, Organization: m.List.Organization, Query: m.Filter.Query, LinkRoles: len(m.Roles) > 0,
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

// count is how many members match: "1,284", or "10,000+" where counting stopped.
func (m Members) count() string {
	if m.List.CountCapped {
		return thousands(m.List.Count) + "+"
	}
	return thousands(m.List.Count)
}

// span is which of them the page shows: "26–50".
func (m Members) span() string {
	first, last := m.Filter.Offset+1, m.Filter.Offset+len(m.List.Members)
	if first == last {
		return thousands(first)
	}
	return thousands(first) + "–" + thousands(last)
}

func (m Members) limit() int {
	if m.Filter.Limit > 0 {
		return m.Filter.Limit
	}
	return max(len(m.List.Members), 1)
}

func (m Members) page() int  { return m.Filter.Offset/m.limit() + 1 }
func (m Members) pages() int { return max((m.List.Count+m.limit()-1)/m.limit(), 1) }

// limits are the choices for the number of rows, with the one in force.
func (m Members) limits() []int {
	out := slices.Clone(rowChoices)
	if !slices.Contains(out, m.limit()) && m.Filter.Limit > 0 {
		out = append(out, m.limit())
		slices.Sort(out)
	}
	return out
}

// previous and next are the URLs of the neighbouring pages, "" where there is none.
func (m Members) previous() string {
	if m.Filter.Offset == 0 {
		return ""
	}
	f := m.Filter
	f.Offset = max(0, f.Offset-m.limit())
	return m.url(f)
}

func (m Members) next() string {
	if m.Filter.Offset+len(m.List.Members) >= m.List.Count && !m.List.CountCapped || len(m.List.Members) == 0 {
		return ""
	}
	f := m.Filter
	f.Offset += m.limit()
	return m.url(f)
}

// sorting is how the list is ordered by key: "ascending", "descending" or "none".
func (m Members) sorting(key string) string {
	switch firstOf(m.Filter.Sort, org.MemberSorts[0]) {
	case key:
		return "ascending"
	case "-" + key:
		return "descending"
	default:
		return "none"
	}
}

// sortURL orders by key, the other way round when it already does.
func (m Members) sortURL(key string) string {
	f := m.Filter
	f.Offset = 0
	f.Sort = key
	if m.sorting(key) == "ascending" {
		f.Sort = "-" + key
	}
	return m.url(f)
}

// hiddenField is a field that a form carries along.
type hiddenField struct{ name, value string }

// kept are the fields that a form needs besides those that it shows, so that nothing of the URL is lost.
func (m Members) kept(shown ...string) []hiddenField {
	var out []hiddenField
	q := memberQuery(m.Filter)
	for _, name := range []string{"q", "role", "site_role", "status", "sort", "limit"} {
		if slices.Contains(shown, name) || m.Holding != nil && name == "role" {
			continue
		}
		for _, v := range q[name] {
			out = append(out, hiddenField{name, v})
		}
	}
	return out
}

// filter is one of the filters over the list.
type filter struct {
	name, label string // of the field, and for people
	options     []filterOption
	off         string // the list without this filter
}

type filterOption struct {
	value, label string
	on           bool
}

// chosen are the labels of what a filter lets through; none when it is not in force.
func (f filter) chosen() []string {
	var out []string
	for _, o := range f.options {
		if o.on {
			out = append(out, o.label)
		}
	}
	return out
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
		out = append(out, filterOption{r.Name, roleName(r), slices.Contains(chosen, r.Name)})
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

// shown and hidden are the roles that a row has room for, and the names of the others.
func (r Row) shown() []org.RoleRef {
	return r.Member.Roles[:min(maxTags, len(r.Member.Roles))]
}

func (r Row) hidden() []string {
	var out []string
	for _, ref := range r.Member.Roles[len(r.shown()):] {
		out = append(out, refName(ref))
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
