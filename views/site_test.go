package views

import (
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

func newUser(name string) org.User {
	return org.User{
		ID: uuid.NewSHA1(uuid.Nil, []byte(name)), Username: name, Name: name, Email: name + "@example.com", Status: org.StatusActive,
		LoginType: org.LoginPassword, CreatedAt: now.Add(-1000 * time.Hour), UpdatedAt: now.Add(-2 * time.Hour), LastSeenAt: now.Add(-time.Hour),
		OrganizationIDs: []uuid.UUID{acme.ID},
	}
}

func fullUsers() Users {
	users := []org.User{newUser("ada"), newUser(hostile), newUser(rtl), newUser(long)}
	users[1].Roles, users[1].Status = refs(hostile, "owner", "auditor"), org.StatusSuspended
	users[2].LoginType = org.LoginNone
	users[3].Status, users[3].LastSeenAt = org.StatusDormant, time.Time{}
	return Users{
		List:   org.UserList{Users: users, Count: 10_000, CountIsMinimum: true, CanCreate: true},
		Filter: org.UserFilter{Text: "a", Roles: []string{"owner", hostile}, Statuses: []org.Status{org.StatusActive}, LoginTypes: []string{"none"}, Limit: 25, Offset: 25},
		Roles:  []org.Role{newRole("owner")}, CanAssign: true, Self: "ada", Now: now,
	}
}

// userView is an account with every detail, for a caller with every right.
func userView(name string) org.UserView {
	u := newUser(name)
	u.Roles = refs("owner", hostile)
	return org.UserView{
		User: u, Tokens: 3, ReadTokens: true, More: true,
		Memberships: []org.Membership{{Organization: acme, Roles: refs("a", hostile)}, {Organization: org.Organization{Name: long}}},
		Link:        &org.PasswordLink{CreatedAt: now.Add(-time.Hour), ExpiresAt: now.Add(50 * time.Hour)},
	}
}

func refusedView(name string) org.UserView {
	v := userView(name)
	v.ProfileRefusal, v.PasswordRefusal, v.RolesRefusal = "no profile", "no password", "no roles"
	v.StatusRefusal, v.DeleteRefusal, v.TokensRefusal = "no status", "no deletion", "no tokens"
	v.LinkRefusal, v.RevokeRefusal = "no link", "no revoking"
	return v
}

func ownView() org.UserView {
	v := userView("ada")
	v.Self = true
	return v
}

func fullUserAssignment() UserAssignmentForm {
	return UserAssignmentForm{Catalog: rbac.Default(), UserRoleForm: org.UserRoleForm{User: newUser(rtl), Choices: fullAssignment().Choices}}
}

func fullTokens() []org.Token {
	return []org.Token{
		{ID: "0123456789", Name: hostile, CreatedAt: now.Add(-time.Hour), ExpiresAt: now.Add(40 * time.Hour), LastUsed: now, MadeBy: uuid.UUID{1}, Maker: hostile},
		{ID: "abcdefghij", Name: long, CreatedAt: now.Add(-time.Hour), ExpiresAt: now.Add(-time.Hour), MadeBy: uuid.UUID{1}},
	}
}

func fullOrganization() OrganizationForm {
	text := hostile
	return OrganizationForm{
		OrganizationView: org.OrganizationView{Organization: acme, CanUpdate: true, CanDelete: true, Roles: 2},
		Input:            org.OrganizationInput{Name: "acme", DisplayName: hostile, Description: &text, Icon: &text},
	}
}

func found() Search {
	return Search{
		Query: "a", Nav: *navigation(),
		Hits: org.SearchResult{
			Organizations: []org.Organization{acme}, Members: []org.Member{newMember(hostile)}, Roles: []org.Role{newRole("auditor")},
			Users: []org.User{newUser(rtl)}, SiteRoles: []org.Role{newRole("owner")},
		},
	}
}

// sitePages are the page bodies of the site and of the caller's own account.
func sitePages() map[string]templ.Component {
	only := Users{List: org.UserList{Users: []org.User{newUser("ada")}, Count: 1, OnlySelf: true}, Filter: org.UserFilter{Limit: 25}, Self: "ada", Now: now}
	empty := fullUsers()
	empty.List = org.UserList{}
	past := Users{Filter: org.UserFilter{Limit: 25, Offset: 50}}
	bare := org.UserView{User: org.User{Username: "bot", LoginType: org.LoginNone, Status: org.StatusDormant}}
	suspended := userView("sue")
	suspended.User.Status, suspended.Link = org.StatusSuspended, nil
	return map[string]templ.Component{
		"users":                 UsersPage(fullUsers()),
		"users, only self":      UsersPage(only),
		"users, no match":       UsersPage(empty),
		"users, past the end":   UsersPage(past),
		"users, zero":           UsersPage(Users{}),
		"new user":              NewUserPage(NewUser{Organizations: []org.Organization{acme}}),
		"new user, refused":     NewUserPage(NewUser{Organizations: []org.Organization{acme, {Name: hostile}}, Email: hostile, Username: hostile, Name: rtl, Access: AccessPassword, Err: refusal}),
		"new user, nowhere":     NewUserPage(NewUser{}),
		"user":                  UserPageBody(UserPage{UserView: userView(hostile), LinkRoles: true, NewLink: "http://x/password/" + hostile, Now: now}),
		"user, confirm":         UserPageBody(UserPage{UserView: userView(rtl), Confirm: true, Now: now}),
		"user, refused":         UserPageBody(UserPage{UserView: refusedView(long), Confirm: true, Err: refusal, Now: now}),
		"user, bad profile":     UserPageBody(UserPage{UserView: userView("ada"), Failed: "profile", Err: refusal, Username: hostile, Now: now}),
		"user, bad password":    UserPageBody(UserPage{UserView: userView("ada"), Failed: "password", Err: refusal, Now: now}),
		"user, suspended":       UserPageBody(UserPage{UserView: suspended, Now: now}),
		"user, self":            UserPageBody(UserPage{UserView: ownView(), Now: now}),
		"user, bare":            UserPageBody(UserPage{UserView: bare, Now: now}),
		"site roles of":         UserAssignmentPage(fullUserAssignment()),
		"site roles, refused":   UserAssignmentPage(UserAssignmentForm{Catalog: rbac.Default(), UserRoleForm: org.UserRoleForm{User: newUser(hostile), Refusal: hostile}, Checked: map[string]bool{}, Err: refusal}),
		"set password":          SetPasswordPage(SetPassword{PasswordLink: org.PasswordLink{User: newUser(hostile), Secret: hostile}}),
		"set password, refused": SetPasswordPage(SetPassword{PasswordLink: org.PasswordLink{User: newUser("ada"), Secret: "x", MustSet: true}, Err: refusal}),
		"login after a link":    LoginPage(Login{PasswordSet: true}),
		"offboard":              OffboardPage(leaving()),
		"account":               AccountPage(Account{UserView: ownView(), Sessions: []org.Session{{UserAgent: hostile, IP: hostile, Current: true, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}, {}}, Confirm: true, Now: now}),
		"account, refused":      AccountPage(Account{UserView: ownView(), Failed: "profile", Err: refusal, Username: hostile, Name: hostile, Now: now}),
		"account, bad password": AccountPage(Account{UserView: ownView(), Failed: "password", Err: refusal, Now: now}),
		"account, of a program": AccountPage(Account{UserView: bare, Err: refusal, Now: now}),
		"tokens":                TokensPage(Tokens{Catalog: rbac.Default(), UserView: ownView(), Tokens: fullTokens(), Secret: "secret", Revoke: "0123456789", Longest: 365 * org.Day, Now: now}),
		"tokens, refused":       TokensPage(Tokens{Catalog: rbac.Default(), UserView: userView(hostile), Name: hostile, Days: 7, Err: refusal, Longest: 365 * org.Day, Now: now}),
		"tokens, not yours":     TokensPage(Tokens{Catalog: rbac.Default(), UserView: refusedView(hostile), Tokens: fullTokens(), Now: now}),
		"organizations": OrganizationsPage(Organizations{
			List:   org.OrganizationList{Organizations: []org.Organization{acme, {Name: long, DisplayName: hostile, Description: hostile, IsDefault: true}}, Count: 60, CanCreate: true},
			Filter: org.OrganizationFilter{Query: "a", Limit: 25, Offset: 25}, Now: now,
		}),
		"organizations, none":        OrganizationsPage(Organizations{}),
		"organizations, no match":    OrganizationsPage(Organizations{Filter: org.OrganizationFilter{Query: hostile, Limit: 25}}),
		"organizations, past":        OrganizationsPage(Organizations{List: org.OrganizationList{Count: 3}, Filter: org.OrganizationFilter{Limit: 25, Offset: 50}}),
		"new organization":           NewOrganizationPage(OrganizationForm{}),
		"new organization, refused":  NewOrganizationPage(OrganizationForm{Input: fullOrganization().Input, Err: refusal}),
		"settings":                   OrganizationPage(fullOrganization()),
		"settings, confirm":          OrganizationPage(OrganizationForm{OrganizationView: fullOrganization().OrganizationView, Confirm: true, Err: refusal}),
		"settings, refused deletion": OrganizationPage(OrganizationForm{OrganizationView: org.OrganizationView{Organization: acme, CanDelete: true, DeleteRefusal: hostile}, Confirm: true}),
		"settings, read only":        OrganizationPage(OrganizationForm{OrganizationView: org.OrganizationView{Organization: org.Organization{Name: long, Description: hostile}}}),
		"search":                     SearchPage(found()),
		"search, nothing":            SearchPage(Search{Query: hostile, Nav: org.Navigation{}}),
	}
}

func siteFragments() map[string]templ.Component {
	return map[string]templ.Component{
		"users":                  UsersResults(fullUsers()),
		"site roles of":          UserAssignmentPopover(fullUserAssignment()),
		"site roles of, refused": UserAssignmentPopover(UserAssignmentForm{Catalog: rbac.Default(), UserRoleForm: fullUserAssignment().UserRoleForm, Err: refusal}),
		"organizations":          OrganizationsResults(Organizations{List: org.OrganizationList{Organizations: []org.Organization{acme}, Count: 1}, Filter: org.OrganizationFilter{Limit: 25}}),
		"search":                 SearchResults(found()),
	}
}

func TestUserPageTellsRefusals(t *testing.T) {
	t.Parallel()
	doc := render(t, UserPageBody(UserPage{UserView: refusedView("ada"), Confirm: true, Now: now}))
	for _, why := range []string{"no profile", "no password", "no roles", "no status", "no deletion"} {
		if !strings.Contains(doc.Text(), why) {
			t.Errorf("the page does not say %q", why)
		}
	}
	if n := doc.Find("form button").Length(); n != 0 {
		t.Errorf("%d buttons for what may not be done", n)
	}
	// What takes power away takes less than what gives it.
	v := refusedView("ada")
	v.LinkRefusal = ""
	doc = render(t, UserPageBody(UserPage{UserView: v, Now: now}))
	if got := doc.Find("#sign-in form button").Text(); got != "Revoke link" {
		t.Errorf("the buttons of the sign-in are %q", got)
	}
	doc = render(t, UserPageBody(UserPage{UserView: userView("ada"), Confirm: true, Now: now}))
	want := []string{"1 membership, with the roles held there", "2 site roles: owner and " + hostile, "3 API tokens: programs that use them stop working immediately", "Every session: they are signed out at once"}
	if diff := cmp.Diff(want, doc.Find(".confirm li").Map(func(_ int, li *goquery.Selection) string { return li.Text() })); diff != "" {
		t.Errorf("what goes with the account (-want +got)\n%s", diff)
	}
	if got := doc.Find(".confirm form input[name=_method]").AttrOr("value", ""); got != "DELETE" {
		t.Errorf("the confirmation sends %q", got)
	}
}

func TestUserRowOfOneself(t *testing.T) {
	t.Parallel()
	doc := render(t, UsersPage(fullUsers()))
	own, other := doc.Find("tr#"+userID(newUser("ada"))), doc.Find("tr#"+userID(newUser(long)))
	if own.Find("[data-pop]").Length() != 0 || strings.Contains(own.Text(), "Delete user") || !strings.Contains(own.Text(), "You") {
		t.Errorf("one's own row offers what is refused: %s", own.Text())
	}
	if other.Find("[data-pop]").Length() != 1 || !strings.Contains(other.Text(), "Dormant") || !strings.Contains(other.Text(), "never") {
		t.Errorf("another row: %s", other.Text())
	}
}

func TestUsersKeepTheURL(t *testing.T) {
	t.Parallel()
	u := fullUsers()
	if got, want := UsersURL(u.Filter), "/users?login_type=none&offset=25&q=a&role=owner&role=%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E&status=active"; got != want {
		t.Errorf("URL\n%s, want\n%s", got, want)
	}
	doc := render(t, UsersPage(u))
	for selector, want := range map[string]string{
		"#page-prev": "/users?login_type=none&q=a&role=owner&role=%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E&status=active",
		"#page-next": "/users?login_type=none&offset=50&q=a&role=owner&role=%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E&status=active",
	} {
		if got := doc.Find(selector).AttrOr("href", ""); got != want {
			t.Errorf("%s leads to\n%s, want\n%s", selector, got, want)
		}
	}
	if got := doc.Find(".foot form.num input[name=role]").Length(); got != 2 {
		t.Errorf("the pager keeps %d roles, want 2", got)
	}
}

// TestUsersOrder: the order is kept by everything else in the URL, and the other way round.
func TestUsersOrder(t *testing.T) {
	t.Parallel()
	u := fullUsers()
	u.Filter = org.UserFilter{Text: "a", Sort: "-last_seen_at", Offset: 25, Limit: 25}
	doc := render(t, UsersPage(u))
	for selector, want := range map[string]string{
		"#sort-last_seen_at":              "/users?q=a&sort=last_seen_at",
		"#sort-username":                  "/users?q=a",
		"#sort-menu a:contains('Email')":  "/users?q=a&sort=email",
		"#sort-menu a[aria-current=true]": "/users?q=a&sort=last_seen_at",
		"#page-next":                      "/users?offset=50&q=a&sort=-last_seen_at",
		"#active a.quiet":                 "/users?sort=-last_seen_at",
	} {
		if got := doc.Find(selector).AttrOr("href", ""); got != want {
			t.Errorf("%s leads to %s, want %s", selector, got, want)
		}
	}
	if got := doc.Find("th[aria-sort=descending]").Text(); !strings.Contains(got, "Last seen") {
		t.Errorf("sorted by %q", got)
	}
	if u.List.OnlySelf = true; render(t, UsersResults(u)).Find("th a, #sort-menu").Length() != 0 {
		t.Error("who sees only itself can sort")
	}
}

func TestNewUserIsFilledAgain(t *testing.T) {
	t.Parallel()
	doc := render(t, NewUserPage(NewUser{
		Organizations: []org.Organization{acme, {ID: uuid.New(), Name: "beta"}}, Chosen: []string{acme.ID.String()},
		Username: "ada", Access: AccessService, Err: refusal,
	}))
	if got := doc.Find("input[name=access]:checked, input[name=access][checked]").AttrOr("value", ""); got != AccessService {
		t.Errorf("access is %q", got)
	}
	if got := doc.Find("input[name=organization_ids][checked]").Map(func(_ int, i *goquery.Selection) string { return i.AttrOr("value", "") }); !cmp.Equal(got, []string{acme.ID.String()}) {
		t.Errorf("ticked: %v", got)
	}
	if doc.Find("#email[aria-invalid=true]").Length() != 1 {
		t.Error("the wrong field is not marked")
	}
}

func TestTokensPage(t *testing.T) {
	t.Parallel()
	doc := render(t, TokensPage(Tokens{Catalog: rbac.Default(), UserView: ownView(), Tokens: fullTokens(), Secret: "id-secret", Longest: 365 * org.Day, Now: now}))
	if got := doc.Find("#secret").AttrOr("value", ""); got != "id-secret" || doc.Find("[data-copy='#secret']").Length() != 1 {
		t.Errorf("the secret is shown as %q", got)
	}
	if got := doc.Find("form.token-new").AttrOr("action", ""); got != "/users/me/keys/tokens" {
		t.Errorf("one's own tokens are made at %q", got)
	}
	if got := doc.Find("#days option[selected]").AttrOr("value", ""); got != "30" {
		t.Errorf("%q days are chosen", got)
	}
	if text := doc.Find("tbody").Text(); !strings.Contains(text, "Expired") || !strings.Contains(text, "in 40 h") || !strings.Contains(text, "never") {
		t.Errorf("the table says %s", text)
	}
	for longest, want := range map[time.Duration]string{365 * org.Day: "7 30 60 90 365", 60 * org.Day: "7 30 60", time.Hour: ""} {
		doc := render(t, TokensPage(Tokens{Catalog: rbac.Default(), UserView: ownView(), Longest: longest, Now: now}))
		days := doc.Find("#days option").Map(func(_ int, o *goquery.Selection) string { return o.AttrOr("value", "") })
		if got := strings.Join(days, " "); got != want {
			t.Errorf("where tokens live %v at most, %q is offered, want %q", longest, got, want)
		}
	}
	doc = render(t, TokensPage(Tokens{Catalog: rbac.Default(), UserView: ownView(), Tokens: fullTokens(), Revoke: "abcdefghij", Now: now}))
	if got := doc.Find(".confirm form").AttrOr("action", ""); got != "/users/me/keys/abcdefghij" {
		t.Errorf("revoking goes to %q", got)
	}
	if render(t, TokensPage(Tokens{Catalog: rbac.Default(), UserView: ownView(), Tokens: fullTokens(), Revoke: "gone", Now: now})).Find(".confirm").Length() != 0 {
		t.Error("asks about a token that is not there")
	}
}

func TestSearchGroups(t *testing.T) {
	t.Parallel()
	labels := func(s Search) []string {
		return render(t, SearchResults(s)).Find("h2").Map(func(_ int, h *goquery.Selection) string { return h.Text() })
	}
	if diff := cmp.Diff([]string{"Pages", "Actions", "Members of Acme Robotics", "Roles", "People of this site", "Organizations"}, labels(found())); diff != "" {
		t.Errorf("kinds (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Pages", "Actions"}, labels(Search{Nav: *navigation()})); diff != "" {
		t.Errorf("without a query (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Nothing matches “zzz”"}, labels(Search{Query: "zzz", Nav: *navigation()})); diff != "" {
		t.Errorf("nothing (-want +got)\n%s", diff)
	}
}

func TestShellOfTheSite(t *testing.T) {
	t.Parallel()
	doc := render(t, Page(Frame{Title: "Users", Nav: navigation(), Active: "users", OfSite: true, NoShortcuts: true}, UsersPage(fullUsers())))
	if got := doc.Find("title").Text(); got != "Users · rolecall" {
		t.Errorf("the title is %q", got)
	}
	if got := doc.Find("html").AttrOr("data-keys", ""); got != "off" {
		t.Errorf("shortcuts are %q", got)
	}
	if got := doc.Find(".nav a[aria-current=page]").AttrOr("href", ""); got != "/users" {
		t.Errorf("the current item is %q", got)
	}
	if got := doc.Find(".nav a[href='/users'] .n").Text(); got != "10,000+" {
		t.Errorf("%q users", got)
	}
	if got := doc.Find("a.jump").AttrOr("href", ""); got != "/search?organization=acme" {
		t.Errorf("the search leads to %q", got)
	}
	keys := map[string]bool{}
	doc.Find("[data-go]").Each(func(_ int, a *goquery.Selection) {
		if k := a.AttrOr("data-go", ""); keys[k] {
			t.Errorf("two items have the key %s", k)
		} else {
			keys[k] = true
		}
	})
	for _, k := range []string{"M", "R", "A"} {
		if !keys[k] {
			t.Errorf("no item has the key %s", k)
		}
	}
}

func TestDevice(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0 Safari/537.36":                  "Chrome on Linux",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1": "Safari on macOS",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0":                                   "Firefox on Windows",
		"curl/8.5.0": "curl/8.5.0",
		"":           "Unknown browser",
	} {
		if got := Device(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}
