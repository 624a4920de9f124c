package org_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rolecall.example/org/services"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// deep makes long walks and races run whole, as CI does in a step of its own.
var deep = os.Getenv("ROLECALL_DEEP") != ""

// site is a populated database of one test, with the service over it. The people of it are called as the tables of the
// product call them: o is a site owner, ua, ta and au hold the other site roles; oa, oua, ota and oau hold the roles
// of the organization "default", m none; x is signed in and belongs nowhere; pa and pm are admin and member of the
// organization "beta". The others hold custom roles or stand for states of an account; see people.
type site struct {
	service
	db    *db.DB
	raw   db.DBTX // past all rules
	place string
	clock *clock
}

type person struct {
	name   string
	site   []string
	home   []string // roles in "default"; nil is no membership
	beta   []string // likewise in "beta"
	status string   // active unless given
	login  string   // password unless given
}

var none = []string{}

var people = []person{
	{name: "o", site: []string{"owner"}, home: none},
	{name: "ua", site: []string{"user-admin"}},
	{name: "ta", site: []string{"template-admin"}},
	{name: "au", site: []string{"auditor"}},
	{name: "oa", home: []string{"organization-admin"}},
	{name: "oua", home: []string{"organization-user-admin"}},
	{name: "ota", home: []string{"organization-template-admin"}},
	{name: "oau", home: []string{"organization-auditor"}},
	{name: "m", home: none},
	{name: "x"},
	{name: "pa", beta: []string{"organization-admin"}},
	{name: "pm", beta: none},
	{name: "dealer", home: []string{"dealer"}},
	{name: "maker", home: []string{"maker"}},
	{name: "viewer", home: []string{"viewer"}},
	{name: "curbed", home: []string{"curb"}},
	{name: "reader", site: []string{"site-reader"}, home: none},
	{name: "Sue", home: none, status: "suspended"},
	{name: "Dora", home: none, status: "dormant"},
	{name: "bot", home: none, login: "none"},
}

// members of "default", in the order of the lists.
var homeMembers = []string{
	"bot", "curbed", "dealer", "Dora", "m", "maker", "o", "oa", "oau", "ota", "oua", "reader", "Sue", "viewer",
}

var home, beta = id("organization default"), id("organization beta")

// customRoles of the site: the organization ("" is none), the name, and the permissions.
var customRoles = []struct {
	org   uuid.UUID
	name  string
	level string
	perms []rbac.Permission
}{
	{home, "dealer", "organization", perms("assign_org_role:assign", "assign_org_role:unassign", "organization_member:read", "template:read")},
	{home, "maker", "organization", perms("assign_org_role:create", "assign_org_role:update", "assign_org_role:delete", "template:read")},
	{home, "viewer", "organization", perms("template:read")},
	{home, "curb", "organization", perms("!template:update")},
	{beta, "beta-only", "organization", perms("template:read")},
	{uuid.Nil, "site-reader", "site", perms("template:read")},
}

// id is the id of whatever has that name: the same in every test.
func id(name string) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceOID, []byte(name)) }

// perm reads "type:action", with a leading "!" for a deny.
func perm(s string) rbac.Permission {
	rest, negate := strings.CutPrefix(s, "!")
	resource, action, ok := strings.Cut(rest, ":")
	if !ok {
		panic("not a permission: " + s)
	}
	return rbac.Permission{ResourceType: resource, Action: action, Negate: negate}
}

func perms(list ...string) []rbac.Permission {
	out := make([]rbac.Permission, len(list))
	for i, s := range list {
		out[i] = perm(s)
	}
	return out
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// clock goes a millisecond on with every look at it.
type clock struct {
	mu   sync.Mutex
	at   time.Time
	hook func() // called before a look, if set
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	hook := c.hook
	c.at = c.at.Add(time.Millisecond)
	at := c.at
	c.mu.Unlock()
	if hook != nil {
		hook()
	}
	return at
}

// still is the time without a look.
func (c *clock) still() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func (c *clock) onLook(hook func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hook = hook
}

// populated is where every site starts from.
var populated = dbtest.Filled(func(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(q *db.Queries) error { return populate(ctx, q) })
})

