package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rolecall.example/client"
	"rolecall.example/rbac/snapshot"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// roundTrips answers the requests of a client with a handler of this process, and records the routes that they reach.
type roundTrips struct {
	t       *testing.T
	handler http.Handler
	mu      sync.Mutex
	reached map[string]bool
}

func (r *roundTrips) RoundTrip(req *http.Request) (*http.Response, error) {
	req.RemoteAddr, req.RequestURI = "192.0.2.1:1", req.URL.RequestURI()
	if req.Body == nil { // which a server never sees
		req.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, req)
	res := w.Result()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	webtest.CheckContract(r.t, req, res, body)
	res.Body = io.NopCloser(bytes.NewReader(body))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reached[req.Method+" "+routeOf(strings.TrimPrefix(req.URL.Path, "/api/v2"))] = true
	return res, nil
}

// routeOf returns the path of the API's document that a path matches. Fixed segments win over parameters.
func routeOf(path string) string {
	best := ""
	for _, r := range web.Routes() {
		want, have := strings.Split(r.Path, "/"), strings.Split(path, "/")
		fits := len(want) == len(have)
		for i := range want {
			fits = fits && (strings.HasPrefix(want[i], "{") || want[i] == have[i])
		}
		if fits && (best == "" || strings.Count(r.Path, "{") < strings.Count(best, "{")) {
			best = r.Path
		}
	}
	return best
}

// session is a client that changes a server step by step.
type session struct {
	*testing.T
	*client.Client
	ctx  context.Context
	site *webtest.Site
}

// must fails the test at an unexpected error.
func must[T any](s *session, v T, err error) T {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
	return v
}

func (s *session) ok(err error) {
	s.Helper()
	must(s, 0, err)
}

// refused fails the test unless err is a refusal with the status.
func (s *session) refused(status int, err error) {
	s.Helper()
	if got := client.StatusOf(err); got != status {
		s.Errorf("status = %d (%v), want %d", got, err, status)
	}
}

// TestEveryRoute calls every endpoint of a real server in both response styles. It compares each answer with the API's
// document, and fails for a route that no method of the client calls.
func TestEveryRoute(t *testing.T) {
	t.Parallel()
	for name, wire := range map[string]web.Wire{"documented": web.Documented, "sdk": web.SDK} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := webtest.New(t, webtest.Wire(wire), webtest.Providers("okta"))
			trips := &roundTrips{t: t, handler: site.Handler, reached: map[string]bool{}}
			t.Cleanup(func() {
				if t.Failed() {
					t.Log(site.Log)
				}
			})
			s := &session{t, &client.Client{
				BaseURL: "http://rolecall.test/", Token: site.Token(webtest.Owner), HTTPClient: &http.Client{Transport: trips},
			}, t.Context(), site}
			s.records()
			s.members()
			s.bulk()
			s.roles(client.In("default"))
			s.roles(client.Site())
			s.users()
			s.tokens()
			s.organizations()
			s.invitations()
			s.mail()
			s.directory()
			s.decisions()
			s.snapshots()
			s.catalog()
			s.trail()
			s.changes()
			s.factors()
			s.passkeys()
			s.signingIn()
			s.sync()
			for _, r := range web.Routes() {
				if r.Offers(web.API) && !trips.reached[r.Method+" "+r.Path] {
					t.Errorf("no method of the client reaches %s %s", r.Method, r.Path)
				}
			}
		})
	}
}

