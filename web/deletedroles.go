package web

import (
	"errors"
	"net/http"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

const pathDeletedRoles = pathOrganization + "/deleted-roles"

var deletedRoleRoutes = []Route{
	{http.MethodGet, pathDeletedRoles, SignedIn, API | Page | Scoped, "list the roles that were deleted lately", (*Server).listDeletedRoles},
	{http.MethodGet, pathDeletedRoles + "/{id}", SignedIn, API | Page | Scoped, "show a deleted role", (*Server).showDeletedRole},
	{http.MethodGet, "/deleted-roles", SignedIn, API | Page | Scoped, "list the site roles that were deleted lately", (*Server).listDeletedRoles},
	{http.MethodGet, "/deleted-roles/{id}", SignedIn, API | Page | Scoped, "show a deleted site role", (*Server).showDeletedRole},
}

func wireDeletedRole(d *org.DeletedRole) client.DeletedRole {
	return client.DeletedRole{Role: wireRole(&d.Role), EntryID: d.Entry, DeletedAt: wireTime(d.DeletedAt), DeletedBy: d.DeletedBy}
}

// listDeletedRoles lists the roles that were deleted recently, newest first.
func (s *Server) listDeletedRoles(c *call) (reply, error) {
	list, err := s.tenant.DeletedRoles(c.ctx, c.actor, c.scope())
	if err != nil {
		return reply{}, err
	}
	return reply{json: each(list.Roles, wireDeletedRole), html: show(page{
		title: "Deleted roles", active: c.rolesItem(), crumbs: []views.Crumb{c.rolesCrumb()},
		body: views.DeletedRolesPage(views.DeletedRoles{DeletedRoles: list, Catalog: c.catalog(), Now: c.now()}),
	})}, nil
}

// showDeletedRole shows a role as it was when it was deleted. A page also shows what restoring it would do, or why it
// can't be restored.
func (s *Server) showDeletedRole(c *call) (reply, error) {
	if err := c.namesAsked(); err != nil {
		return reply{}, err
	}
	review, err := s.tenant.ReviewDeletedRole(c.ctx, c.actor, c.scope(), c.param("id"))
	refusal, refused := errors.AsType[*org.Error](err)
	if err != nil && (!refused || review.Deleted.Role.Name == "") {
		return reply{}, err
	}
	role := review.Deleted.Role
	return reply{json: wireDeletedRole(&review.Deleted), html: show(page{
		title: "Restore " + role.Label(), active: c.rolesItem(),
		crumbs: []views.Crumb{c.rolesCrumb(), {Label: "Deleted roles", URL: views.DeletedRolesURL(c.organization())}},
		body:   views.DeletedRolePage(views.DeletedRole{DeletedReview: review, Catalog: c.catalog(), Err: refusal}),
	})}, nil
}
