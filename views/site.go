package views

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// The pages of the site and of the account that is signed in.
const (
	UsersPath          = "/users"
	NewUserURL         = "/users/new"
	AccountURL         = "/users/me"
	SessionsURL        = "/users/me/sessions"
	ShortcutsURL       = "/shortcuts"
	OrganizationsPath  = "/organizations"
	NewOrganizationURL = "/organizations/new"
	SearchPath         = "/search"
)

// UsersURL is the list of accounts with f applied.
func UsersURL(f org.UserFilter) string {
	q := url.Values{}
	if text := ui.FirstOf(f.Query, f.Text); text != "" {
		q.Set("q", text)
	}
	for _, s := range f.Statuses {
		q.Add("status", string(s))
	}
	for _, r := range f.Roles {
		q.Add("role", r)
	}
	for _, l := range f.LoginTypes {
		q.Add("login_type", l)
	}
	ui.SetSort(q, f.Sort, org.UserSorts[0])
	ui.SetPage(q, f.Limit, f.Offset)
	return ui.URL(UsersPath, q)
}

// UserURL is the page of an account, given by username; DELETE deletes it. UserProfileURL and the others below it are
// where its forms go.
func UserURL(user string) string { return UsersPath + "/" + url.PathEscape(user) }

// UserDeleteURL is the page of an account that asks whether to delete it.
func UserDeleteURL(user string) string { return UserURL(user) + "?confirm=delete" }

// UserProfileURL takes the names of an account by PUT.
func UserProfileURL(user string) string { return UserURL(user) + "/profile" }

// UserPasswordURL takes a password by PUT.
func UserPasswordURL(user string) string { return UserURL(user) + "/password" }

// UserLinkURL makes a link that sets the password by POST, and revokes it by DELETE.
func UserLinkURL(user string) string { return UserURL(user) + "/password-link" }

// UserStatusURL suspends or activates an account by PUT.
func UserStatusURL(user string, suspend bool) string {
	if suspend {
		return UserURL(user) + "/status/suspend"
	}
	return UserURL(user) + "/status/activate"
}

// UserRolesURL is the form with the site roles of an account; PUT saves.
func UserRolesURL(user string) string { return UserURL(user) + "/roles" }

// TokensURL is the list of the API tokens of an account; POST makes one.
func TokensURL(user string) string { return UserURL(user) + "/keys/tokens" }

// TokenRevokeURL is the same list, asking whether to revoke one.
func TokenRevokeURL(user, id string) string {
	return TokensURL(user) + "?" + url.Values{"revoke": {id}}.Encode()
}

// TokenURL is one API token; DELETE revokes it.
func TokenURL(user, id string) string { return UserURL(user) + "/keys/" + url.PathEscape(id) }

// SessionURL is one of the caller's own sessions; DELETE ends it.
func SessionURL(id string) string { return SessionsURL + "/" + url.PathEscape(id) }

// PasswordURL is the page that sets a password by a link.
func PasswordURL(secret string) string { return "/password/" + url.PathEscape(secret) }

// SignedOutURL is the page to sign in after a password was set.
const SignedOutURL = LoginURL + "?password=set"

// OrganizationsURL is the list of organizations with f applied.
func OrganizationsURL(f org.OrganizationFilter) string {
	q := url.Values{}
	if f.Query != "" {
		q.Set("q", f.Query)
	}
	ui.SetPage(q, f.Limit, f.Offset)
	return ui.URL(OrganizationsPath, q)
}

// OrganizationDeleteURL is the settings of an organization, asking whether to delete it.
func OrganizationDeleteURL(organization string) string {
	return OrganizationURL(organization) + "?confirm=delete"
}

// SearchURL searches everything, and members and roles of the organization, unless that is "".
func SearchURL(query, organization string) string {
	q := url.Values{}
	if query != "" {
		q.Set("q", query)
	}
	if organization != "" {
		q.Set("organization", organization)
	}
	return ui.URL(SearchPath, q)
}

