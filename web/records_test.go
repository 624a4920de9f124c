package web_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// place is one of the two scopes in which roles are held, with roles that nothing hinders from being given and taken there.
type place struct {
	name    string
	holder  string // path of the roles of the person that the tests are about
	show    string // path of its version
	holds   string // the role that it holds in the tests
	other   string
	implied string
	insert  string // a record past all rules: source, role, until
}

var places = []place{
	{
		"organization", members + "/member/roles", members + "/member/roles", "organization-auditor", "organization-template-admin", "organization-member",
		`INSERT INTO member_roles (organization_id, role, username_key, source, user_id, source_ref, reason, given_by_name, given_at, ends_at)
		SELECT organization_id, ?, username_key, ?, user_id, '', 'as they said', '', updated_at, ? FROM organization_members WHERE user_id = ? AND organization_id = ?`,
	},
	{
		"site", "/users/member/roles", "/users/member/roles", "auditor", "template-admin", "member",
		`INSERT INTO user_roles (user_id, role, source, source_ref, reason, given_by_name, given_at, ends_at)
		SELECT id, ?, ?, '', 'as they said', '', updated_at, ? FROM users WHERE id = ?`,
	},
}

// record stores a record past all rules, as a provider or an invitation makes it.
func (p place) record(t *testing.T, s *webtest.Site, role, source string, until any) {
	t.Helper()
	args := []any{role, source, until, s.ID("member")}
	if p.name == "organization" {
		args = append(args, s.Organizations[webtest.Default].ID.String())
	}
	s.Exec(t, p.insert, args...)
	s.Exec(t, "UPDATE revisions SET value = value + 1")
}

// held is the records of the person, the membership left out.
func (p place) held(t *testing.T, s *webtest.Site) map[string]client.Assignment {
	t.Helper()
	var answer struct{ Assignments []client.Assignment }
	s.Get(t, webtest.Owner, p.holder).Decode(&answer)
	held := map[string]client.Assignment{}
	for _, a := range answer.Assignments {
		switch {
		case a.Role == p.implied:
		case p.name == "organization" && a.OrganizationID != s.Organizations[webtest.Default].ID.String():
		case p.name == "site" && a.OrganizationID != "":
		default:
			held[a.Role+" "+a.Source] = a
		}
	}
	return held
}

func (p place) put(names ...string) webtest.Request {
	return send(webtest.Owner, http.MethodPut, p.holder, map[string]any{"roles": append([]string{}, names...)})
}

// everywhere runs a test in both scopes and both styles.
func everywhere(t *testing.T, fn func(*testing.T, place, webtest.Way, *webtest.Site)) {
	t.Helper()
	for _, p := range places {
		for way, style := range map[webtest.Way]web.Wire{webtest.JSON: web.Documented, webtest.SDK: web.SDK} {
			t.Run(p.name+", "+way.String(), func(t *testing.T) {
				t.Parallel()
				fn(t, p, way, webtest.New(t, webtest.Wire(style)))
			})
		}
	}
}