func (s *session) members() {
	list, err := s.Members(s.ctx, "default", client.MemberQuery{})
	all := len(must(s, list, err))
	page, err := s.MembersPage(s.ctx, "default", client.MemberQuery{Limit: 1, Sort: "-username"})
	if must(s, page, err); page.Count != all || len(page.Members) != 1 || page.Members[0].Username != webtest.Owner {
		s.Errorf("MembersPage(limit 1) = %+v, want 1 of %d: the owner", page, all)
	}
	admins, err := s.Members(s.ctx, "default", client.MemberQuery{
		Roles: []string{"organization-admin"}, Statuses: []client.Status{client.StatusActive}, Text: "adm",
	})
	if must(s, admins, err); len(admins) != 1 || admins[0].Username != webtest.Admin || admins[0].Roles[0].Name != "organization-admin" {
		s.Errorf("Members(organization-admin) = %+v, want the admin", admins)
	}
	s.names("StreamMembers", s.StreamMembers(s.ctx, "default", client.MemberQuery{}), all)
	s.names("EachMember", s.EachMember(s.ctx, "default", client.MemberQuery{Limit: 2}), all)

	var tag string
	m, err := s.Member(s.ctx, "default", webtest.Member, client.GetETag(&tag))
	if must(s, m, err); m.Email != "member@example.com" || tag == "" {
		s.Errorf("Member = %+v with the ETag %q, want one", m, tag)
	}
	choice, err := s.MemberRoles(s.ctx, "default", webtest.Member, client.GetETag(&tag))
	if must(s, choice, err); len(choice.Choices) == 0 {
		s.Error("MemberRoles has no choices")
	}
	auditor := []string{"organization-auditor"}
	i, err := s.PreviewMemberRoles(s.ctx, "default", webtest.Member, auditor, client.IfMatch(tag))
	if must(s, i, err); !i.DryRun || i.Members != 1 || len(i.Gains) == 0 {
		s.Errorf("PreviewMemberRoles = %+v, want gains of one member", i)
	}
	set, err := s.SetMemberRoles(s.ctx, "default", webtest.Member, auditor, client.IfMatch(tag))
	if must(s, set, err); len(set.Roles) != 1 {
		s.Errorf("SetMemberRoles = %+v, want one role", set)
	}
	_, err = s.SetMemberRoles(s.ctx, "default", webtest.Member, nil, client.IfMatch(tag))
	s.refused(http.StatusPreconditionFailed, err)
	added, err := s.AddMember(s.ctx, "default", webtest.Outsider)
	if must(s, added, err); added.UserID.String() != s.site.ID(webtest.Outsider) {
		s.Errorf("AddMember = %+v, want the outsider", added)
	}
	_, err = s.PreviewRemoveMember(s.ctx, "default", webtest.Outsider)
	s.ok(err)
	s.ok(s.RemoveMember(s.ctx, "default", webtest.Outsider))
	_, err = s.Member(s.ctx, "default", webtest.Outsider)
	s.refused(http.StatusNotFound, err)
}

// names fails the test unless rows has this many members, each once, however often it is ranged over.
func (s *session) names(what string, rows iter.Seq2[client.MemberWithUser, error], want int) {
	s.Helper()
	for range 2 {
		seen := map[string]bool{}
		for m, err := range rows {
			s.ok(err)
			seen[m.Username] = true
		}
		if len(seen) != want {
			s.Errorf("%s yields %v, want %d members", what, slices.Collect(maps.Keys(seen)), want)
		}
	}
	for range rows {
		break
	}
}

// records gives one role until a date, and ends it.
func (s *session) records() {
	until, why := time.Now().Add(time.Hour).UTC().Truncate(time.Second), "cover"
	a, err := s.PutMemberRole(s.ctx, "default", webtest.Member, "organization-auditor", client.Terms{Until: &until, Reason: &why})
	if must(s, a, err); a.Until == nil || !a.Until.Equal(until) || a.Reason != why || a.GivenBy == nil {
		s.Errorf("PutMemberRole = %+v, want an end and a reason", a)
	}
	i, err := s.PreviewEndMemberRole(s.ctx, "default", webtest.Member, "organization-auditor")
	if must(s, i, err); len(i.Losses) == 0 {
		s.Errorf("PreviewEndMemberRole = %+v, want losses", i)
	}
	if a, err = s.PutMemberRole(s.ctx, "default", webtest.Member, "organization-auditor", client.Terms{Until: &time.Time{}}); err != nil || a.Until != nil {
		s.Errorf("PutMemberRole without an end = %+v, %v", a, err)
	}
	if err := s.EndMemberRole(s.ctx, "default", webtest.Member, "organization-auditor"); err != nil {
		s.Error(err)
	}
	i, err = s.PreviewPutMemberRole(s.ctx, "default", webtest.Member, "organization-auditor", client.Terms{})
	if must(s, i, err); len(i.Gains) == 0 {
		s.Errorf("PreviewPutMemberRole = %+v, want gains", i)
	}
	if i, err = s.PreviewPutUserRole(s.ctx, webtest.Member, "auditor", client.Terms{}); err != nil || len(i.Gains) == 0 {
		s.Errorf("PreviewPutUserRole = %+v, %v", i, err)
	}
	if a, err = s.PutUserRole(s.ctx, webtest.Member, "auditor", client.Terms{Reason: &why}); err != nil || a.OrganizationID != "" {
		s.Errorf("PutUserRole = %+v, %v", a, err)
	}
	if _, err = s.PreviewEndUserRole(s.ctx, webtest.Member, "auditor"); err != nil {
		s.Error(err)
	}
	if err := s.EndUserRole(s.ctx, webtest.Member, "auditor"); err != nil {
		s.Error(err)
	}
}

