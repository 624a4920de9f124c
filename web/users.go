package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

func (s *Server) listUsers(c *call) (reply, error) {
	f, err := c.userFilter()
	if err != nil {
		return reply{}, err
	}
	list, err := s.org.Users(c.ctx, c.subject, f)
	if err != nil {
		return reply{}, err
	}
	return reply{
		data:     client.UserList{Users: each(list.Users, wireUser), Count: list.Count},
		page:     s.usersView(c, f, list, views.UsersPage),
		fragment: s.usersView(c, f, list, views.UsersResults),
		title:    "Users",
		active:   "users",
	}, nil
}

// userFilter reads what a list of accounts is asked for. In JSON q is the search language; so it is on a page when it
// has a colon, while words without one are looked for as they are.
func (c *call) userFilter() (org.UserFilter, error) {
	q := c.query()
	f := org.UserFilter{Query: q.text("q"), AfterID: q.id("after_id"), Sort: q.sort(org.UserSorts)}
	f.Limit, f.Offset = c.page(q)
	if c.form == formJSON {
		return f, q.problem()
	}
	if !strings.Contains(f.Query, ":") {
		f.Text, f.Query = f.Query, ""
	}
	for _, s := range q.values["status"] {
		f.Statuses = append(f.Statuses, org.Status(s))
	}
	f.Roles, f.LoginTypes = q.values["role"], q.values["login_type"]
	f.CountMax = maxCounted
	return f, q.problem()
}

func (s *Server) usersView(c *call, f org.UserFilter, list org.UserList, render func(views.Users) templ.Component) view {
	return func() (templ.Component, error) {
		u := views.Users{List: list, Filter: f, CanAssign: c.assignsSiteRoles(), Self: c.subject.User.Username, Now: time.Now()}
		// Who may not see the roles sees the list without their filter.
		roles, err := part(s.org.SiteRoles(c.ctx, c.subject))
		u.Roles = roles.Roles
		return render(u), err
	}
}

// assignsSiteRoles says whether to offer changes of site roles.
func (c *call) assignsSiteRoles() bool {
	return c.may("assign", "assign_role", uuid.Nil) || c.may("unassign", "assign_role", uuid.Nil)
}

func (s *Server) showUser(c *call) (reply, error) {
	if c.user() == "me" && c.form != formJSON {
		return s.accountPage(c, "", nil), nil
	}
	u, err := s.org.User(c.ctx, c.subject, c.user())
	if err != nil {
		return reply{}, err
	}
	r := s.userPage(c, views.UserPage{Confirm: c.query().text("confirm") == "delete"})
	r.data, r.tag, r.title = wireUser(&u), u.Tag(), displayName(u.Name, u.Username)
	return r, nil
}

// userPage is the page of an account, with what p says besides the account.
func (s *Server) userPage(c *call, p views.UserPage) reply {
	return reply{
		title:  c.user(),
		active: "users",
		crumbs: c.usersCrumb(),
		page: func() (templ.Component, error) {
			v, err := s.org.UserView(c.ctx, c.subject, c.user())
			p.UserView, p.LinkRoles, p.Back, p.Now = v, c.may("read", "assign_role", uuid.Nil), c.cameFrom(), time.Now()
			return views.UserPageBody(p), err
		},
	}
}

// usersHome is where the pages of an account lead back to: the list that one came from.
func (c *call) usersHome() string { return cmp.Or(c.cameFrom(), views.UsersPath) }

func (c *call) usersCrumb() []views.Crumb { return []views.Crumb{{Label: "Users", URL: c.usersHome()}} }

// refusedUser shows the page of an account, or of one's own, after one of its forms was refused; form "" is none of them.
func (s *Server) refusedUser(c *call, form string) func(*org.Error) reply {
	return func(e *org.Error) reply {
		if c.user() == "me" {
			return s.accountPage(c, form, e)
		}
		o, _ := c.object() // unreadable: an empty form
		return s.userPage(c, views.UserPage{Err: e, Failed: form, Username: o.text("username"), Name: o.text("name")})
	}
}

// userHome is where a form about an account leads: to the page that it stood on.
func (c *call) userHome(username string) string {
	if c.user() == "me" {
		return views.AccountURL
	}
	return views.UserURL(username)
}

func (s *Server) newUser(c *call) (reply, error) { return s.newUserPage(c, nil), nil }

func (s *Server) newUserPage(c *call, e *org.Error) reply {
	return reply{
		title:  "New user",
		active: "users",
		crumbs: c.usersCrumb(),
		page: func() (templ.Component, error) {
			n := views.NewUser{Err: e}
			if e != nil {
				o, _ := c.object() // unreadable: an empty form
				n.Email, n.Username, n.Name, n.Access = o.text("email"), o.text("username"), o.text("name"), o.text("access")
				n.Chosen = o.texts("organization_ids", maxOrganizations)
			}
			var err error
			n.Organizations, err = s.org.NewUserOrganizations(c.ctx, c.subject)
			return views.NewUserPage(n), err
		},
	}
}