// TestPutRolesTable checks docs/spec/assigning.md: what a complete list does to the records of each role.
func TestPutRolesTable(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p place, way webtest.Way, s *webtest.Site) {
		soon := time.Now().Add(20 * 24 * time.Hour).UTC().Truncate(time.Microsecond)
		const okta, manual = "oidc:okta", "manual"
		for _, tt := range []struct {
			name    string
			sources []string
			listed  bool
			status  int
			want    []string // sources afterwards
		}{
			{"listed, local", []string{manual}, true, 200, []string{manual}},
			{"listed, local and synced", []string{manual, okta}, true, 200, []string{manual, okta}},
			{"listed, by invitation", []string{"invite"}, true, 200, []string{"invite"}},
			{"listed, synced", []string{okta}, true, 200, []string{okta}},
			{"listed, none", nil, true, 200, []string{manual}},
			{"not listed, local", []string{manual}, false, 200, nil},
			{"not listed, local twice", []string{manual, "invite"}, false, 200, nil},
			{"not listed, synced", []string{okta}, false, 400, []string{okta}},
			{"not listed, local and synced", []string{manual, okta}, false, 400, []string{manual, okta}},
			{"not listed, from a directory", []string{"scim:okta"}, false, 400, []string{"scim:okta"}},
			{"not listed, none", nil, false, 200, nil},
		} {
			for _, source := range tt.sources {
				p.record(t, s, p.holds, source, soon)
			}
			before := p.held(t, s)
			var names []string
			if tt.listed {
				names = append(names, p.holds)
			}
			put := p.put(names...)
			put.JSON.(map[string]any)["until"], put.JSON.(map[string]any)["reason"] = soon.Add(time.Hour), "cover"
			res := s.Send(t, way, put)
			after := p.held(t, s)
			got := []string{}
			for _, a := range after {
				got = append(got, a.Source)
			}
			slices.Sort(got)
			want := append([]string{}, tt.want...)
			if slices.Sort(want); res.StatusCode != tt.status || !slices.Equal(got, want) {
				t.Errorf("%s: %d, and records from %q\n%s", tt.name, res.StatusCode, got, res.Body)
			}
			for key, a := range after {
				if was, ok := before[key]; ok && !cmp.Equal(was, a) {
					t.Errorf("%s: the record became %+v", tt.name, a)
				} else if !ok && (!a.Until.Equal(soon.Add(time.Hour)) || a.Reason != "cover" || a.Managed || a.GivenBy == nil || a.GivenBy.Username != webtest.Owner) {
					t.Errorf("%s: the new record is %+v", tt.name, a)
				}
			}
			if tt.status == 400 {
				told := res.Error()
				want := []client.Validation{{Field: "roles", Detail: fmt.Sprintf("%q comes from %s", p.holds, tt.want[len(tt.want)-1])}}
				if told.Message != "Roles that a sign-in provider or directory gives can't be taken here." || !cmp.Equal(told.Validations, want) {
					t.Errorf("%s: told %+v", tt.name, told)
				}
			}
			s.Exec(t, "DELETE FROM "+map[string]string{"organization": "member_roles", "site": "user_roles"}[p.name]+" WHERE role = ? AND user_id = ?", p.holds, s.ID("member"))
			s.Exec(t, "UPDATE revisions SET value = value + 1")
		}
	})
}

// TestPutRolesNamesEverySyncedRole: one answer names each role that would not stay away, after what is wrong with names and
// before any right.
func TestPutRolesNamesEverySyncedRole(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p place, way webtest.Way, s *webtest.Site) {
		p.record(t, s, p.holds, "oidc:okta", nil)
		p.record(t, s, p.other, "scim:entra", nil)
		told := s.Send(t, way, p.put()).Error()
		if len(told.Validations) != 2 || !strings.Contains(told.Validations[0].Detail+told.Validations[1].Detail, "scim:entra") {
			t.Errorf("told %+v", told)
		}
		if res := s.Send(t, way, p.put("nothing")); res.StatusCode != 400 || !strings.Contains(string(res.Body), "not a supported role") {
			t.Errorf("an unknown role: %d %s", res.StatusCode, res.Body)
		}
	})
}

// TestPutOfWhatGetAnsweredWritesNothing: whatever somebody holds, from wherever and until whenever, a client that sends back
// the roles that it read changes nothing, and leaves no trace.
func TestPutOfWhatGetAnsweredWritesNothing(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p place, way webtest.Way, s *webtest.Site) {
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 0))
		for range 12 {
			for _, role := range []string{p.holds, p.other} {
				for _, source := range []string{"manual", "invite", "default", "operator", "oidc:okta", "scim:entra"} {
					if random.IntN(3) > 0 {
						continue
					}
					var until any
					if random.IntN(2) == 0 {
						until = time.Now().Add(time.Duration(1+random.IntN(1000)) * time.Hour).UTC()
					}
					p.record(t, s, role, source, until)
				}
			}
			names := map[string]bool{}
			for _, a := range p.held(t, s) {
				names[a.Role] = true
			}
			version, before := s.Get(t, webtest.Owner, p.show).Header.Get("ETag"), s.State(t)
			rows := s.Query(t, "SELECT count(*) FROM audit_logs")
			put := p.put(slices.Sorted(maps.Keys(names))...)
			put.Header = http.Header{"If-Match": {version}}
			if res := s.Send(t, way, put); res.StatusCode != 200 {
				t.Fatalf("seed %d: %d %s", seed, res.StatusCode, res.Body)
			}
			if diff := cmp.Diff(before, s.State(t)); diff != "" {
				t.Errorf("seed %d: it wrote\n%s", seed, diff)
			}
			if again := s.Query(t, "SELECT count(*) FROM audit_logs"); !cmp.Equal(rows, again) {
				t.Errorf("seed %d: %v entries, then %v", seed, rows, again)
			}
			s.Exec(t, "DELETE FROM "+map[string]string{"organization": "member_roles", "site": "user_roles"}[p.name]+" WHERE role IN (?, ?) AND user_id = ?", p.holds, p.other, s.ID("member"))
		}
	})
}