func (s *session) bulk() {
	give := client.BulkRequest{Action: client.BulkAddRole, Role: "organization-auditor", All: true, Except: []string{webtest.Admin}}
	foreseen, err := s.PreviewChangeMembers(s.ctx, "default", client.MemberQuery{Text: "example", Limit: 1}, give)
	if must(s, foreseen, err); !foreseen.DryRun || len(foreseen.Unchanged) == 0 {
		s.Errorf("PreviewChangeMembers = %+v, want the member unchanged", foreseen)
	}
	done, err := s.ChangeMembers(s.ctx, "default", client.MemberQuery{}, client.BulkRequest{Action: client.BulkAdd, Users: []string{webtest.Outsider, "nobody"}})
	if must(s, done, err); len(done.Done) != 1 || len(done.Refused) != 1 || done.Refused[0].User != "nobody" || done.Refused[0].Reason == "" {
		s.Errorf("ChangeMembers(add) = %+v, want one added and one refused", done)
	}
	_, err = s.ChangeMembers(s.ctx, "default", client.MemberQuery{}, client.BulkRequest{Action: client.BulkRemove, Users: []string{webtest.Outsider}})
	s.ok(err)
	entries, err := s.Audit(s.ctx, client.AuditQuery{Limit: 1})
	back, err2 := s.UndoBatch(s.ctx, must(s, entries, err).Entries[0].ID)
	if must(s, back, err2); len(back.Done) != 1 {
		s.Errorf("UndoBatch = %+v, want the member back", back)
	}
	s.ok(s.RemoveMember(s.ctx, "default", webtest.Outsider))
	one := client.UserBulkRequest{Action: client.BulkSuspend, Users: []string{webtest.Outsider, "nobody"}}
	would, err := s.PreviewChangeUsers(s.ctx, client.UserQuery{}, one)
	if must(s, would, err); !would.DryRun || len(would.Done) != 1 {
		s.Errorf("PreviewChangeUsers = %+v, want one who would be suspended", would)
	}
	users, err := s.ChangeUsers(s.ctx, client.UserQuery{}, one)
	if must(s, users, err); users.DryRun || len(users.Done) != 1 || users.Done[0].Status != client.StatusSuspended || len(users.Refused) != 1 {
		s.Errorf("ChangeUsers(suspend) = %+v, want one suspended and one refused", users)
	}
	all := client.UserBulkRequest{Action: client.BulkActivate, All: true}
	if users, err = s.ChangeUsers(s.ctx, client.UserQuery{Query: "search:outsider", Limit: 1}, all); err != nil || len(users.Done) != 1 {
		s.Errorf("ChangeUsers(activate) = %+v, %v", users, err)
	}
}