func populate(ctx context.Context, q *db.Queries) error {
	var errs []error
	add := func(err error) { errs = append(errs, err) }
	for _, o := range []db.InsertOrganizationParams{
		{ID: home, Name: "default", NameKey: "default", DisplayName: "Acme", IsDefault: true, Now: start},
		{ID: beta, Name: "Beta", NameKey: "beta", DisplayName: "Beta Ltd", Now: start},
	} {
		add(q.InsertOrganization(ctx, o))
	}
	for _, r := range customRoles {
		roleID := id("role " + r.name)
		add(q.InsertRole(ctx, db.InsertRoleParams{CatalogVersion: 1,
			ID: roleID, OrganizationID: uuid.NullUUID{UUID: r.org, Valid: r.org != uuid.Nil},
			Name: r.name, DisplayName: strings.ToUpper(r.name), Now: start, UpdatedBy: "o",
		}))
		for _, p := range r.perms {
			add(q.InsertPermission(ctx, db.InsertPermissionParams{
				RoleID: roleID, Level: r.level, ResourceType: p.ResourceType, Action: p.Action, Negate: p.Negate,
			}))
		}
	}
	for _, p := range people {
		add(insertPerson(ctx, q, p))
	}
	return errors.Join(errs...)
}

func insertPerson(ctx context.Context, q *db.Queries, p person) error {
	name, email, key := "Name of "+p.name, p.name+"@example.com", strings.ToLower(p.name)
	if p.status == "" {
		p.status = "active"
	}
	if p.login == "" {
		p.login = "password"
	}
	hash := ""
	if p.login == "password" {
		hash = unknownPassword
	}
	errs := []error{q.InsertUser(ctx, db.InsertUserParams{
		ID: id(p.name), Username: p.name, UsernameKey: key, Email: email, EmailKey: strings.ToLower(email),
		Name: name, NameKey: strings.ToLower(name), SearchKey: unit.SearchKey(p.name, name, email),
		Status: p.status, LoginType: p.login, PasswordHash: hash, Now: start,
	})}
	for _, r := range p.site {
		errs = append(errs, q.InsertUserRole(ctx, db.InsertUserRoleParams{Source: "manual", UserID: id(p.name), Role: r}))
	}
	for organization, roles := range map[uuid.UUID][]string{home: p.home, beta: p.beta} {
		if roles == nil {
			continue
		}
		errs = append(errs, q.Join(ctx, organization, id(p.name), start))
		for _, r := range roles {
			errs = append(errs, q.InsertMemberRole(ctx, db.InsertMemberRoleParams{Source: "manual", OrganizationID: organization, UsernameKey: key, UserID: id(p.name), Role: r}))
		}
	}
	return errors.Join(errs...)
}

// cheapHash is the least that a password hash may cost: what hashes protect is tested apart, at full cost.
var cheapHash = org.HashCost{Memory: 7 * 1024, Time: 1, Threads: 1}

// unknownPassword is the hash of a password that nobody knows.
var unknownPassword = "$argon2id$v=19$m=7168,t=1,p=1$" + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43)

// newSite opens a site of its own for a test.
func newSite(tb testing.TB) *site {
	tb.Helper()
	return openSite(tb, populated(tb))
}

// emptySite is a site without anybody.
func emptySite(tb testing.TB) *site {
	tb.Helper()
	return openSite(tb, dbtest.Place(tb))
}

// openSite opens another service over a database, as a second process would.
func openSite(tb testing.TB, place string) *site {
	tb.Helper()
	d := dbtest.Reopen(tb, place)
	c := &clock{at: start.Add(24 * time.Hour)}
	return &site{service: service{services.New(d, services.Options{Now: c.now, HashCost: cheapHash})}, db: d, raw: dbtest.SQL(tb, place), place: place, clock: c}
}

// session starts a browser session of somebody, and gives its name in the store.
func (s *site) session(tb testing.TB, name string) string {
	tb.Helper()
	now := s.clock.now()
	if err := s.db.Write(tb.Context(), func(q *db.Queries) error {
		return q.UpsertSession(tb.Context(), db.UpsertSessionParams{
			Token: "session of " + name, ID: uuid.New(), UserID: uuid.NullUUID{UUID: id(name), Valid: true}, Data: []byte("data"),
			Now: now, ExpiresAt: now.Add(time.Hour),
		})
	}); err != nil {
		tb.Fatal(err)
	}
	return "session of " + name
}

// as signs somebody in.
func (s *site) as(tb testing.TB, name string) *org.Actor {
	tb.Helper()
	subject, err := s.UserSubject(tb.Context(), id(name))
	if err != nil {
		tb.Fatalf("sign in as %s: %v", name, err)
	}
	return subject
}