// auditURL is the audit trail, of one organization unless that is "".
func auditURL(organization string) string {
	q := url.Values{}
	if organization != "" {
		q.Set("organization", organization)
	}
	return ui.URL("/audit", q)
}

// Users is the list of accounts with its search and filters.
type Users struct {
	List      org.UserList
	Filter    org.UserFilter
	Roles     []org.Role // for the filter; empty: the caller may not see site roles
	CanAssign bool       // the caller may give or take site roles
	Self      string     // username of the caller
	Now       time.Time
}

// UserRowView is one row of the list of accounts: what UserRow needs besides the account.
type UserRowView struct {
	User      org.User
	Query     string // what was searched for, to mark it
	Back      string // the list to go back to from the pages of the account; "" is all accounts
	LinkRoles bool   // the caller may open site roles
	CanAssign bool   // as in Users
	Aside     bool   // the row goes to its place out of band
	Self      bool
	Now       time.Time
}

// NewUser is the form for a new account. Fields are as the person filled them in.
type NewUser struct {
	Organizations         []org.Organization
	Chosen                []string // ids of the ticked ones
	Email, Username, Name string
	Access                string // AccessInvite, AccessPassword or AccessService
	Err                   *org.Error
}

// How somebody gets into a new account.
const (
	AccessInvite   = "invite"
	AccessPassword = "password"
	AccessService  = "service"
)

// linkNote is what to know about a link that sets a password. A path alone is not a link yet.
func linkNote(link string) string {
	note := "Pass it on now: it is shown this once. It works once, and for 3 days. A new link makes this one stop working."
	if strings.HasPrefix(link, "/") {
		return "Set --access-url to get a complete link. " + note
	}
	return note
}

// UserPage is the page of one account.
type UserPage struct {
	org.UserView
	Confirm   bool   // ask whether the account shall really be deleted (UserDeleteURL)
	LinkRoles bool   // the caller may open site roles
	Back      string // as in UserRowView
	NewLink   string // the address that sets the password, shown once
	Err       *org.Error
	Failed    string // the form that was refused: "profile", "password" or ""
	Username  string // as entered in a refused form
	Name      string
	Now       time.Time
}

// UserAssignmentForm is the form with the site roles of an account.
type UserAssignmentForm struct {
	org.UserAssignment
	Checked map[string]bool // ticked by the person, by role name; nil: as held
	Back    string          // as in UserRowView
	Err     *org.Error
	Catalog *rbac.Catalog // for the counts; nil: the default one
}

// Account is the page of one's own account.
type Account struct {
	org.UserView
	Sessions  []org.Session
	Shortcuts bool // single-key shortcuts are on
	Confirm   bool // ask whether to sign out everywhere
	Err       *org.Error
	Failed    string // as in UserPage
	Username  string
	Name      string
	Now       time.Time
}

// Tokens is the list of the API tokens of an account.
type Tokens struct {
	org.UserView
	Tokens []org.Token
	Secret string // of the token that was just made, shown once
	Revoke string // id of the token to ask about
	Name   string // as entered in a refused form
	Days   int
	Err    *org.Error
	Now    time.Time
}

// TokenDays are the choices for how long a token lives; the first is what is chosen for one who chooses nothing.
var TokenDays = []int{30, 7, 60, 90, 365}

// Organizations is the list of organizations.
type Organizations struct {
	List   org.OrganizationList
	Filter org.OrganizationFilter
	Now    time.Time
}

// OrganizationForm is the form for a new organization, or the settings of one.
type OrganizationForm struct {
	org.OrganizationView                       // zero for a new one
	Input                org.OrganizationInput // as entered
	Confirm              bool
	Err                  *org.Error
}

// Search is what a search over names found.
type Search struct {
	Query string
	Nav   org.Navigation // its pages are searched, too
	Hits  org.Hits
}

// SetPassword is the page that sets a password by a link.
type SetPassword struct {
	org.PasswordLink
	Err *org.Error
}

