package views

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// Users is the list of accounts with its search and filters.
type Users struct {
	List                  org.UserList
	Filter                org.UserFilter
	Roles                 []org.Role // for the filter; empty: the caller may not see site roles
	Picked                Picked     // what a form without script has selected
	CanAssign             bool       // the caller may give or take site roles
	CanSuspend, CanDelete bool       // likewise
	Self                  string     // username of the caller
	Now                   time.Time
}

func (u Users) line(user org.User) UserRowView {
	return UserRowView{
		User: user, Query: ui.FirstOf(u.Filter.Text, u.Filter.Query), Back: u.paging().Left(UsersPath), LinkRoles: len(u.Roles) > 0, CanAssign: u.CanAssign,
		Self: user.Username == u.Self, Selectable: u.bulk(), Picked: u.Picked.has(user.ID.String()), Now: u.Now,
	}
}

// PeopleLabel is the name of the list of accounts, in the navigation and above the list.
const PeopleLabel = "People"

// ofSite stands for the list of accounts where other lists have the name of an organization.
const ofSite = "@site"

// bulk reports whether rows can be selected, because the caller may change some of them.
func (u Users) bulk() bool { return !u.List.OnlySelf && (u.CanSuspend || u.CanDelete) }

// elsewhere returns what is selected on other pages of the list.
func (u Users) elsewhere() Picked {
	ids := make([]uuid.UUID, len(u.List.Users))
	for i := range u.List.Users {
		ids[i] = u.List.Users[i].ID
	}
	return u.Picked.elsewhere(ids)
}

// selectsUsers returns the filter that a selection belongs to, whatever its order and page.
func selectsUsers(f org.UserFilter) string {
	f.Sort, f.Limit, f.Offset = "", 0, 0
	return userQuery(f).Encode()
}

// keepURL returns the URL of the next page, or after the last one of the first, for keeping the selection.
func (u Users) keepURL() string {
	f := u.Filter
	if f.Offset += max(f.Limit, 1); f.Offset >= u.List.Count {
		f.Offset = 0
	}
	return UsersSelectionURL(f)
}

func (u Users) keepLabel() string { return keepLabel(u.Filter.Offset+u.Filter.Limit >= u.List.Count) }

// first returns the URL of the first page of the list with another filter.
func (u Users) first(change func(*org.UserFilter)) string {
	f := u.Filter
	f.Offset = 0
	change(&f)
	return UsersURL(f)
}

func (u Users) filters() []ui.Filter {
	logins := []ui.Option{
		{Value: org.LoginPassword, Label: "With a password", On: slices.Contains(u.Filter.LoginTypes, org.LoginPassword)},
		{Value: org.LoginNone, Label: "Service account", On: slices.Contains(u.Filter.LoginTypes, org.LoginNone)},
	}
	all := []ui.Filter{
		{Name: "role", Label: "Site role", Options: roleOptions(u.Roles, u.Filter.Roles), Off: u.first(func(f *org.UserFilter) { f.Roles = nil })},
		{Name: "status", Label: "Status", Options: statusOptions(u.Filter.Statuses), Off: u.first(func(f *org.UserFilter) { f.Statuses = nil })},
		{Name: "login_type", Label: "Sign-in", Options: logins, Off: u.first(func(f *org.UserFilter) { f.LoginTypes = nil })},
	}
	all = append(all, recordFilters(u.Filter.Records, func(r org.RecordFilter) string { return u.first(func(f *org.UserFilter) { f.Records = r }) })...)
	return slices.DeleteFunc(all, func(f ui.Filter) bool { return len(f.Options) == 0 })
}

// kept returns the parameters of the URL that the search does not show, as hidden fields.
func (u Users) kept() []ui.Hidden {
	return ui.HiddenOf(u.paging().At(0), "q", "role", "status", "login_type", "ending", "source")
}

// clearURL returns the list without search and filters, "" if there are none.
func (u Users) clearURL() string {
	if !u.Filter.Filtered() {
		return ""
	}
	return UsersURL(org.UserFilter{Sort: u.Filter.Sort, Limit: u.Filter.Limit})
}

func (u Users) paging() ui.Paging {
	f := u.Filter
	f.Limit, f.Offset = 0, 0
	return ui.Paging{
		List: UsersURL(f), Limit: u.Filter.Limit, Offset: u.Filter.Offset,
		Shown: len(u.List.Users), Count: u.List.Count, Capped: u.List.CountIsMinimum,
	}
}

func (u Users) order() ui.Order {
	if u.List.OnlySelf {
		return ui.Order{}
	}
	f := u.Filter
	f.Offset, f.Sort = 0, ""
	return ui.Order{List: UsersURL(f), Sort: u.Filter.Sort, Keys: sortKeys(org.UserSorts)}
}