func (s *session) roles(scope client.Scope) {
	role := client.RoleRequest{Name: "ci-runner", DisplayName: "CI"}
	read := []client.Permission{{ResourceType: "template", Action: "read"}}
	if scope.String() == "site" {
		role.Site = read
	} else {
		role.Organization = read
		i, err := s.PreviewCreateRole(s.ctx, "default", role)
		must(s, i, err)
		created, err := s.CreateRole(s.ctx, "default", role)
		if must(s, created, err); created.Name != "ci-runner" || len(created.Organization) != 1 {
			s.Errorf("CreateRole = %+v, want ci-runner with one permission", created)
		}
	}
	var tag string
	saved, err := s.PutRole(s.ctx, scope, role, client.GetETag(&tag))
	if must(s, saved, err); saved.DisplayName != "CI" || len(saved.Site)+len(saved.Organization) != 1 {
		s.Errorf("PutRole = %+v, want CI with one permission", saved)
	}
	_, err = s.PutRole(s.ctx, scope, role, client.OnlyNew())
	s.refused(http.StatusPreconditionFailed, err)
	r, err := s.Role(s.ctx, scope, "ci-runner")
	change := must(s, r, err).Request()
	change.DisplayName = "Builder"
	_, err = s.PreviewPutRole(s.ctx, scope, change, client.IfMatch(tag))
	s.ok(err)
	saved, err = s.PutRole(s.ctx, scope, change, client.IfMatch(tag))
	if must(s, saved, err); saved.DisplayName != "Builder" {
		s.Errorf("PutRole = %+v, want Builder", saved)
	}
	versions, err := s.RoleHistory(s.ctx, scope, "ci-runner")
	if must(s, versions, err); len(versions) < 2 || versions[0].Role.DisplayName != "Builder" {
		s.Fatalf("RoleHistory = %+v, want two versions", versions)
	}
	oldest := versions[len(versions)-1].Version
	found, err := s.CompareRoles(s.ctx, scope, "ci-runner", client.CompareQuery{Version: oldest})
	if must(s, found, err); found.From.Version != oldest || found.Same != 1 || len(found.Differences) != 0 {
		s.Errorf("CompareRoles = %+v, want one permission in both", found)
	}
	impact, err := s.PreviewRestoreRole(s.ctx, scope, "ci-runner", oldest)
	if must(s, impact, err); !impact.DryRun {
		s.Errorf("PreviewRestoreRole = %+v, want a dry run", impact)
	}
	restored, err := s.RestoreRole(s.ctx, scope, "ci-runner", oldest)
	if must(s, restored, err); restored.DisplayName != "CI" {
		s.Errorf("RestoreRole = %+v, want CI", restored)
	}
	some, err := s.FindRoles(s.ctx, scope, client.RoleQuery{Query: "ci-", Kind: "custom", Sort: "-name"})
	if must(s, some, err); len(some) != 1 || some[0].Name != "ci-runner" {
		s.Errorf("FindRoles = %+v, want ci-runner", some)
	}
	_, err = s.PreviewDeleteRole(s.ctx, scope, "ci-runner")
	s.ok(err)
	s.ok(s.DeleteRole(s.ctx, scope, "ci-runner"))
	all, err := s.Roles(s.ctx, scope)
	if must(s, all, err); len(all) == 0 || slices.ContainsFunc(all, func(r client.AssignableRole) bool { return r.Name == "ci-runner" }) {
		s.Errorf("Roles = %+v, want no ci-runner", all)
	}
	gone, err := s.DeletedRoles(s.ctx, scope)
	if must(s, gone, err); len(gone) != 1 || gone[0].DisplayName != "CI" || gone[0].DeletedBy != webtest.Owner {
		s.Fatalf("DeletedRoles = %+v, want CI", gone)
	}
	one, err := s.DeletedRole(s.ctx, scope, gone[0].EntryID)
	if must(s, one, err); one.Name != "ci-runner" {
		s.Errorf("DeletedRole = %+v, want ci-runner", one)
	}
	impact, err = s.PreviewUndo(s.ctx, one.EntryID)
	if must(s, impact, err); !impact.DryRun || impact.Affected != 0 {
		s.Errorf("PreviewUndo = %+v, want a dry run that affects no one", impact)
	}
	back, err := s.Undo(s.ctx, one.EntryID)
	if must(s, back, err); back.Role == nil || back.Role.DisplayName != "CI" || back.User != nil || back.Member != nil {
		s.Errorf("Undo = %+v, want the role", back)
	}
}

