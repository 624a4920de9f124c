package insight

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// The types whose things rolecall stores itself: the id of such a resource names a stored thing.
const (
	typeOrganization = "organization"
	typeMember       = "organization_member"
	typeUser         = "user"
)

// subjectType is the only type of subject.
const subjectType = "user"

// maxNameLength exceeds the length of every account or organization name: anything longer need not be looked up or
// remembered.
const maxNameLength = 320

// accessMapper turns questions of the AuthZEN API into checks, as docs/spec/authzen.md says. Whatever the questions of a
// request share is looked up once.
type accessMapper struct {
	*inquiry
	base string // the organization that the URL names, or ""

	named       map[string]uuid.UUID  // organizations, as written; uuid.Nil: none that the caller may read
	things      map[string]uuid.UUID  // accounts that are resources, likewise, readable or not; uuid.Nil: none
	memberships map[[2]uuid.UUID]bool // of these accounts, by organization and account
}

// accessCheck is a question mapped to a check.
type accessCheck struct {
	ask     bool // otherwise the answer is no
	check   org.SubjectCheck
	problem *org.AccessProblem // why it cannot be asked; nil: a plain no
}

// refused is the result for a question that cannot be asked as written.
func refused(format string, args ...any) accessCheck {
	return accessCheck{problem: &org.AccessProblem{Status: http.StatusBadRequest, Message: fmt.Sprintf(format, args...)}}
}

// question maps one question.
func (m *accessMapper) question(ctx context.Context, q *org.AccessQuestion) (accessCheck, error) {
	switch {
	case q.Subject.Type != subjectType:
		return accessCheck{}, nil
	case !namesAccount(q.Subject.ID):
		return accessCheck{problem: accessNotFound()}, nil
	}
	c, err := m.thing(ctx, q)
	c.check.Subject = q.Subject.ID
	return c, err
}

// namesAccount reports whether an account can have this name. Elsewhere "me" means the caller. Here the caller is a
// service that passes on what people type.
func namesAccount(id string) bool {
	return id != "" && len(id) <= maxNameLength && !strings.EqualFold(id, "me")
}

// thing maps all of a question except its subject.
func (m *accessMapper) thing(ctx context.Context, q *org.AccessQuestion) (accessCheck, error) {
	resourceType, ok := m.Catalog().PresentType(q.Resource.Type)
	if !ok {
		return m.unknownTo(ctx, rbac.Permission{ResourceType: q.Resource.Type, Action: q.Action.Name})
	}
	stored, closed := m.Catalog().Thing(resourceType, q.Resource.ID)
	p := properties{asked: q.Resource.Properties}
	if stored != nil {
		p.stored = stored.Properties
	}
	action := m.Catalog().Rewritten(resourceType, q.Action.Name, func(key string) (any, bool) {
		if name, of := strings.CutPrefix(key, "action."); of {
			v, ok := q.Action.Properties[name]
			return v, ok
		}
		return p.get(strings.TrimPrefix(key, "resource."))
	})
	switch {
	case !m.Catalog().Valid(resourceType, action):
		return m.unknownTo(ctx, rbac.Permission{ResourceType: resourceType, Action: action})
	case closed && stored == nil:
		return accessCheck{}, nil // the catalog lists all things of this type
	}
	organization, problem, err := m.organization(ctx, resourceType, q.Resource.ID, p, q.Context)
	if err != nil || problem != nil {
		return accessCheck{problem: problem}, err
	}
	c := accessCheck{ask: true, check: org.SubjectCheck{AuthCheck: org.AuthCheck{
		Action: action, ResourceType: resourceType, OrganizationID: organization,
	}}}
	return m.owned(ctx, c, q.Resource.ID, p)
}

// unknownTo refuses a pair that the catalog lacks.
func (m *accessMapper) unknownTo(ctx context.Context, p rbac.Permission) (accessCheck, error) {
	if len(p.ResourceType) > maxNameLength || len(p.Action) > maxNameLength {
		return refused("There is no such action."), nil
	}
	problem, err := m.unknownPermission(ctx, p)
	if err != nil {
		return accessCheck{}, err
	}
	return refused("%s", problem.Message), nil
}

