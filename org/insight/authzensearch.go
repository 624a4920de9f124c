package insight

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// A search finds exactly what evaluations one by one would allow, or fails. A search for something unknown finds nothing.

// asError turns the problem of a question into that of a whole search. Some problems only mean that nothing is found.
func asError(p *org.AccessProblem) error {
	if p == nil || p.Status == http.StatusNotFound {
		return nil
	}
	return org.ErrInvalid(p.Message, "")
}

// SearchActions finds what a subject may do with a resource, by name: the actions of its type, and those that the catalog
// rewrites. Invalid: the question cannot be asked.
func (s *Service) SearchActions(ctx context.Context, by *org.Actor, organization string, q org.AccessQuestion, p org.AccessPage) (_ org.AccessFound, err error) {
	defer org.Wrap(&err, "search actions")
	catalog := by.Catalog
	resourceType, ok := catalog.PresentType(q.Resource.Type)
	if !ok {
		return org.AccessFound{}, nil
	}
	names := map[string]bool{}
	for _, t := range catalog.Types() {
		for _, a := range t.Actions {
			if t.Name == resourceType {
				names[a.Name] = true
			}
		}
	}
	for _, r := range catalog.AuthZEN().Rewrite {
		if r.Type == resourceType {
			names[r.Action] = true
		}
	}
	list := slices.Sorted(maps.Keys(names))
	return s.filter(ctx, by, organization, q, p, list, func(q *org.AccessQuestion, name string) { q.Action = org.AccessAction{Name: name} })
}

// filter evaluates a question with each name of a sorted list, and keeps the names with a yes. If no question could be asked,
// it fails with the reason.
func (s *Service) filter(
	ctx context.Context, by *org.Actor, organization string, q org.AccessQuestion, p org.AccessPage, list []string,
	with func(q *org.AccessQuestion, name string),
) (found org.AccessFound, err error) {
	from, there := slices.BinarySearch(list, p.After)
	if there {
		from++
	}
	var problem error // the first problem, as long as no question could be asked
	asked := false
	for piece := range slices.Chunk(list[from:], unit.ChunkSize) {
		qs := make([]org.AccessQuestion, len(piece))
		for i, name := range piece {
			qs[i] = q
			with(&qs[i], name)
		}
		decisions, err := s.EvaluateAccess(ctx, by, organization, qs)
		if err != nil {
			return org.AccessFound{}, err
		}
		for i, d := range decisions {
			if err := asError(d.Problem); err != nil {
				problem = err
				continue
			}
			asked = true
			if !d.Allowed {
				continue
			}
			if len(found.Names) == p.Limit {
				found.Next = found.Names[p.Limit-1]
				return found, nil
			}
			found.Names = append(found.Names, piece[i])
		}
	}
	if !asked && problem != nil {
		return org.AccessFound{}, problem
	}
	return found, nil
}

// SearchResources finds the things of a type with which a subject may do something: those that the catalog lists, and
// organizations, accounts and memberships. Invalid: the question cannot be asked, or the things are not stored here.
func (s *Service) SearchResources(ctx context.Context, by *org.Actor, organization string, q org.AccessQuestion, p org.AccessPage) (_ org.AccessFound, err error) {
	defer org.Wrap(&err, "search resources")
	resourceType, ok := by.Catalog.PresentType(q.Resource.Type)
	if !ok {
		return org.AccessFound{}, nil
	}
	if things, kept := by.Catalog.AuthZEN().Instances[resourceType]; kept {
		ids := make([]string, len(things))
		for i := range things {
			ids[i] = things[i].ID
		}
		slices.Sort(ids)
		return s.filter(ctx, by, organization, q, p, ids, func(q *org.AccessQuestion, id string) { q.Resource.ID = id })
	}
	switch resourceType {
	case typeOrganization:
		return s.searchOrganizations(ctx, by, organization, q, p)
	case typeUser, typeMember:
		return s.searchPeople(ctx, by, organization, resourceType, q, p)
	}
	return org.AccessFound{}, org.ErrInvalid(fmt.Sprintf("rolecall does not keep things of type %q; search for organizations instead.", resourceType), "")
}

// searchOrganizations finds organizations by name.
func (s *Service) searchOrganizations(ctx context.Context, by *org.Actor, organization string, q org.AccessQuestion, p org.AccessPage) (org.AccessFound, error) {
	rows, err := s.units.OrganizationRows(ctx, by, math.MaxInt64)
	if err != nil {
		return org.AccessFound{}, err
	}
	base, err := newAccessMapper(s.units.Snapshot(by), by, organization).baseID(ctx)
	if err != nil {
		return org.AccessFound{}, err
	}
	var list []string
	for i := range rows {
		if by.Can("read", org.OrgObject(rows[i].ID)) && (organization == "" || rows[i].ID == base) {
			list = append(list, rows[i].Name)
		}
	}
	slices.Sort(list)
	return s.filter(ctx, by, organization, q, p, list, func(q *org.AccessQuestion, name string) { q.Resource.ID = name })
}

// baseID returns the organization that the URL names, uuid.Nil if it names none that the caller may read.
func (m *accessMapper) baseID(ctx context.Context) (uuid.UUID, error) {
	if m.base == "" {
		return uuid.Nil, nil
	}
	return m.organizationID(ctx, m.base)
}

// placeOf parses a place: the kind of people being walked, and the last one returned.
func placeOf(after string) (kind, key string) {
	for _, k := range []string{amongMembers, amongOthers} {
		if key, ok := strings.CutPrefix(after, k); ok {
			return k, key
		}
	}
	return amongMembers, ""
}

// The two kinds of people that a search walks, in this order.
const (
	amongMembers = "m"
	amongOthers  = "o"
)
