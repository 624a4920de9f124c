package web

import (
	"cmp"
	"slices"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views"
)

// roleMatrix shows what each role says about each permission: as a page, or as a file with a column for each role.
func (s *Server) roleMatrix(c *call) (reply, error) {
	q := c.query()
	m := views.Matrix{Catalog: c.catalog(), Query: q.text("q"), Chosen: slices.DeleteFunc(slices.Clone(q.values["role"]), func(v string) bool { return v == "" }), Print: q.prints()}
	m.Show = cmp.Or(append(q.oneOf("show", views.MatrixShows), views.MatrixShows[0])...)
	list, err := s.tenant.RolePage(c.ctx, c.actor, c.scope(), org.RoleFilter{Sort: org.RoleSorts[0], Counts: !c.csv})
	if err = cmp.Or(err, q.problem()); err != nil { // callers who may not see the roles learn nothing about the parameters
		return reply{}, err
	}
	if m.List = list; c.csv {
		return reply{stream: s.matrixTable(c, m)}, nil
	}
	return reply{html: show(page{title: c.rolesTitle(), active: c.rolesItem(), body: views.MatrixPage(m), fragment: views.MatrixResults(m)})}, nil
}

// matrixTable writes a matrix as a file, with a row for each permission and a column for each role.
func (s *Server) matrixTable(c *call, m views.Matrix) *stream {
	roles := m.AllChosen()
	head := []string{"permission", "label", "level"}
	for i := range roles {
		head = append(head, roles[i].Name)
	}
	words := map[rbac.State]string{rbac.Allowed: "allow", rbac.Denied: "deny"}
	return s.csvStream(c, "role-matrix", head, func(add func(cells ...string) error) error {
		return m.EachRow(roles, func(r views.MatrixRow) error {
			cells := []string{r.Permission.String(), r.Label, r.Level.String()}
			for _, state := range r.States {
				cells = append(cells, words[state])
			}
			return add(cells...)
		})
	})
}