// exec runs SQL past all rules, and makes everybody forget what they remember.
func (s *site) exec(tb testing.TB, query string, args ...any) {
	tb.Helper()
	if _, err := s.raw.ExecContext(tb.Context(), query, args...); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	if _, err := s.raw.ExecContext(tb.Context(), "UPDATE revisions SET value = value + 1, roles = value + 1"); err != nil {
		tb.Fatal(err)
	}
}

// join makes people members, and give gives a member roles, past all rules.
func (s *site) join(tb testing.TB, organization uuid.UUID, names ...string) {
	tb.Helper()
	s.write(tb, func(q *db.Queries) (err error) {
		for _, name := range names {
			err = errors.Join(err, q.Join(tb.Context(), organization, id(name), start))
		}
		return err
	})
}

func (s *site) give(tb testing.TB, organization uuid.UUID, name string, roles ...string) {
	tb.Helper()
	s.write(tb, func(q *db.Queries) (err error) {
		for _, role := range roles {
			err = errors.Join(err, q.InsertMemberRole(tb.Context(), db.InsertMemberRoleParams{Source: "manual", OrganizationID: organization, UsernameKey: org.FoldCase(name), UserID: id(name), Role: role}))
		}
		return err
	})
}

func (s *site) write(tb testing.TB, fn func(q *db.Queries) error) {
	tb.Helper()
	ctx := tb.Context()
	if err := s.db.Write(ctx, func(q *db.Queries) error { return errors.Join(fn(q), q.BumpRevision(ctx, 0)) }); err != nil {
		tb.Fatal(err)
	}
}

// insert adds people past all rules.
func (s *site) insert(tb testing.TB, list ...person) {
	tb.Helper()
	ctx := tb.Context()
	if err := s.db.Fill(ctx, func(q *db.Queries) (err error) {
		for _, p := range list {
			err = errors.Join(err, insertPerson(ctx, q, p))
		}
		return errors.Join(err, q.BumpRevision(ctx, 0))
	}); err != nil {
		tb.Fatal(err)
	}
}

// store puts a permission into a custom role past all rules.
func (s *site) store(tb testing.TB, role, level, permission string) {
	tb.Helper()
	p := perm(permission)
	s.exec(tb, "INSERT INTO role_permissions (role_id, level, resource_type, action, negate) VALUES (?, ?, ?, ?, ?)",
		id("role "+role).String(), level, p.ResourceType, p.Action, p.Negate)
}

func (s *site) text(tb testing.TB, query string, args ...any) string {
	tb.Helper()
	var v sql.NullString
	if err := s.raw.QueryRowContext(tb.Context(), query, args...).Scan(&v); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	return v.String
}

func (s *site) number(tb testing.TB, query string, args ...any) (n int64) {
	tb.Helper()
	if err := s.raw.QueryRowContext(tb.Context(), query, args...).Scan(&n); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	return n
}

func (s *site) revision(tb testing.TB) int64 {
	tb.Helper()
	return s.number(tb, "SELECT sum(value) FROM revisions")
}

// memberRoles and siteRoles are what is stored, sorted and apart by spaces.
func (s *site) memberRoles(tb testing.TB, organization uuid.UUID, user string) string {
	tb.Helper()
	return s.text(tb, "SELECT group_concat(role, ' ') FROM (SELECT DISTINCT role FROM member_roles WHERE organization_id = ? AND user_id = ? AND role <> 'organization-member' ORDER BY role) r",
		organization.String(), id(user).String())
}

func (s *site) siteRoles(tb testing.TB, user string) string {
	tb.Helper()
	return s.text(tb, "SELECT group_concat(role, ' ') FROM (SELECT role FROM user_roles WHERE user_id = ? ORDER BY role) r", id(user).String())
}

func (s *site) isMember(tb testing.TB, organization uuid.UUID, user string) bool {
	tb.Helper()
	return s.number(tb, "SELECT count(*) FROM organization_members WHERE organization_id = ? AND user_id = ?", organization.String(), id(user).String()) == 1
}

