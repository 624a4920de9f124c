package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"rolecall.example/client"
	"rolecall.example/org/permtest"
	"rolecall.example/rbac"
)

// testServer answers permission tests about people, from a server or a database. It asks the API like anyone else, so a
// test only passes on what the server really answers.
type testServer struct {
	api     *client.Client
	catalog *rbac.Catalog
	worlds  map[string]*permtest.World // by organization
}

var _ permtest.Server = (*testServer)(nil)

func newTestServer(ctx context.Context, api *client.Client) (*testServer, error) {
	// The server's catalog, because tests use the names that it knows.
	d, err := storedCatalog(ctx, api, 0)
	if err != nil {
		return nil, err
	}
	catalog, err := rbac.New(d)
	if err != nil {
		return nil, err
	}
	return &testServer{api, catalog, map[string]*permtest.World{}}, nil
}

// place returns the organization in question.
func (*testServer) place(organization string) string { return cmp.Or(organization, "default") }

// unknownName turns an answer about an unknown name into the error that the tests know. Only these two statuses: a
// server that is down must not look like a misspelled name.
func unknownName(err error, format string, args ...any) error {
	switch client.StatusOf(err) {
	case http.StatusNotFound, http.StatusBadRequest:
		return fmt.Errorf("%s %w", fmt.Sprintf(format, args...), permtest.ErrUnknown)
	}
	return err
}

// World implements permtest.Server.
func (s *testServer) World(ctx context.Context, organization string) (*permtest.World, error) {
	organization = s.place(organization)
	if w := s.worlds[organization]; w != nil {
		return w, nil
	}
	// Kept, so that all tests of a run are about the same roles.
	w := &permtest.World{Catalog: s.catalog}
	for i, scope := range []client.Scope{client.In(organization), client.Site()} {
		list, err := s.api.Roles(ctx, scope)
		if err != nil {
			return nil, unknownName(err, "the organization %q is", organization)
		}
		for _, r := range list {
			if !r.BuiltIn {
				role := rbac.Role{Name: r.Name, DisplayName: r.DisplayName, Site: permissionsOf(r.Site), Organization: permissionsOf(r.Organization), User: permissionsOf(r.User)}
				w.Custom = append(w.Custom, permtest.Held{Role: s.catalog.Compile(role), OfSite: i > 0})
			}
		}
	}
	s.worlds[organization] = w
	return w, nil
}

func permissionsOf(list []client.Permission) []rbac.Permission {
	perms := make([]rbac.Permission, len(list))
	for i, p := range list {
		perms[i] = rbac.Permission{ResourceType: p.ResourceType, Action: p.Action, Negate: p.Negate}
	}
	return perms
}

// explainedAtMost is how many checks one request may have explained.
const explainedAtMost = 20

// Check implements permtest.Server.
func (s *testServer) Check(ctx context.Context, organization, user string, own bool, pairs []rbac.Permission) ([]permtest.Answer, error) {
	var answers []permtest.Answer
	// Explained, because a failing test should say why at once.
	for some := range slices.Chunk(pairs, explainedAtMost) {
		ask := client.AuthCheckRequest{User: user, Checks: map[string]client.Check{}}
		for i, p := range some {
			o := client.CheckObject{ResourceType: p.ResourceType}
			if !s.catalog.SiteOnly(p.ResourceType) {
				o.OrganizationID = s.place(organization)
			}
			if own {
				o.OwnerID = "me"
			}
			ask.Checks[strconv.Itoa(i)] = client.Check{Action: p.Action, Object: o}
		}
		got, err := s.api.ExplainChecks(ctx, ask)
		if err != nil {
			return nil, unknownName(err, "%q is", user)
		}
		for i := range some {
			key := strconv.Itoa(i)
			a := permtest.Answer{Allowed: got.Answers[key], Because: got.Explanations[key].Because}
			// One check of many may fail alone. For a suspended account that is a no like any other; for an unknown
			// name it never is.
			if e, failed := got.Errors[key]; failed {
				switch e.Code {
				case "not_found":
					return nil, fmt.Errorf("%q in %q is %w", user, s.place(organization), permtest.ErrUnknown)
				case "suspended":
					a.Because = e.Message
				default:
					return nil, fmt.Errorf("%s: %s", some[i], e.Message)
				}
			}
			answers = append(answers, a)
		}
	}
	return answers, nil
}

// WhoCan implements permtest.Server.
func (s *testServer) WhoCan(ctx context.Context, organization string, p rbac.Permission) ([]string, error) {
	got, err := s.api.WhoCanPage(ctx, s.place(organization), client.Question{Action: p.Action, ResourceType: p.ResourceType}, client.WhoCanPage{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range got.Members {
		names = append(names, m.Username)
	}
	return names, nil
}

// Roles implements permtest.Server.
func (s *testServer) Roles(ctx context.Context, organization, user string) (names []string, err error) {
	m, err := s.api.Member(ctx, s.place(organization), user)
	if err != nil {
		return nil, unknownName(err, "%q in %q is", user, s.place(organization))
	}
	for _, r := range m.Roles {
		names = append(names, r.Name)
	}
	for _, r := range m.SiteRoles {
		names = append(names, "site:"+r.Name)
	}
	return names, nil
}