func (s *Server) createUser(c *call) (reply, error) {
	input := decode(c, readNewUser)
	u, err := s.org.CreateUser(c.ctx, c.subject, input)
	if err != nil {
		return c.again(err, func(e *org.Error) reply { return s.newUserPage(c, e) })
	}
	name := displayName(u.Name, u.Username)
	if in, _ := input.Read(); in.Invite {
		return s.invite(c, &u, name+" was created.")
	}
	return reply{
		status: http.StatusCreated,
		data:   wireUser(&u),
		tag:    u.Tag(),
		next:   views.UserURL(u.Username),
		flash:  name + " was created.",
	}, nil
}

func readNewUser(o object) org.NewUser {
	in := org.NewUser{
		Email:           o.text("email"),
		Username:        o.text("username"),
		Name:            o.text("name"),
		Password:        o.text("password"),
		LoginType:       o.text("login_type"),
		Status:          org.Status(o.text("user_status")),
		OrganizationIDs: o.ids("organization_ids"),
	}
	if !o.form {
		readOldNewUser(o, &in)
		return in
	}
	// A password that was typed before another way in was chosen is not meant.
	switch access := o.text("access"); access {
	case views.AccessInvite:
		in.Invite, in.Password = true, ""
	case views.AccessService:
		in.LoginType, in.Password = org.LoginNone, ""
	case views.AccessPassword:
	default:
		o.wrong("access", "must be chosen")
	}
	return in
}

// readOldNewUser reads the fields that a client of 2024 sends for a new account.
func readOldNewUser(o object, in *org.NewUser) {
	if o.flag("disable_login") {
		in.LoginType = org.LoginNone
	}
	if id := o.text("organization_id"); id != "" && id != uuid.Nil.String() {
		in.OrganizationIDs = append(in.OrganizationIDs, o.id("organization_id", id))
	}
	o.ignore(sentBack...)
}

// invite makes the link for a new account and shows it. The account stays when there can be none.
func (s *Server) invite(c *call, u *org.User, done string) (reply, error) {
	link, err := s.org.CreatePasswordLink(c.ctx, c.subject, u.ID.String())
	if err != nil {
		s.logFailure(c, err)
		return reply{next: views.UserURL(u.Username), flash: done + " A link could not be made; make one there."}, nil
	}
	r := s.linkPage(c, &link)
	r.notice = done
	return r, nil
}

// linkPage shows the address that sets a password, once.
func (s *Server) linkPage(c *call, link *org.PasswordLink) reply {
	return reply{
		title:  displayName(link.User.Name, link.User.Username),
		active: "users",
		crumbs: c.usersCrumb(),
		secret: true,
		page: func() (templ.Component, error) {
			v, err := s.org.UserView(c.ctx, c.subject, link.User.ID.String())
			return views.UserPageBody(views.UserPage{
				UserView: v, LinkRoles: c.may("read", "assign_role", uuid.Nil), NewLink: c.absolute(views.PasswordURL(link.Secret)), Now: time.Now(),
			}), err
		},
	}
}

func (s *Server) createPasswordLink(c *call) (reply, error) {
	link, err := s.org.CreatePasswordLink(c.ctx, c.subject, c.user())
	if err != nil {
		return c.again(err, s.refusedUser(c, ""))
	}
	return s.linkPage(c, &link), nil
}

func (s *Server) deletePasswordLink(c *call) (reply, error) {
	if err := s.org.DeletePasswordLink(c.ctx, c.subject, c.user()); err != nil {
		return c.again(err, s.refusedUser(c, ""))
	}
	return reply{next: c.userHome(c.user()), flash: "The link does not work any more."}, nil
}

// ids reads a list of uuids.
func (o object) ids(name string) []uuid.UUID {
	texts := o.texts(name, maxOrganizations)
	ids := make([]uuid.UUID, len(texts))
	for i, text := range texts {
		ids[i] = o.id(fmt.Sprintf("%s[%d]", name, i), text)
	}
	return ids
}

// id is the uuid that a text of the field is.
func (o object) id(field, text string) uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil {
		o.wrong(field, "must be a uuid")
	}
	return id
}

// maxOrganizations is how many organizations a new user can be put into at once.
const maxOrganizations = 1000

func (s *Server) deleteUser(c *call) (reply, error) {
	u, err := s.org.DeleteUser(c.fromVersions(), c.subject, c.user())
	if err != nil {
		return c.again(err, func(e *org.Error) reply { return s.userPage(c, views.UserPage{Err: e, Confirm: true}) })
	}
	return reply{
		data:  client.Message{Message: "User has been deleted!"},
		next:  c.usersHome(),
		flash: displayName(u.Name, u.Username) + " was deleted.",
	}, nil
}

func (s *Server) updateProfile(c *call) (reply, error) {
	u, err := s.org.UpdateProfile(c.fromVersions(), c.subject, c.user(), decode(c, func(o object) org.Profile {
		o.ignore(sentBack...)
		return org.Profile{Username: o.text("username"), Name: o.text("name")}
	}))
	if err != nil {
		return c.again(err, s.refusedUser(c, "profile"))
	}
	return reply{data: wireUser(&u), tag: u.Tag(), next: c.userHome(u.Username), flash: "The profile was saved."}, nil
}

