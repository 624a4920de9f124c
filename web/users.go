package web

import (
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"rolecall/org"
)

func (s *Server) listUsers(c *call) (reply, error) {
	q := c.query()
	f := org.UserFilter{Query: q.text("q"), AfterID: q.id("after_id"), Limit: q.count("limit"), Offset: q.count("offset")}
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	list, err := s.org.Users(c.ctx, c.subject, f)
	return reply{data: userListJSON{Users: each(list.Users, wireUser), Count: list.Count}}, err
}

// userReply is the answer of every use case that gives a user.
func userReply(u org.User, err error) (reply, error) { return reply{data: wireUser(&u)}, err }

func (s *Server) showUser(c *call) (reply, error) {
	return userReply(s.org.User(c.ctx, c.subject, c.user()))
}

func (s *Server) createUser(c *call) (reply, error) {
	u, err := s.org.CreateUser(c.ctx, c.subject, decode(c, func(o object) org.NewUser {
		return org.NewUser{
			Email:           o.text("email"),
			Username:        o.text("username"),
			Name:            o.text("name"),
			Password:        o.text("password"),
			LoginType:       o.text("login_type"),
			Status:          org.Status(o.text("user_status")),
			OrganizationIDs: o.ids("organization_ids"),
		}
	}))
	return reply{status: http.StatusCreated, data: wireUser(&u)}, err
}

// ids reads a list of uuids.
func (o object) ids(name string) []uuid.UUID {
	texts := o.texts(name, maxOrganizations)
	ids := make([]uuid.UUID, len(texts))
	for i, text := range texts {
		id, err := uuid.Parse(text)
		if err != nil {
			o.wrong(fmt.Sprintf("%s[%d]", name, i), "must be a uuid")
		}
		ids[i] = id
	}
	return ids
}

// maxOrganizations is how many organizations a new user can be put into at once.
const maxOrganizations = 1000

func (s *Server) deleteUser(c *call) (reply, error) {
	_, err := s.org.DeleteUser(c.ctx, c.subject, c.user())
	return reply{data: messageJSON{"User has been deleted!"}}, err
}

func (s *Server) updateProfile(c *call) (reply, error) {
	return userReply(s.org.UpdateProfile(c.ctx, c.subject, c.user(), decode(c, func(o object) org.Profile {
		return org.Profile{Username: o.text("username"), Name: o.text("name")}
	})))
}

func (s *Server) setPassword(c *call) (reply, error) {
	err := s.org.SetPassword(c.ctx, c.subject, c.user(), decode(c, func(o object) org.PasswordInput {
		return org.PasswordInput{Password: o.text("password"), OldPassword: o.text("old_password")}
	}))
	return reply{status: http.StatusNoContent}, err
}

func (s *Server) suspendUser(c *call) (reply, error) {
	return userReply(s.org.SetStatus(c.ctx, c.subject, c.user(), org.StatusSuspended))
}

func (s *Server) activateUser(c *call) (reply, error) {
	return userReply(s.org.SetStatus(c.ctx, c.subject, c.user(), org.StatusActive))
}

func (s *Server) showUserRoles(c *call) (reply, error) {
	names, err := s.org.UserRoles(c.ctx, c.subject, c.user())
	wire := userRolesJSON{Roles: append([]string{}, names.Roles...), Organizations: map[uuid.UUID][]string{}}
	for id, roles := range names.Organizations {
		wire.Organizations[id] = append([]string{}, roles...)
	}
	return reply{data: wire}, err
}

func (s *Server) setUserRoles(c *call) (reply, error) {
	u, err := s.org.SetUserRoles(c.ctx, c.subject, c.user(), decode(c, c.rolesInput))
	return userReply(u, c.precondition(err))
}

func (s *Server) listUserOrganizations(c *call) (reply, error) {
	list, err := s.org.UserOrganizations(c.ctx, c.subject, c.user())
	return reply{data: each(list, wireOrganization)}, err
}
