package web

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views"
)

// maxOrganizations is the most organizations that a new user can join at once.
const maxOrganizations = 1000

func (s *Server) newUser(c *call) (reply, error) {
	q := c.query()
	n := views.NewUser{Email: q.text("email"), Name: q.text("name"), Access: q.text("access"), Current: cmp.Or(q.text("organization"), c.cookie(organizationCookie))}
	return reply{html: func() (page, error) { return s.newUserPage(c, n) }}, q.problem()
}

// refusedNewUser makes the form as it was sent.
func (s *Server) refusedNewUser(c *call, e *org.Error) (page, error) {
	o, _ := c.object() // unreadable: an empty form
	return s.newUserPage(c, views.NewUser{
		Email: o.text("email"), Username: o.text("username"), Name: o.text("name"), Access: o.text("access"),
		Chosen: o.texts("organization_ids", maxOrganizations), Given: o.rolesThere(), Again: e == nil, Err: e,
	})
}

// maxRolesRead is for how many organizations the roles are read at once, in addition to those that are ticked.
const maxRolesRead = 20

func (s *Server) newUserPage(c *call, n views.NewUser) (p page, err error) {
	if n.Organizations, err = s.tenant.NewUserOrganizations(c.ctx, c.actor); err != nil {
		return p, err
	}
	n.Roles = map[uuid.UUID][]org.Role{}
	for _, o := range n.Organizations {
		if len(n.Organizations) > maxRolesRead && !n.Ticked(o) {
			continue
		}
		roles, err := part(s.tenant.Roles(c.ctx, c.actor, org.Scope{Organization: o.ID.String()}))
		if err != nil {
			return p, err
		}
		n.Roles[o.ID] = roles.Roles
	}
	return page{title: "New user", active: "users", crumbs: c.usersCrumb(), body: views.NewUserPage(n)}, err
}

// createUser makes an account or, if a form asks for it, an invitation.
func (s *Server) createUser(c *call) (reply, error) {
	if o, err := c.object(); err == nil && o.form {
		switch {
		case o.has("show_roles"): // only for the ticked organizations, if there are too many to show the roles of all
			return reply{html: func() (page, error) { return s.refusedNewUser(c, nil) }}, nil
		case o.text("access") == views.AccessInvite:
			return s.inviteUser(c)
		}
	}
	u, err := s.account.CreateUser(c.ctx, c.actor, decode(c, readNewUser))
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) { return s.refusedNewUser(c, e) })
	}
	done := u.Label() + " was created."
	return reply{
		status: http.StatusCreated, made: views.UserURL(u.ID.String()), json: wireUser(&u), version: u.Tag(),
		next: to(views.UserURL(u.Username)+"?created=1", done),
	}, nil
}

// readNewUser reads a new account from JSON or from the form, which names the chosen way to sign in.
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
		in.Service, in.Roles = o.flag("service_account"), o.texts("roles", maxRoles)
		in.OrganizationRoles = map[uuid.UUID][]string{}
		table := o.table("organization_roles")
		for _, id := range slices.Sorted(maps.Keys(table.fields)) {
			in.OrganizationRoles[o.id("organization_roles."+id, id)] = table.texts(id, maxRoles)
		}
		readOldNewUser(o, &in)
		return in
	}
	// Input from before the last choice does not count.
	in.OrganizationRoles = o.rolesThere()
	maps.DeleteFunc(in.OrganizationRoles, func(id uuid.UUID, _ []string) bool { return !slices.Contains(in.OrganizationIDs, id) })
	switch access := o.text("access"); access {
	case views.AccessService:
		in.Service, in.Email, in.Password = true, "", ""
	case views.AccessPassword:
	default:
		o.addError("access", "must be chosen")
	}
	return in
}

// rolesThere reads the roles in each organization that a form names.
func (o object) rolesThere() map[uuid.UUID][]string {
	given := map[uuid.UUID][]string{}
	for _, field := range slices.Sorted(maps.Keys(o.fields)) {
		if id, ok := strings.CutPrefix(field, views.RolesIn); ok {
			given[o.id(field, id)] = o.texts(field, maxRoles)
		}
	}
	return given
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

// ids reads a list of uuids.
func (o object) ids(name string) []uuid.UUID {
	texts := o.texts(name, maxOrganizations)
	ids := make([]uuid.UUID, len(texts))
	for i, text := range texts {
		ids[i] = o.id(fmt.Sprintf("%s[%d]", name, i), text)
	}
	return ids
}

// id parses the text of a field as a uuid.
func (o object) id(field, text string) uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil {
		o.addError(field, "must be a uuid")
	}
	return id
}

// inviteUser invites a person to the ticked organizations, with the roles that are ticked in each.
func (s *Server) inviteUser(c *call) (reply, error) {
	made, err := s.invites.CreateInMany(c.ctx, c.actor, decode(c, readInvitedUser))
	if err == nil && len(made.Refused) > 0 {
		err = org.FieldErrors{{Field: "email", Detail: made.Refused[0].Detail}}.Err("No one was invited.")
	}
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) { return s.refusedNewUser(c, e) })
	}
	return reply{noStore: true, html: show(page{
		title: "Invitation", active: "users", crumbs: c.usersCrumb(), body: views.InvitedUserPage(c.base(), made.Invitations),
	})}, nil
}

func readInvitedUser(o object) org.NewInvitations {
	in := org.NewInvitations{Invitees: []org.Invitee{{Email: o.text("email"), Name: o.text("name")}}}
	roles := o.rolesThere()
	for _, id := range o.texts("organization_ids", maxOrganizations) {
		parsed, _ := uuid.Parse(id) // an invalid id is refused together with the organization
		in.Into = append(in.Into, org.NewInvitedInto{Organization: id, Roles: roles[parsed]})
	}
	return in
}

// linkReply shows the link that sets a password, only once, with a notice of what was done.
func (s *Server) linkReply(c *call, link *org.PasswordLink, notice string) reply {
	return reply{noStore: true, html: func() (page, error) {
		v, err := s.account.UserView(c.ctx, c.actor, link.User.ID.String())
		return page{
			title:  link.User.Label(),
			active: "users",
			crumbs: c.usersCrumb(),
			notice: notice,
			body: views.UserPageBody(views.UserPage{
				UserView: v, LinkRoles: c.may("read", "assign_role", uuid.Nil), NewLink: c.absolute(views.PasswordURL(link.Secret)), Now: c.now(),
			}),
		}, err
	}}
}

// createPasswordLink makes a link for an account and shows it once. The previous link ends.
func (s *Server) createPasswordLink(c *call) (reply, error) {
	link, err := s.account.CreatePasswordLink(c.ctx, c.actor, c.user())
	if err != nil {
		return c.again(err, s.refusedUser(c, ""))
	}
	return s.linkReply(c, &link, ""), nil
}

func (s *Server) deletePasswordLink(c *call) (reply, error) {
	if err := s.account.DeletePasswordLink(c.ctx, c.actor, c.user()); err != nil {
		return c.again(err, s.refusedUser(c, ""))
	}
	return reply{next: to(c.userHome(c.user()), "The link no longer works.")}, nil
}
