package web

import (
	"context"
	"net/http"

	"rolecall.example/org"
	"rolecall.example/org/directory"
	"rolecall.example/org/scim"
)

// scimUse has the use cases of one kind of resources.
type scimUse struct {
	of      scim.Type
	get     func(*directory.Service, context.Context, *directory.Caller, string, scim.Projection) (scim.Resource, error)
	find    func(*directory.Service, context.Context, *directory.Caller, scim.Query) (scim.List, error)
	create  func(*directory.Service, context.Context, *directory.Caller, scim.Document) (scim.Resource, error)
	replace func(*directory.Service, context.Context, *directory.Caller, string, org.Versions, scim.Document) (scim.Resource, error)
	change  func(*directory.Service, context.Context, *directory.Caller, string, org.Versions, *scim.Patch) (scim.Resource, error)
	end     func(*directory.Service, context.Context, *directory.Caller, string, org.Versions) error
}

// scimUses are the use cases by the kind of resources.
var scimUses = [...]scimUse{
	scim.Users: {
		scim.Users, (*directory.Service).GetUser, (*directory.Service).ListUsers, (*directory.Service).CreateUser,
		(*directory.Service).ReplaceUser, (*directory.Service).PatchUser, (*directory.Service).DeleteUser,
	},
	scim.Groups: {
		scim.Groups, (*directory.Service).GetGroup, (*directory.Service).ListGroups, (*directory.Service).CreateGroup,
		(*directory.Service).ReplaceGroup, (*directory.Service).PatchGroup, (*directory.Service).DeleteGroup,
	},
}

// projection reads which attributes the answer should have.
func (c *call) projection() (scim.Projection, error) {
	if err := c.readable(); err != nil {
		return scim.Projection{}, err
	}
	return scim.ParseProjection(c.values["attributes"], c.values["excludedAttributes"])
}

// readable refuses a query that could not be read completely.
func (c *call) readable() error {
	if c.queryErr != nil {
		return scim.Refuse(scim.InvalidSyntax, "The query is not properly encoded.")
	}
	return nil
}

// resource answers with a resource.
func (c *call) resource(status int, r *scim.Resource, p scim.Projection) reply {
	c.header("ETag", r.Tag())
	c.header("Location", r.Location(c.scimBase()))
	return reply{status: status, json: r.Wire(c.scimBase(), p)}
}

func (u *scimUse) show(s *Server, c *call) (reply, error) {
	p, err := c.projection()
	if err != nil {
		return reply{}, err
	}
	r, err := u.get(s.directories, c.ctx, c.directory, c.param("id"), p)
	if err != nil {
		return reply{}, err
	}
	answer := c.resource(http.StatusOK, &r, p)
	if c.unchanged(r.Tag()) {
		return reply{status: http.StatusNotModified}, nil
	}
	return answer, nil
}

func (u *scimUse) list(s *Server, c *call) (reply, error) {
	if err := c.readable(); err != nil {
		return reply{}, err
	}
	q, err := scim.ParseQuery(c.values, u.of)
	return u.found(s, c, q, err)
}

func (u *scimUse) search(s *Server, c *call) (reply, error) {
	d, err := c.scimBody()
	if err != nil {
		return reply{}, err
	}
	q, err := scim.ParseSearch(d, u.of)
	return u.found(s, c, q, err)
}

// found answers with the resources that a query selects.
func (u *scimUse) found(s *Server, c *call, q scim.Query, err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	l, err := u.find(s.directories, c.ctx, c.directory, q)
	if err != nil {
		return reply{}, err
	}
	return reply{json: l.Wire(c.scimBase(), q)}, nil
}

func (u *scimUse) post(s *Server, c *call) (reply, error) {
	p, err := c.projection()
	if err != nil {
		return reply{}, err
	}
	d, err := c.scimBody()
	if err != nil {
		return reply{}, err
	}
	r, err := u.create(s.directories, c.ctx, c.directory, d)
	if err != nil {
		return reply{}, err
	}
	return c.resource(http.StatusCreated, &r, p), nil
}

func (u *scimUse) put(s *Server, c *call) (reply, error) {
	p, err := c.projection()
	if err != nil {
		return reply{}, err
	}
	d, err := c.scimBody()
	if err != nil {
		return reply{}, err
	}
	r, err := u.replace(s.directories, c.ctx, c.directory, c.param("id"), c.scimVersions(), d)
	if err != nil {
		return reply{}, err
	}
	return c.resource(http.StatusOK, &r, p), nil
}

// patch changes a resource. The answer contains it only if attributes are requested: Entra does not read the answer,
// and a group may have thousands of members.
func (u *scimUse) patch(s *Server, c *call) (reply, error) {
	p, err := c.projection()
	if err != nil {
		return reply{}, err
	}
	d, err := c.scimBody()
	if err != nil {
		return reply{}, err
	}
	change, err := scim.ParsePatch(d, u.of)
	if err != nil {
		return reply{}, err
	}
	r, err := u.change(s.directories, c.ctx, c.directory, c.param("id"), c.scimVersions(), change)
	if err != nil {
		return reply{}, err
	}
	if !p.Given() {
		c.header("ETag", r.Tag())
		return reply{status: http.StatusNoContent}, nil
	}
	if r, err = u.get(s.directories, c.ctx, c.directory, c.param("id"), p); err != nil {
		return reply{}, err
	}
	return c.resource(http.StatusOK, &r, p), nil
}

func (u *scimUse) remove(s *Server, c *call) (reply, error) {
	err := u.end(s.directories, c.ctx, c.directory, c.param("id"), c.scimVersions())
	return reply{status: http.StatusNoContent}, err
}