// one is the path of a single role.
func (p place) one(role string) string { return p.holder + "/" + role }

// TestRecordTable checks docs/spec/assigning.md: changing the record of one role.
func TestRecordTable(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p place, way webtest.Way, s *webtest.Site) {
		p.record(t, s, p.other, "oidc:okta", nil)
		in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
		put := func(role string, body any) webtest.Request {
			return send(webtest.Owner, http.MethodPut, p.one(role), body)
		}
		for _, tt := range []struct {
			name   string
			r      webtest.Request
			status int
			told   string
		}{
			{"no role", put("nothing", map[string]any{}), 404, notFound},
			{"no body", send(webtest.Owner, http.MethodPut, p.one(p.holds), ""), 400, badJSON},
			{"an unknown field", put(p.holds, map[string]any{"ends": in(time.Hour)}), 400, "ends"},
			{"in the past", put(p.holds, map[string]any{"until": in(-time.Hour)}), 400, "must be in the future"},
			{"far away", put(p.holds, map[string]any{"until": in(11 * 366 * 24 * time.Hour)}), 400, "must be at most 10 years away"},
			{"without a zone", put(p.holds, map[string]any{"until": "2126-12-31T23:59:59"}), 400, "must be an RFC 3339 time with a zone"},
			{"a day", put(p.holds, map[string]any{"until": "2126-12-31"}), 400, "must be an RFC 3339 time with a zone"},
			{"a number", put(p.holds, map[string]any{"until": 1}), 400, "must be an RFC 3339 time with a zone"},
			{"a long reason", put(p.holds, map[string]any{"reason": strings.Repeat("ü", 501)}), 400, "must be at most 500 characters"},
			{"none to end", send(webtest.Owner, http.MethodDelete, p.one(p.holds), nil), 404, notFound},
			{"only from okta", send(webtest.Owner, http.MethodDelete, p.one(p.other), nil), 404, notFound},
		} {
			before := s.State(t)
			res := s.Send(t, way, tt.r)
			if res.StatusCode != tt.status || !strings.Contains(res.Text(), tt.told) {
				t.Errorf("%s: got %d\n%s", tt.name, res.StatusCode, res.Text())
			}
			if tt.status == 400 && strings.HasPrefix(tt.told, "must be") {
				if v := res.Error().Validations; len(v) != 1 || v[0].Detail != tt.told {
					t.Errorf("%s: told %+v", tt.name, v)
				}
			}
			if diff := cmp.Diff(before, s.State(t)); diff != "" {
				t.Errorf("%s: it wrote\n%s", tt.name, diff)
			}
		}
		all := s.Send(t, way, put(p.holds, map[string]any{"until": "soon", "reason": strings.Repeat("x", 501)})).Error().Validations
		if len(all) != 2 {
			t.Errorf("of two mistakes it tells %+v", all)
		}
	})
}