// owned adds the owner of the thing to a check.
func (m *accessMapper) owned(ctx context.Context, c accessCheck, id string, p properties) (accessCheck, error) {
	if t := c.check.ResourceType; t == typeUser || t == typeMember {
		account, err := m.resource(ctx, t, c.check.OrganizationID, id)
		if err != nil || account == uuid.Nil {
			return accessCheck{problem: accessNotFound()}, err
		}
		c.check.OwnerID = account.String()
		return c, nil
	}
	owner, _ := p.get("owner_id")
	switch owner := owner.(type) {
	case nil: // nobody's
	case string:
		if owner == "" {
			return refused("resource.properties.owner_id is empty."), nil
		}
		if len(owner) > maxNameLength {
			return accessCheck{problem: accessNotFound()}, nil
		}
		c.check.OwnerID = owner
	default:
		return refused("resource.properties.owner_id must be a text."), nil
	}
	return c, nil
}

// properties are those of a resource: what a request says of it overrides what the catalog says.
type properties struct{ asked, stored map[string]any }

func (p properties) get(name string) (v any, ok bool) {
	if v, ok = p.asked[name]; !ok {
		v, ok = p.stored[name]
	}
	return v, ok
}

// organization returns the organization that a question is about, as written, "" for types that belong to none. Except for what
// the catalog names, a missing organization has no default: a caller that forgets it must not get the answer for another one.
func (m *accessMapper) organization(ctx context.Context, resourceType, id string, p properties, given map[string]any) (string, *org.AccessProblem, error) {
	var named string // by the resource
	for _, key := range []string{"organization_id", "organization"} {
		v, ok := p.get(key)
		text, isText := v.(string)
		switch {
		case !ok, v == nil && m.Catalog().SiteOnly(resourceType):
			continue
		case !isText || text == "" || len(text) > maxNameLength:
			return "", refused("resource.properties.%s must be the id or the name of an organization.", key).problem, nil
		case m.Catalog().SiteOnly(resourceType):
			return "", refused("Nothing of the resource type %q belongs to an organization.", resourceType).problem, nil
		}
		same, err := m.same(ctx, named, text)
		if err != nil || !same {
			return "", refused("resource.properties names two organizations.").problem, err
		}
		named = text
	}
	if resourceType == typeOrganization { // the thing is itself the organization
		if len(id) > maxNameLength {
			return "", accessNotFound(), nil
		}
		same, err := m.same(ctx, named, id)
		if err != nil || !same {
			return "", refused("resource.properties names another organization than resource.id.").problem, err
		}
		named = id
	}
	return m.place(ctx, resourceType, named, given)
}

// place returns the organization that a question is about, given the one that its resource names, or "".
func (m *accessMapper) place(ctx context.Context, resourceType, named string, given map[string]any) (string, *org.AccessProblem, error) {
	if m.Catalog().SiteOnly(resourceType) {
		return "", nil, nil
	}
	if m.base != "" {
		same, err := m.same(ctx, named, m.base)
		if err != nil || !same {
			return "", refused("The resource names another organization than the address.").problem, err
		}
		return m.base, nil, nil
	}
	if named != "" {
		return named, nil, nil
	}
	if v, ok := given["organization"]; ok {
		text, isText := v.(string)
		if !isText || text == "" || len(text) > maxNameLength {
			return "", refused("context.organization must be the id or the name of an organization.").problem, nil
		}
		return text, nil, nil
	}
	if usual := m.Catalog().AuthZEN().DefaultOrganization; usual != "" {
		return usual, nil, nil
	}
	return "", refused("resource.properties.organization is needed.").problem, nil
}

// same reports whether two texts name the same organization; a missing one matches any.
func (m *accessMapper) same(ctx context.Context, a, b string) (bool, error) {
	if a == "" || a == b {
		return true, nil
	}
	first, err := m.organizationID(ctx, a)
	if err != nil || first == uuid.Nil {
		return false, err
	}
	second, err := m.organizationID(ctx, b)
	return first == second, err
}

// organizationID finds an organization, uuid.Nil if there is none that the caller may read.
func (m *accessMapper) organizationID(ctx context.Context, ref string) (uuid.UUID, error) {
	if id, known := m.named[ref]; known {
		return id, nil
	}
	found, err := m.OrganizationsAt(ctx, []string{ref}, m.site())
	if err != nil {
		return uuid.Nil, err
	}
	if m.named[ref] = found[ref]; !m.by.Can("read", org.OrgObject(found[ref])) {
		m.named[ref] = uuid.Nil
	}
	return m.named[ref], nil
}

// site returns the revision of the site at which names are looked up.
func (m *accessMapper) site() int64 {
	site, _ := m.by.Basis.Of(uuid.Nil)
	return site.Value
}