func (u Users) line(user org.User) UserRowView {
	return UserRowView{
		User: user, Query: ui.FirstOf(u.Filter.Text, u.Filter.Query), Back: u.paging().Left(UsersPath), LinkRoles: len(u.Roles) > 0, CanAssign: u.CanAssign,
		Self: user.Username == u.Self, Now: u.Now,
	}
}

func (l UserRowView) url() string { return WithBack(UserURL(l.User.Username), l.Back) }

// first is the first page of the list, changed.
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
	return slices.DeleteFunc(all, func(f ui.Filter) bool { return len(f.Options) == 0 })
}

// kept are the fields of the URL that the search does not show.
func (u Users) kept() []ui.Hidden {
	return ui.HiddenOf(u.paging().At(0), "q", "role", "status", "login_type")
}

// clearURL is the list without search and filters, "" if there are none.
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
		Shown: len(u.List.Users), Count: u.List.Count, Capped: u.List.CountCapped,
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

func (o Organizations) paging() ui.Paging {
	return ui.Paging{
		List: OrganizationsURL(org.OrganizationFilter{Query: o.Filter.Query}), Limit: o.Filter.Limit, Offset: o.Filter.Offset,
		Shown: len(o.List.Organizations), Count: o.List.Count,
	}
}

func userID(u org.User) string { return "u-" + u.ID.String() }

// goes is what is deleted with an account, a line each.
func (p UserPage) goes() []string {
	var out []string
	if n := len(p.User.OrganizationIDs); n > 0 {
		out = append(out, ui.Plural(n, "membership")+", with the roles held there")
	}
	if n := len(p.User.Roles); n > 0 {
		out = append(out, ui.Plural(n, "site role")+": "+ui.Join(refNames(p.User.Roles)))
	}
	if p.Tokens > 0 {
		out = append(out, ui.Plural(p.Tokens, "API token")+": programs that use them are refused at once")
	}
	return append(out, "Every session: they are signed out at once")
}

// assignment is this form as that of a member: the boxes are the same.
func (f UserAssignmentForm) assignment() AssignmentForm {
	return AssignmentForm{
		Assignment: org.Assignment{
			Member: org.Member{
				UserID: f.User.ID, Username: f.User.Username, Name: f.User.Name, RolesRefusal: f.Refusal,
			},
			Choices: f.Choices,
		},
		Version: f.User.Tag(), Checked: f.Checked, Back: f.Back, Err: f.Err, Catalog: f.Catalog,
	}
}

// device says in a few words what a session was started with.
func device(userAgent string) string {
	find := func(words ...string) string {
		for i := 0; i < len(words); i += 2 {
			if strings.Contains(userAgent, words[i]) {
				return words[i+1]
			}
		}
		return ""
	}
	browser := find("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome", "Safari/", "Safari")
	system := find("Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS X", "macOS", "Linux", "Linux")
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser+system != "":
		return browser + system
	default:
		return ui.FirstOf(userAgent, "Unknown browser")
	}
}

// sessionOf is who a session belongs to.
func sessionOf(s org.Session) string {
	if s.Program {
		return "A program, over the API"
	}
	return device(s.UserAgent)
}

// tokenMaker is who made a token of an account for it, "" if it was the account itself.
func tokenMaker(t org.Token) string {
	if t.MadeBy != uuid.Nil && t.Maker == "" {
		return "someone whose account is gone"
	}
	return t.Maker
}

// dayChoices are the lifetimes to choose from, in order, each with whether it is chosen.
func (t Tokens) dayChoices() []int { return slices.Sorted(slices.Values(TokenDays)) }

func (t Tokens) days() int {
	if t.Days > 0 {
		return t.Days
	}
	return TokenDays[0]
}

func (t Tokens) revoking() *org.Token {
	for i := range t.Tokens {
		if t.Tokens[i].ID == t.Revoke {
			return &t.Tokens[i]
		}
	}
	return nil
}

// who is the user of this page as the caller calls it, in URLs.
func who(v org.UserView) string {
	if v.Self {
		return "me"
	}
	return v.User.Username
}

func lifeLabel(days int) string {
	if days == 365 {
		return "1 year"
	}
	return strconv.Itoa(days) + " days"
}