// everything is all that is stored, apart from the audit trail.
func (s *site) everything(tb testing.TB) []string {
	tb.Helper()
	var all []string
	for _, table := range []string{
		"organizations", "users", "user_roles", "organization_members", "member_roles", "roles", "role_permissions",
		"role_versions", "api_keys", "sessions", "password_links", "revisions",
	} {
		columns := "*"
		if table == "revisions" {
			columns = "organization_id, value, roles"
		}
		for _, row := range s.dump(tb, "SELECT "+columns+" FROM "+table) {
			all = append(all, table+" "+row)
		}
	}
	slices.Sort(all)
	return all
}

// dump is the rows of a query as text.
func (s *site) dump(tb testing.TB, query string) (list []string) {
	tb.Helper()
	rows, err := s.raw.QueryContext(tb.Context(), query)
	if err != nil {
		tb.Fatal(err)
	}
	columns, err := rows.Columns()
	if err != nil {
		tb.Fatal(err)
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			tb.Fatal(err)
		}
		list = append(list, fmt.Sprintf("%s", values))
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		tb.Fatal(err)
	}
	return list
}

// entry is an audit row as tests compare it.
type entry struct {
	Actor, Action, Type, Target string
	Organization                uuid.UUID
	Status                      int
	Fields                      []string // what changed, sorted

	later *org.Organization // where the organization will stand, if it is made by the change itself
}

type auditRow struct {
	entry
	ID      string
	Changes map[string]org.AuditChange
}

