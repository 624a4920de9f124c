package views

import (
	"net/url"
	"strconv"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// PageSize is the number of rows of a list whose URL does not say how many.
const PageSize = ui.PageSize

// The pages that belong to no organization.
const (
	HomeURL         = "/"
	LoginURL        = "/login"
	LoginCodeURL    = "/login/code"    // takes a code when the password was right
	LoginPasskeyURL = "/login/passkey" // takes a passkey
	LogoutURL       = "/logout"
	SetupURL        = "/setup"
	ThemeURL        = "/theme"
)

// The pages of the site and of the account that is signed in.
const (
	UsersPath          = "/users"
	UsersSelectionPath = "/users/selection" // POST changes many accounts
	NewUserURL         = "/users/new"
	AccountURL         = "/users/me"
	SessionsURL        = "/users/me/sessions"
	SecurityURL        = "/users/me/security" // how the caller signs in: passkeys and second factors
	FactorsURL         = "/users/me/mfa"
	FactorAppURL       = FactorsURL + "/app"            // begins to set up an authenticator app
	FactorConfirmURL   = FactorsURL + "/app/confirm"    // takes its first code
	FactorRemoveURL    = FactorsURL + "/app/remove"     // ends it
	FactorCodesURL     = FactorsURL + "/recovery-codes" // makes new ones
	PasskeysURL        = AccountURL + "/passkeys"
	CLIAuthURL         = "/cli-auth"                     // Coder's CLI opens it in a browser
	EndSessionsURL     = AccountURL + "?confirm=signout" // asks for confirmation before SessionsURL ends them all
	PreferencesURL     = "/users/me/preferences"
	OrganizationsPath  = "/organizations"
	NewOrganizationURL = "/organizations/new"
	SearchPath         = "/search"
	AuditPath          = "/audit"
	CatalogURL         = "/catalog" // PUT applies another one
	CatalogVersionsURL = "/catalog/versions"
	CatalogChangeURL   = "/catalog/change"
	CatalogComparePath = "/catalog/compare"
	CatalogRollbackURL = "/catalog/rollback"
)

// OrganizationURL returns the prefix of all URLs of an organization, which is given by its name.
func OrganizationURL(organization string) string {
	return OrganizationsPath + "/" + url.PathEscape(organization)
}

// OverviewURL returns the page of what is going on in an organization.
func OverviewURL(organization string) string { return OrganizationURL(organization) + "/overview" }

// ChecklistURL returns the address of its list of first steps; PUT hides it, or shows it again.
func ChecklistURL(organization string) string { return OverviewURL(organization) + "/checklist" }

// MembersURL returns the list of members with f applied. Defaults are left out of the query.
func MembersURL(organization string, f org.MemberFilter) string {
	return ui.URL(OrganizationURL(organization)+"/members", memberQuery(f))
}

// MembersCSVURL returns the same list as a file: all rows, whatever the page shows.
func MembersCSVURL(organization string, f org.MemberFilter) string {
	f.Limit, f.Offset = 0, 0
	q := memberQuery(f)
	q.Set("format", "csv")
	return ui.URL(OrganizationURL(organization)+"/members", q)
}

func memberQuery(f org.MemberFilter) url.Values {
	q := url.Values{}
	if f.Query != "" {
		q.Set("q", f.Query)
	}
	for _, r := range f.Roles {
		q.Add("role", r)
	}
	for _, r := range f.SiteRoles {
		q.Add("site_role", r)
	}
	for _, s := range f.Statuses {
		q.Add("status", string(s))
	}
	setRecords(q, f.Records)
	ui.SetSort(q, f.Sort, org.MemberSorts[0])
	ui.SetPage(q, f.Limit, f.Offset)
	return q
}

func setRecords(q url.Values, f org.RecordFilter) {
	for _, s := range f.Sources {
		q.Add("source", s)
	}
	if f.Ending > 0 {
		q.Set("ending", org.FormatEnding(f.Ending))
	}
}

// NewMemberURL returns the page that adds members, with the users found by query.
func NewMemberURL(organization, query string) string {
	q := url.Values{}
	if query != "" {
		q.Set("q", query)
	}
	return ui.URL(OrganizationURL(organization)+"/members/new", q)
}

// MemberURL returns the page of a member, given by username; POST adds, DELETE removes.
func MemberURL(organization, user string) string {
	return OrganizationURL(organization) + "/members/" + url.PathEscape(user)
}

// MemberRemoveURL returns the page that asks whether to remove a member (MemberView.Confirm).
func MemberRemoveURL(organization, user string) string {
	return MemberURL(organization, user) + "?confirm=remove"
}

// MemberRolesURL returns the form with the roles of a member; PUT saves.
func MemberRolesURL(organization, user string) string {
	return MemberURL(organization, user) + "/roles"
}

// RecordURL returns the address of one role of a member, or of an account if organization is "": until when, and why.
// PUT saves, DELETE ends it.
func RecordURL(organization, user, role string) string {
	if organization == "" {
		return UserRolesURL(user) + "/" + url.PathEscape(role)
	}
	return MemberRolesURL(organization, user) + "/" + url.PathEscape(role)
}

// EditRecordURL returns the form that does both.
func EditRecordURL(organization, user, role string) string {
	return RecordURL(organization, user, role) + "/edit"
}

// RolesURL returns the list of roles; PUT saves one. The name "" means the site.
func RolesURL(organization string) string {
	if organization == "" {
		return "/users/roles"
	}
	return OrganizationURL(organization) + "/members/roles"
}

// NewRoleURL returns the form for a new role, filled in from another role unless from is "".
func NewRoleURL(organization, from string) string {
	q := url.Values{}
	if from != "" {
		q.Set("from", from)
	}
	return ui.URL(RolesURL(organization)+"/new", q)
}

// RoleURL returns the editor of a role; DELETE deletes it.
func RoleURL(organization, role string) string {
	return RolesURL(organization) + "/" + url.PathEscape(role)
}

// RoleDeleteURL returns the page that asks whether to delete a role (RoleDelete).
func RoleDeleteURL(organization, role string) string {
	return RoleURL(organization, role) + "?confirm=delete"
}

// RoleMembersURL returns the list of the holders of a role.
func RoleMembersURL(organization, role string) string {
	if organization == "" {
		return UsersURL(org.UserFilter{Roles: []string{role}})
	}
	return RoleURL(organization, role) + "/members"
}

// ReplaceRoleURL leads to where on that list the holders are given another role instead.
func ReplaceRoleURL(organization, role string) string {
	return RoleMembersURL(organization, role) + "#replace"
}

// UndoURL undoes the change of an audit entry.
func UndoURL(entry string) string { return AuditPath + "/" + url.PathEscape(entry) + "/undo" }

// WithBack lets the page at a URL lead back to a list as it was left, unless that is "".
func WithBack(u, list string) string {
	if list == "" {
		return u
	}
	path, q := ui.SplitURL(u)
	q.Set("back", list)
	return ui.URL(path, q)
}

// UsersURL returns the list of accounts with f applied.
func UsersURL(f org.UserFilter) string { return ui.URL(UsersPath, userQuery(f)) }

// UsersSelectionURL changes accounts of that list, or shows another page of it and keeps the selection.
func UsersSelectionURL(f org.UserFilter) string { return ui.URL(UsersSelectionPath, userQuery(f)) }

func userQuery(f org.UserFilter) url.Values {
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
	setRecords(q, f.Records)
	ui.SetSort(q, f.Sort, org.UserSorts[0])
	ui.SetPage(q, f.Limit, f.Offset)
	return q
}

// OrganizationsURL returns the list of organizations with f applied.
func OrganizationsURL(f org.OrganizationFilter) string {
	q := url.Values{}
	if f.Query != "" {
		q.Set("q", f.Query)
	}
	ui.SetPage(q, f.Limit, f.Offset)
	return ui.URL(OrganizationsPath, q)
}

// OrganizationDeleteURL returns the settings of an organization, asking whether to delete it.
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

// AuditURL returns the audit log with a query, of one organization unless that is "".
func AuditURL(query, organization string) string {
	q := url.Values{}
	if query != "" {
		q.Set("q", query)
	}
	if organization != "" {
		q.Set("organization", organization)
	}
	return ui.URL(AuditPath, q)
}

// TokenAuditURL returns the log of what was done with a token.
func TokenAuditURL(id, organization string) string { return AuditURL("token_id:"+id, organization) }

// ExplainURL returns the page of a member with a question.
func ExplainURL(organization, user string, q org.Question) string {
	return MemberURL(organization, user) + "?" + questionQuery(q).Encode()
}

// WhoCanURL returns the page that lists who may do something.
func WhoCanURL(organization string, q org.Question) string {
	path := OrganizationURL(organization) + "/who-can"
	if q.Action == "" {
		return path
	}
	return path + "?" + questionQuery(q).Encode()
}

func questionQuery(q org.Question) url.Values {
	v := url.Values{"action": {q.Action}, "resource_type": {q.ResourceType}}
	if q.Own {
		v.Set("owner", "me")
	}
	return v
}

// outsideURL returns the answer with a page of the accounts outside the organization.
func (w WhoCan) outsideURL() string { return WhoCanURL(w.Organization.Name, w.Question) + "&outside=1" }

// tokensURL returns the answer with a page of the API tokens that can do it too.
func (w WhoCan) tokensURL() string { return WhoCanURL(w.Organization.Name, w.Question) + "&tokens=1" }

// suspendedURL returns the answer with a page of the members who could do it if they were not suspended.
func (w WhoCan) suspendedURL() string {
	return WhoCanURL(w.Organization.Name, w.Question) + "&suspended=1"
}

// LintURL returns the page with the findings of an organization.
func LintURL(organization string) string { return OrganizationURL(organization) + "/lint" }

// DismissalsURL returns where findings are dismissed.
func DismissalsURL(organization string) string { return LintURL(organization) + "/dismissals" }

// DismissalURL returns the address of a dismissal of findings.
func DismissalURL(organization string, id uuid.UUID) string {
	return DismissalsURL(organization) + "/" + id.String()
}

// FindingURL returns the page where a finding can be fixed.
func FindingURL(organization string, f org.LintFinding) string {
	switch {
	case f.Member != nil:
		return MemberRolesURL(organization, f.Member.Username)
	case f.Rule == org.LintUnused:
		return RoleDeleteURL(organization, f.Role.Name)
	case f.Rule == org.LintDuplicate:
		return RoleCompareURL(organization, org.RoleVersionRef{Name: f.Role.Name}, org.RoleVersionRef{Name: f.Other})
	}
	return RoleURL(organization, f.Role.Name)
}

// CatalogVersionURL returns the page of one version of the catalog.
func CatalogVersionURL(version int64) string {
	return CatalogVersionsURL + "/" + strconv.FormatInt(version, 10)
}

// CatalogSourceURL returns the file of a version of the catalog, as it was sent; 0 is the version in force.
func CatalogSourceURL(version int64) string {
	if version == 0 {
		return CatalogURL + "?format=yaml"
	}
	return CatalogVersionURL(version) + "?format=yaml"
}

// CatalogCompareURL returns the page that compares two versions of the catalog.
func CatalogCompareURL(from, to int64) string {
	q := url.Values{"from": {strconv.FormatInt(from, 10)}, "to": {strconv.FormatInt(to, 10)}}
	return ui.URL(CatalogComparePath, q)
}
