package views

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// RolePaper is a role as it is printed: what it allows and denies, and who has it.
type RolePaper struct {
	View    org.RoleView
	Members []org.Member            // the holders of a role of an organization, as far as there is room
	Users   []org.User              // the holders of a role of the site
	Ends    map[uuid.UUID]time.Time // when each of them loses the role, if they do
	Catalog *rbac.Catalog
	Now     time.Time
}

// paperRow is a holder of the role.
type paperRow struct {
	name, about string
	status      org.Status
	since, ends time.Time // since when the account is a member, or exists
}

func (p RolePaper) rows() []paperRow {
	var rows []paperRow
	for _, m := range p.Members {
		rows = append(rows, paperRow{m.Label(), ui.Identity(m.Label(), m.Username, m.Email), m.Status, m.CreatedAt, p.Ends[m.UserID]})
	}
	for _, u := range p.Users {
		rows = append(rows, paperRow{u.Label(), ui.Identity(u.Label(), u.Username, u.Email), u.Status, u.CreatedAt, p.Ends[u.ID]})
	}
	return rows
}

func (p RolePaper) holders() string { return rolesOf(p.View.Organization).holders() }

// matrix returns the permissions of the role at every level, as a matrix with one column.
func (p RolePaper) matrix() Matrix {
	return Matrix{
		List:    org.RolePage{RoleList: org.RoleList{Organization: p.View.Organization, Roles: []org.Role{p.View.Role}}},
		Catalog: p.Catalog, Show: MatrixSet, Print: true, Levels: []rbac.Level{rbac.LevelSite, rbac.LevelOrganization, rbac.LevelUser},
	}
}

// reachesNew reports whether the role also covers types that are added to the catalog later.
func (p RolePaper) reachesNew() bool {
	r := p.View.Role
	return slices.ContainsFunc(slices.Concat(r.Site, r.Organization, r.User), func(p rbac.Permission) bool { return p.ResourceType == rbac.Wildcard })
}

func (p RolePaper) missing() string {
	return missingRows(p.View.Role.Members-len(p.Members)-len(p.Users), "person", "The list of those who have the role has everyone.")
}