func (s *Server) setPassword(c *call) (reply, error) {
	r := reply{status: http.StatusNoContent, next: c.userHome(c.user()), flash: "The password was set."}
	set := func(ctx context.Context) error {
		return s.org.SetPassword(org.WithVersions(ctx, c.ifMatch()), c.subject, c.user(), decode(c, readPassword))
	}
	var err error
	if c.user() == "me" && c.session && c.form != formJSON {
		// The old session ends with all others; whoever knows both passwords need not sign in again.
		r.flash = "Your password was changed. Every other session has ended."
		err = s.signIn(c, set)
		s.repeats.forget(c.subject.ID())
	} else {
		err = set(c.ctx)
	}
	if err != nil {
		return c.again(err, s.refusedUser(c, "password"))
	}
	return r, nil
}

func readPassword(o object) org.PasswordInput {
	return org.PasswordInput{Password: o.text("password"), OldPassword: o.text("old_password")}
}

func (s *Server) suspendUser(c *call) (reply, error) {
	return s.setStatus(c, org.StatusSuspended, " was suspended.")
}

func (s *Server) activateUser(c *call) (reply, error) {
	return s.setStatus(c, org.StatusActive, " was activated.")
}

func (s *Server) setStatus(c *call, status org.Status, done string) (reply, error) {
	u, err := s.org.SetStatus(c.fromVersions(), c.subject, c.user(), status)
	if err != nil {
		return c.again(err, s.refusedUser(c, ""))
	}
	return reply{data: wireUser(&u), tag: u.Tag(), next: cmp.Or(c.cameFrom(), c.userHome(u.Username)), flash: displayName(u.Name, u.Username) + done}, nil
}

func (s *Server) showUserRoles(c *call) (reply, error) {
	if c.form != formJSON {
		a, err := s.org.UserAssignment(c.ctx, c.subject, c.user())
		return s.userAssignmentForm(c, &a, nil, nil), err
	}
	names, err := s.org.UserRoles(c.ctx, c.subject, c.user())
	wire := client.UserRoles{Roles: append([]string{}, names.Roles...), Organizations: map[uuid.UUID][]string{}}
	for id, roles := range names.Organizations {
		wire.Organizations[id] = append([]string{}, roles...)
	}
	return reply{data: wire, tag: names.Tag}, err
}

func (s *Server) userAssignmentForm(c *call, a *org.UserAssignment, checked map[string]bool, e *org.Error) reply {
	f := views.UserAssignmentForm{UserAssignment: *a, Checked: checked, Back: c.cameFrom(), Err: e, Catalog: s.Catalog}
	name := displayName(a.User.Name, a.User.Username)
	return reply{
		page:     show(views.UserAssignmentPage(f)),
		fragment: show(views.UserAssignmentPopover(f)),
		title:    "Site roles of " + name,
		active:   "users",
		crumbs:   append(c.usersCrumb(), views.Crumb{Label: name, URL: views.WithBack(views.UserURL(a.User.Username), f.Back)}),
	}
}

func (s *Server) setUserRoles(c *call) (reply, error) {
	u, err := s.org.SetUserRoles(c.fromVersions(), c.subject, c.user(), decode(c, c.rolesInput))
	if err != nil {
		return c.again(err, func(e *org.Error) reply { return s.refusedUserRoles(c, e) })
	}
	return reply{
		data:     wireUser(&u),
		tag:      u.Tag(),
		next:     c.usersHome(),
		flash:    "The site roles of " + displayName(u.Name, u.Username) + " were updated.",
		undo:     s.undo(c, org.Holder{User: &u}),
		fragment: s.userRow(c, &u, false),
	}, nil
}

// userRow is the row of the list that a change of somebody's site roles replaces; aside as in memberRow.
func (s *Server) userRow(c *call, u *org.User, aside bool) view {
	return show(views.UserRow(views.UserRowView{
		User: *u, Query: searchedFor(c.request()), Back: currentPage(c.request()), Aside: aside,
		LinkRoles: c.may("read", "assign_role", uuid.Nil), CanAssign: c.assignsSiteRoles(), Now: time.Now(),
	}))
}

// refusedUserRoles shows the form as it was ticked, with what is stored now.
func (s *Server) refusedUserRoles(c *call, e *org.Error) reply {
	a, err := s.org.UserAssignment(c.ctx, c.subject, c.user())
	if err != nil {
		return problem(c, e.Kind.Status(), e)
	}
	var checked map[string]bool
	if o, err := c.object(); err == nil && o.has("roles") {
		checked = map[string]bool{}
		for _, name := range c.rolesInput(o).Roles {
			checked[name] = true
		}
	}
	return s.userAssignmentForm(c, &a, checked, e)
}

func (s *Server) listUserOrganizations(c *call) (reply, error) {
	list, err := s.org.UserOrganizations(c.ctx, c.subject, c.user())
	return reply{data: each(list, wireOrganization)}, err
}