func (s *session) changes() {
	begin, err := s.Changes(s.ctx, []string{client.AllOrganizations}, 0, 0)
	if must(s, begin, err); begin.Position == 0 || len(begin.Events) != 1 || begin.Events[0].Event != snapshot.EventHello {
		s.Fatalf("Changes = %+v, want a hello with a position", begin)
	}
	_, err = s.SetMemberRoles(s.ctx, "default", webtest.Member, []string{"organization-user-admin"})
	s.ok(err)
	more, err := s.Changes(s.ctx, []string{"default"}, begin.Position, time.Minute)
	if must(s, more, err); more.Position < begin.Position || !slices.ContainsFunc(more.Events, func(e snapshot.Event) bool { return e.Event == snapshot.EventChange }) {
		s.Errorf("Changes = %+v, want the change", more)
	}
}

func (s *session) catalog() {
	now, err := s.Catalog(s.ctx)
	must(s, now, err)
	file := client.CatalogFile{Data: []byte(catalogWithReports)}
	plan, err := s.PreviewCatalog(s.ctx, file)
	if must(s, plan, err); plan.From != now.Version || plan.To != now.Version+1 || len(plan.Changes) == 0 {
		s.Errorf("PreviewCatalog = %+v", plan)
	}
	_, err = s.PutCatalog(s.ctx, file)
	s.refused(http.StatusPreconditionRequired, err)
	tag := client.IfMatch(strconv.FormatInt(now.Version, 10))
	_, err = s.PutCatalog(s.ctx, file, tag) // another product's
	s.refused(http.StatusConflict, err)
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Plan == nil || e.Plan.To != plan.To {
		s.Errorf("PutCatalog was refused without a plan: %v", err)
	}
	file.Replace = true
	for _, use := range plan.InUse {
		file.Retire = append(file.Retire, use.What)
	}
	people := 0
	for p, err := range s.EachCatalogPerson(s.ctx, file) {
		if must(s, p, err); len(p.Gains)+len(p.Losses) == 0 {
			s.Errorf("%+v gains and loses nothing", p)
		}
		people++
	}
	if int64(people) != plan.People.Affected || people == 0 {
		s.Errorf("EachCatalogPerson gave %d people, want %d", people, plan.People.Affected)
	}
	done, err := s.PutCatalog(s.ctx, file, tag)
	if must(s, done, err); done.Version != plan.To {
		s.Errorf("PutCatalog = %+v, want version %d", done, plan.To)
	}
	_, err = s.PutCatalog(s.ctx, file, tag)
	s.refused(http.StatusPreconditionFailed, err)
	list, err := s.CatalogVersions(s.ctx)
	if must(s, list, err); int64(len(list)) != done.Version || list[0].Added == 0 {
		s.Errorf("CatalogVersions = %+v", list)
	}
	first, err := s.CatalogAt(s.ctx, now.Version)
	if must(s, first, err); first.Hash != now.Hash || first.Version != now.Version {
		s.Errorf("CatalogAt(%d) = version %d, %s", now.Version, first.Version, first.Hash)
	}
	compared, err := s.CompareCatalogs(s.ctx, now.Version, done.Version)
	if must(s, compared, err); len(compared.Changes) != len(plan.Changes) {
		s.Errorf("CompareCatalogs gave %d changes, want %d", len(compared.Changes), len(plan.Changes))
	}
	back := client.CatalogRollback{Version: now.Version}
	plan, err = s.PreviewRollbackCatalog(s.ctx, back)
	must(s, plan, err)
	for _, use := range plan.InUse {
		back.Retire = append(back.Retire, use.What)
	}
	done, err = s.RollbackCatalog(s.ctx, back, client.IfMatch(strconv.FormatInt(done.Version, 10)))
	must(s, done, err)
	again, err := s.Catalog(s.ctx)
	if must(s, again, err); again.SameAs != now.Version {
		s.Errorf("after a rollback the catalog is %+v", again)
	}
	schema, err := s.CatalogSchema(s.ctx)
	must(s, schema, err)
}

// catalogWithReports is another product's catalog.
const catalogWithReports = `format: rolecall/catalog/1
product: papers
label: Papers
types:
  report:
    label: Report
    plural: Reports
    actions: {read: See a report}
`