// audit is the audit trail after a number of entries, oldest first.
func (s *site) audit(tb testing.TB, after int) []auditRow {
	tb.Helper()
	rows, err := s.raw.QueryContext(tb.Context(), `SELECT actor, action, resource_type, resource_target, resource_id,
		coalesce(CAST(organization_id AS text), ''), status_code, changes FROM audit_logs ORDER BY seq LIMIT 1000000 OFFSET ?`, after)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	var list []auditRow
	for rows.Next() {
		var r auditRow
		var organization, changes string
		if err := rows.Scan(&r.Actor, &r.Action, &r.Type, &r.Target, &r.ID, &organization, &r.Status, &changes); err != nil {
			tb.Fatal(err)
		}
		if organization != "" {
			r.Organization = uuid.MustParse(organization)
		}
		if err := json.Unmarshal([]byte(changes), &r.Changes); err != nil {
			tb.Fatal(err)
		}
		r.Fields = slices.Sorted(maps.Keys(r.Changes))
		list = append(list, r)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return list
}

func (s *site) entries(tb testing.TB) int {
	tb.Helper()
	return int(s.number(tb, "SELECT count(*) FROM audit_logs"))
}

// same compares errors whole, apart from the cause that is for the log and from what a client is told to go on with.
func same(tb testing.TB, got error, want *org.Error) {
	tb.Helper()
	e, ok := errors.AsType[*org.Error](got)
	if !ok {
		tb.Fatalf("got %v, want %v", got, want)
	}
	if want == forbid {
		plainlyForbidden(tb, e)
		return
	}
	if diff := cmp.Diff(want, e, cmpopts.IgnoreFields(org.Error{}, "Err", "RetryAfter", "Missing", "Outdated", "Tag"), cmpopts.EquateEmpty()); diff != "" {
		tb.Errorf("the refusal is not the expected one (-want +got):\n%s", diff)
	}
}

// plainlyForbidden wants the refusal of a missing right: its words are fixed, between them it names what it takes.
func plainlyForbidden(tb testing.TB, e *org.Error) {
	tb.Helper()
	want := *forbid
	if len(e.Missing) > 0 {
		before, after, _ := strings.Cut(want.Detail, ".")
		want.Detail = before + ". It takes " + strings.Join(e.Missing, " and ") + "." + after
	}
	if diff := cmp.Diff(&want, e, cmpopts.IgnoreFields(org.Error{}, "Err", "Missing")); diff != "" {
		tb.Errorf("the refusal is not the expected one (-want +got):\n%s", diff)
	}
	for _, m := range e.Missing {
		if p := perm(m); !rbac.Default().Valid(p.ResourceType, p.Action) || p.Negate {
			tb.Errorf("it takes %q, which is no permission", m)
		}
	}
}

// refused runs a use case that must fail as want, change nothing, and leave a number of audit rows: each of them with
// the status of the refusal and without fields.
func (s *site) refused(tb testing.TB, want *org.Error, rows int, fn func() error) {
	tb.Helper()
	before, entries := s.everything(tb), s.entries(tb)
	same(tb, fn(), want)
	if diff := cmp.Diff(before, s.everything(tb)); diff != "" {
		tb.Errorf("a refused write changed something:\n%s", diff)
	}
	added := s.audit(tb, entries)
	if len(added) != rows {
		tb.Errorf("%d audit rows, want %d: %+v", len(added), rows, added)
	}
	for _, r := range added {
		if r.Status != want.Kind.Status() || len(r.Fields) > 0 {
			tb.Errorf("the refusal was recorded with status %d and fields %v, want %d and none", r.Status, r.Fields, want.Kind.Status())
		}
	}
}

// accepted runs a use case that must succeed and leave exactly this audit row.
func (s *site) accepted(tb testing.TB, want entry, fn func() error) auditRow {
	tb.Helper()
	entries, revision := s.entries(tb), s.revision(tb)
	if err := fn(); err != nil {
		tb.Fatalf("refused: %v", err)
	}
	added := s.audit(tb, entries)
	if len(added) != 1 {
		tb.Fatalf("%d audit rows, want one: %+v", len(added), added)
	}
	if want.later != nil {
		want.Organization = want.later.ID
	}
	if diff := cmp.Diff(want, added[0].entry, cmpopts.IgnoreUnexported(entry{})); diff != "" {
		tb.Errorf("audit row (-want +got):\n%s", diff)
	}
	if now := s.revision(tb); now <= revision {
		tb.Errorf("the revision went from %d to %d", revision, now)
	}
	return added[0]
}

// unchanged runs a use case that must succeed without writing anything at all.
func (s *site) unchanged(tb testing.TB, fn func() error) {
	tb.Helper()
	before, entries := s.everything(tb), s.entries(tb)
	if err := fn(); err != nil {
		tb.Fatalf("refused: %v", err)
	}
	if diff := cmp.Diff(before, s.everything(tb)); diff != "" {
		tb.Errorf("something was written:\n%s", diff)
	}
	if n := s.entries(tb) - entries; n != 0 {
		tb.Errorf("%d audit rows for a change that changes nothing", n)
	}
}

// The refusals that many tests expect.
var (
	notFound = &org.Error{Kind: org.NotFound, Message: "Resource not found or you do not have access to this resource"}
	forbid   = &org.Error{Kind: org.Forbidden, Message: "Forbidden.",
		Detail: "You don't have permission to view this content. Ask an administrator of the organization or the site for a role that allows it."}
)

func badUser(ref string) *org.Error {
	return &org.Error{Kind: org.Invalid, Message: `"user" must be an existing uuid or username.`, Detail: fmt.Sprintf("queried user=%q", ref)}
}

// kind wants only a kind of refusal, and that it says something.
func kind(tb testing.TB, err error, want org.Kind) *org.Error {
	tb.Helper()
	e, ok := errors.AsType[*org.Error](err)
	if !ok || e.Kind != want {
		tb.Fatalf("got %v, want an error of status %d", err, want.Status())
	}
	if e.Message == "" {
		tb.Errorf("a refusal without a message")
	}
	return e
}

// Bodies.

func given[T any](v T) org.Input[T] { return org.Given(v) }

func roles(names ...string) org.Input[org.RolesInput] { return given(org.RolesInput{Roles: names}) }

func roleBody(in org.RoleInput) org.Input[org.RoleInput] {
	return given(in)
}

// role is the body of an organization role.
func role(name string, list ...string) org.Input[org.RoleInput] {
	return roleBody(org.RoleInput{Name: name, Organization: perms(list...)})
}

// unread is an input that must not be read: who reads it fails with an error that no test expects.
func unread[T any](tb testing.TB) org.Input[T] {
	tb.Helper()
	var none T
	return org.NewInput(none, errors.New("the input was read"))
}

// errBody is what the transport says of a body that it can not decode.
var errBody = &org.Error{Kind: org.Invalid, Message: "Request body must be valid JSON.", Detail: "EOF"}

func broken[T any]() org.Input[T] {
	var none T
	return org.NewInput(none, errBody)
}

// drop leaves the value of a result out.
func drop[T any](_ T, err error) error { return err }

func usernames(members []org.Member) []string {
	out := make([]string, len(members))
	for i, m := range members {
		out[i] = m.Username
	}
	return out
}

func refNames(refs []org.RoleRef) []string {
	out := []string{}
	for _, r := range refs {
		out = append(out, r.Name)
	}
	return out
}