// TestRecord: a record is made, shortened, made longer and ended, each with what it answers and what the trail says.
func TestRecord(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, p place, way webtest.Way, s *webtest.Site) {
		at := func(d time.Duration) time.Time { return time.Now().Add(d).UTC().Truncate(time.Second) }
		type body = map[string]any
		do := func(status int, body any) (a client.Assignment) {
			t.Helper()
			res := s.Send(t, way, send(webtest.Owner, http.MethodPut, p.one(p.holds), body))
			if res.StatusCode != status {
				t.Fatalf("got %d\n%s", res.StatusCode, res.Body)
			}
			if version := s.Get(t, webtest.Owner, p.show).Header.Get("ETag"); res.Header.Get("ETag") != version {
				t.Errorf("the ETag is %s, and then %s", res.Header.Get("ETag"), version)
			}
			res.Decode(&a)
			if held := p.held(t, s)[p.holds+" manual"]; !cmp.Equal(held, a) {
				t.Errorf("answered %+v, held %+v", a, held)
			}
			return a
		}
		week, month := at(7*24*time.Hour), at(30*24*time.Hour)
		a := do(200, body{"until": week, "reason": "year-end audit"})
		if !a.Until.Equal(week) || a.Reason != "year-end audit" || a.Source != "manual" || a.Managed || a.DisplayName == "" {
			t.Errorf("made %+v", a)
		}
		before := s.State(t)
		do(200, body{"until": week, "reason": "year-end audit"})
		do(200, body{})
		if diff := cmp.Diff(before, s.State(t)); diff != "" {
			t.Errorf("the same again wrote\n%s", diff)
		}
		if a = do(200, body{"until": month}); !a.Until.Equal(month) || a.Reason != "year-end audit" {
			t.Errorf("made longer %+v", a)
		}
		if a = do(200, body{"until": week, "reason": ""}); !a.Until.Equal(week) || a.Reason != "" {
			t.Errorf("made shorter %+v", a)
		}
		if a = do(200, body{"until": nil}); a.Until != nil {
			t.Errorf("without an end %+v", a)
		}
		p.record(t, s, p.holds, "invite", nil)
		if a = do(200, body{"until": week}); !a.Until.Equal(week) || len(p.held(t, s)) != 1 {
			t.Errorf("beside an invitation %+v", p.held(t, s))
		}
		p.record(t, s, p.holds, "oidc:okta", nil)
		if res := s.Send(t, way, send(webtest.Owner, http.MethodDelete, p.one(p.holds), nil)); res.StatusCode != 204 {
			t.Errorf("ending: %d %s", res.StatusCode, res.Body)
		}
		if held := p.held(t, s); len(held) != 1 || !held[p.holds+" oidc:okta"].Managed {
			t.Errorf("ended, it holds %+v", held)
		}
		stale := send(webtest.Owner, http.MethodPut, p.one(p.other), body{})
		stale.Header = http.Header{"If-Match": {`"1-0123456789ab"`}}
		if res := s.Send(t, way, stale); res.StatusCode != http.StatusPreconditionFailed {
			t.Errorf("another version: %d", res.StatusCode)
		}
	})
}

// TestMembershipRecord: the membership is a record like any other, under the name of the role that stands for it.
func TestMembershipRecord(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	path := members + "/member/roles/organization-member"
	until := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)
	var a client.Assignment
	s.Do(t, send(webtest.Owner, http.MethodPut, path, map[string]any{"until": until, "reason": "a guest"})).Decode(&a)
	if a.Role != "organization-member" || a.Until == nil || !a.Until.Equal(until) || a.Reason != "a guest" {
		t.Errorf("got %+v", a)
	}
	s.Do(t, assign(webtest.Owner, "member", "organization-auditor"))
	res := s.Do(t, send(webtest.Owner, http.MethodDelete, path, nil))
	if gone := s.Get(t, webtest.Owner, members+"/member"); res.StatusCode != 204 || gone.StatusCode != 404 {
		t.Errorf("ended with %d, and then %d", res.StatusCode, gone.StatusCode)
	}
	if left := s.Query(t, "SELECT role FROM member_roles WHERE user_id = ? AND organization_id = ?", s.ID("member"), s.Organizations[webtest.Default].ID.String()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if again := s.Do(t, send(webtest.Owner, http.MethodDelete, path, nil)); again.StatusCode != 404 {
		t.Errorf("again: %d", again.StatusCode)
	}
	if own := s.Do(t, send(webtest.Admin, http.MethodPut, members+"/me/roles/organization-member", map[string]any{})); own.StatusCode != 400 {
		t.Errorf("one's own: %d", own.StatusCode)
	}
}

var _ = uuid.Nil
