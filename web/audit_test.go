package web_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/web/webtest"
)

// trail makes a few entries in the default organization, oldest first: a role is made and given to member, its
// permissions change, member is refused a change of admin's roles, and member loses the role.
func trail(t *testing.T, s *webtest.Site) {
	t.Helper()
	giveRole(t, s, "reader", []rbac.Permission{readTemplate}, "member")
	giveRole(t, s, "reader", []rbac.Permission{readTemplate, denyDelete})
	if res := s.Do(t, webtest.Request{Method: http.MethodPut, Path: members + "/outsider/roles", As: webtest.Admin, JSON: `{"roles":[]}`}); res.StatusCode != 404 {
		t.Fatalf("got %d", res.StatusCode)
	}
	if res := s.Do(t, webtest.Request{Method: http.MethodDelete, Path: members + "/roles/reader", As: webtest.Member}); res.StatusCode != 403 {
		t.Fatalf("got %d", res.StatusCode)
	}
	if res := s.Do(t, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", As: webtest.Admin, JSON: `{"roles":[]}`}); res.StatusCode != 200 {
		t.Fatalf("got %d", res.StatusCode)
	}
}

// events are the sentences of a page, top first.
func events(doc *goquery.Document) []string {
	out := []string{}
	doc.Find(".ev p").Each(func(_ int, p *goquery.Selection) { out = append(out, strings.Join(strings.Fields(p.Text()), " ")) })
	return out
}

func TestAuditPage(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	trail(t, s)
	page := func(as, path string) *webtest.Response {
		return s.Send(t, webtest.Page, webtest.Request{Path: path, As: as})
	}
	doc := page(webtest.Admin, "/audit?organization=default").Document()
	want := []string{
		"admin removed the role reader from member",
		"member tried to delete the role reader (not allowed) why?",
		"operator changed the permissions of the role reader",
		"operator gave the role reader to member",
		"operator created the role reader",
	}
	got := events(doc)
	if len(got) > len(want) { // what made the site comes below
		got = got[:len(want)]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	ev := doc.Find(".ev").First()
	if ev.Find("time[datetime$=Z][title$=UTC]").Length() != 1 || ev.Find(`form[action$="/undo"]`).Length() != 1 || ev.Find(`a.link[href="/organizations/default/members/member"]`).Length() != 1 {
		t.Errorf("the first event is %s", ev.Text())
	}
	refused := doc.Find(".ev.no")
	if refused.Length() != 1 || refused.Find(".badge.bad").Text() != "Not done" || refused.Find("form").Length() != 0 {
		t.Errorf("the refusal is %s", refused.Text())
	}
	why := refused.Find("a:contains('why?')").AttrOr("href", "")
	if answer := page(webtest.Admin, why).Document().Find(".verdict h2").Text(); !strings.HasPrefix(answer, "No.") {
		t.Errorf("%s says %q", why, answer)
	}
	diff := doc.Find(".ev details[open] .diff-l").First()
	if text := strings.Join(strings.Fields(diff.Text()), " "); text != "⊘ Deny delete templates template:delete" {
		t.Errorf("the change of the role is %q", text)
	}
	// Filters.
	for query, n := range map[string]int{
		"q=reader": 3, "action=delete": 1, "username=member": 1, "q=username:member+action:delete": 1, "resource_target=READER&action=write": 1,
		"resource_type=organization_member&also=action:write": 3, "date_from=2999-01-01": 0, "date_to=2999-01-01&username=admin": 1,
	} {
		if got := page(webtest.Admin, "/audit?organization=default&"+query).Document().Find(".ev").Length(); got != n {
			t.Errorf("%s: %d events, want %d", query, got, n)
		}
	}
	doc = page(webtest.Admin, "/audit?organization=default&q=read&action=delete").Document()
	chip := doc.Find(".filter.on")
	off, _ := url.Parse(chip.Find("a.ib").AttrOr("href", ""))
	if chip.Find("b").Text() != "deleted" || off == nil || off.Query().Get("q") != "read" || doc.Find("input[name=q]").AttrOr("value", "") != "read" {
		t.Errorf("the filter is %q and leads to %v", chip.Text(), off)
	}
	if bad := page(webtest.Admin, "/audit?q=colour:red"); bad.StatusCode != 400 || bad.Document().Find("#errors").Length() != 1 || bad.Document().Find("form#find").Length() != 1 {
		t.Errorf("a bad query gives %d", bad.StatusCode)
	}
	if none := page(webtest.Admin, "/audit?organization=other"); none.StatusCode != 400 {
		t.Errorf("an organization of others gives %d", none.StatusCode)
	}
	part := s.Send(t, webtest.Fragment, webtest.Request{Path: "/audit?organization=default&username=member", As: webtest.Admin}).Document()
	if part.Find("h1").Length() != 0 || part.Find(".ev").Length() != 1 || part.Find("#export[hx-swap-oob] a").Length() != 3 || part.Find("#active[hx-swap-oob] .filter.on").Length() != 1 {
		t.Error("the fragment is not the log with its filters")
	}
}

// Pages beside a bound have every entry once, downwards as upwards.
func TestAuditPages(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for i := range 120 {
		roles := []string{`[]`, `["organization-auditor"]`}[(i+1)%2]
		s.Do(t, webtest.Request{Path: members + "/member/roles", As: webtest.Admin, JSON: `{"roles":` + roles + `}`})
	}
	var ids []string
	seen := map[string]bool{}
	path, pages := "/audit?q=username:admin", 0
	var last string
	for path != "" && pages < 9 {
		doc := s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Owner}).Document()
		doc.Find(".ev").Each(func(_ int, e *goquery.Selection) {
			id := e.AttrOr("id", "")
			if seen[id] {
				t.Errorf("%s twice", id)
			}
			seen[id] = true
			ids = append(ids, id)
		})
		last, pages = path, pages+1
		path = doc.Find("a.btn:contains('Older')").AttrOr("href", "")
	}
	if len(ids) != 120 || pages != 3 {
		t.Fatalf("%d entries on %d pages", len(ids), pages)
	}
	doc := s.Send(t, webtest.Page, webtest.Request{Path: last, As: webtest.Owner}).Document()
	up := doc.Find("a.btn:contains('Newer')").AttrOr("href", "")
	doc = s.Send(t, webtest.Page, webtest.Request{Path: up, As: webtest.Owner}).Document()
	first := doc.Find(".ev").First().AttrOr("id", "")
	if first != ids[50] || doc.Find(".ev").Length() != 50 {
		t.Errorf("%s begins with %s, want %s", up, first, ids[50])
	}
	var list struct {
		Entries []struct{ Seq int } `json:"audit_logs"`
		Count   int
	}
	s.Get(t, webtest.Owner, "/api/v2/audit?limit=2&q=username:admin").Decode(&list)
	next := "/api/v2/audit?limit=3&q=username:admin&before=" + strconv.Itoa(list.Entries[1].Seq)
	newest := list.Entries[1].Seq
	s.Get(t, webtest.Owner, next).Decode(&list)
	if list.Count != 120 || len(list.Entries) != 3 || list.Entries[0].Seq >= newest {
		t.Errorf("%s gives %+v", next, list)
	}
	for _, query := range []string{"before=x", "before=0", "after=-1", "before=1&after=2"} {
		if res := s.Get(t, webtest.Owner, "/audit?"+query); res.StatusCode != 400 {
			t.Errorf("%s: %d", query, res.StatusCode)
		}
	}
}

func TestAuditExport(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	trail(t, s)
	rename := org.Given(org.Profile{Username: "member", Name: "=cmd()"})
	if _, err := s.Service.UpdateProfile(t.Context(), s.Service.Operator().WithRequest(org.Request{UserAgent: "=HYPERLINK(1)"}), "member", rename); err != nil {
		t.Fatal(err)
	}
	var all struct{ Count int }
	s.Get(t, webtest.Owner, "/audit").Decode(&all)
	res := s.Send(t, webtest.Page, webtest.Request{Path: "/audit?format=csv", As: webtest.Owner})
	rows, err := csv.NewReader(strings.NewReader(string(res.Body))).ReadAll()
	if err != nil || len(rows) != all.Count+1 || rows[0][1] != "actor" || !regexp.MustCompile(`^attachment; filename="audit-\d{4}-\d\d-\d\d-[\w-]{4,8}\.csv"$`).MatchString(res.Header.Get("Content-Disposition")) {
		t.Fatalf("%d rows, want %d and a heading; %q, %v", len(rows), all.Count, res.Header.Get("Content-Disposition"), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("a spreadsheet would run %q", cell)
			}
		}
	}
	res = s.Send(t, webtest.Page, webtest.Request{Path: "/audit?format=jsonl&organization=default&q=action:delete", As: webtest.Admin})
	lines := strings.Split(strings.TrimSpace(string(res.Body)), "\n")
	var entry struct {
		Status int    `json:"status_code"`
		Target string `json:"resource_target"`
	}
	if len(lines) != 1 || json.Unmarshal([]byte(lines[0]), &entry) != nil || entry.Status != 403 || entry.Target != "reader" {
		t.Errorf("the filtered lines are %q", lines)
	}
	if res.Header.Get("Content-Type") != "application/jsonl; charset=utf-8" || !regexp.MustCompile(`"audit-default-.*\.jsonl"$`).MatchString(res.Header.Get("Content-Disposition")) {
		t.Errorf("they are called %q, %q", res.Header.Get("Content-Type"), res.Header.Get("Content-Disposition"))
	}
	for as, status := range map[string]int{webtest.Member: 403, webtest.Rival: 200} {
		res := s.Get(t, as, "/audit?format=csv")
		if res.StatusCode != status || strings.Contains(string(res.Body), "reader") {
			t.Errorf("%s gets %d\n%s", as, res.StatusCode, res.Body)
		}
	}
	if res := s.Get(t, webtest.Owner, "/audit?format=csv&q=colour:red"); res.StatusCode != 400 {
		t.Errorf("a bad query gives %d", res.StatusCode)
	}
}

func TestRoleHistory(t *testing.T) {
	t.Parallel()
	prepare := func(t *testing.T, s *webtest.Site) {
		giveRole(t, s, "reader", []rbac.Permission{readTemplate})
		giveRole(t, s, "reader", []rbac.Permission{readTemplate, denyDelete})
	}
	const reader = "/organizations/default/members/roles/reader"
	webtest.InEveryWay(t, webtest.Request{Path: reader + "/history", As: webtest.Admin}, 200, prepare, func(t *testing.T, way webtest.Way, s *webtest.Site, res *webtest.Response) {
		if way.Browser() {
			doc := res.Document()
			if doc.Find(".ver").Length() != 2 || doc.Find(`.ver a[href$="/history?restore=1"]`).Length() != 1 || doc.Find(".ver .diff-l").Length() != 2 {
				t.Errorf("not two versions, one of them to restore: %s", doc.Text())
			}
			return
		}
		var got []struct {
			Version   int
			CreatedBy string `json:"created_by"`
			Role      struct {
				Permissions []permission `json:"organization_permissions"`
			}
		}
		res.Decode(&got)
		if len(got) != 2 || got[0].Version != 2 || got[0].CreatedBy != "operator" || len(got[1].Role.Permissions) != 1 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("no such role", func(t *testing.T) { // which is refused before the body is read
		t.Parallel()
		s := webtest.New(t)
		for path, as := range map[string]string{roles + "/nosuch": webtest.Admin, "/users/roles/nosuch": webtest.Owner} {
			for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
				res := s.Send(t, way, webtest.Request{Method: http.MethodPost, Path: path + "/restore", As: as, JSON: `{"restore":"x"}`, Form: url.Values{"restore": {"x"}}})
				if res.StatusCode != http.StatusNotFound {
					t.Errorf("%s %s: got %d", way, path, res.StatusCode)
				}
			}
		}
	})
	for _, tt := range []struct {
		name, as string
		restore  string
		version  string // the version that the form showed
		status   int
		stored   int // permissions afterwards
	}{
		{"restored", webtest.Admin, "1", "2", 200, 1},
		{"without a base", webtest.Admin, "1", "", 200, 1},
		{"changed since", webtest.Admin, "1", "1", 409, 2},
		{"no such version", webtest.Admin, "9", "2", 404, 2},
		{"not a version", webtest.Admin, "x", "2", 400, 2},
		{"by a member", webtest.Member, "1", "2", 403, 2},
		{"from outside", webtest.Rival, "1", "2", 404, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := webtest.Request{
				Method: http.MethodPost, Path: reader + "/restore", As: tt.as, JSON: `{"restore":` + strings.Replace(tt.restore, "x", `"x"`, 1) + `}`,
			}
			for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
				s := webtest.New(t)
				prepare(t, s)
				send, status := r, way.Status(r.Method, tt.status)
				tag := strings.Replace(strings.Trim(s.Get(t, webtest.Owner, reader).Header.Get("ETag"), `"`), "2-", tt.version+"-", 1)
				send.Form = url.Values{"restore": {tt.restore}}
				if tt.version != "" {
					send.Form.Set("version", tag)
				}
				if way == webtest.JSON && tt.version != "" {
					send.Header = http.Header{"If-Match": {`"` + tag + `"`}}
					if tt.status == 409 {
						status = 412
					}
				}
				res := s.Send(t, way, send)
				if res.StatusCode != status {
					t.Errorf("%s: got %d, want %d\n%.500s", way, res.StatusCode, status, res.Body)
				}
				v, err := s.Service.Role(t.Context(), s.Service.Operator(), org.In(webtest.Default), "reader")
				if err != nil || len(v.Role.Organization) != tt.stored {
					t.Errorf("%s: %d permissions are stored, want %d (%v)", way, len(v.Role.Organization), tt.stored, err)
				}
				if way == webtest.Page && tt.status == 409 && (res.Document().Find("#errors").Length() != 1 || res.Document().Find(`form[action$="/restore"] .impact`).Length() != 1) {
					t.Error("the refusal is missing beside the review")
				}
			}
		})
	}
}

// TestRestoreIsReviewed: before a version is restored a page shows what changes and for whom, and asks. What can't be restored it
// says why, without a button.
func TestRestoreIsReviewed(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	giveRole(t, s, "reader", []rbac.Permission{readTemplate})
	giveRole(t, s, "reader", []rbac.Permission{readTemplate, denyDelete})
	s.Do(t, webtest.Request{Path: members + "/member/roles", As: webtest.Admin, JSON: `{"roles":["reader"]}`})
	review := roles + "/reader/history?restore="
	doc := s.Send(t, webtest.Page, webtest.Request{Path: review + "1", As: webtest.Admin}).Document()
	form := doc.Find(`form[action$="/restore"]`)
	if form.Find(".diff-l li").Length() == 0 || form.Find(".impact").Length() != 1 || form.Find("button").Length() != 1 {
		t.Errorf("no changes, no impact or no button: %s", doc.Text())
	}
	sent := url.Values{}
	for _, name := range []string{"restore", "version", "_once"} {
		sent.Set(name, form.Find("input[name="+name+"]").AttrOr("value", ""))
	}
	if res := s.Send(t, webtest.Page, webtest.Request{Method: http.MethodPost, Path: roles + "/reader/restore", As: webtest.Admin, Form: sent}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("restoring it gives %d: %s", res.StatusCode, res.Body)
	}
	doc = s.Send(t, webtest.Page, webtest.Request{Path: roles + "/reader/history", As: webtest.Admin}).Document()
	if text := doc.Find(".ver").First().Text(); !strings.Contains(text, "restored it from version 1") {
		t.Errorf("the history says %q", text)
	}
	for _, tt := range []struct {
		path, as        string
		status, buttons int
	}{
		{review + "1", webtest.Member, 200, 0}, // who reads roles and may not change them
		{review + "3", webtest.Admin, 200, 0},  // the present one
		{review + "9", webtest.Admin, 404, 0},
		{review + "x", webtest.Admin, 400, 0},
		{review + "1", webtest.Rival, 404, 0},
	} {
		res := s.Send(t, webtest.Page, webtest.Request{Path: tt.path, As: tt.as})
		if buttons := res.Document().Find(".confirm button").Length(); res.StatusCode != tt.status || buttons != tt.buttons {
			t.Errorf("%s for %s: got %d with %d buttons, want %d with %d", tt.path, tt.as, res.StatusCode, buttons, tt.status, tt.buttons)
		}
	}
}

func TestCompareRoles(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	giveRole(t, s, "reader", []rbac.Permission{readTemplate})
	giveRole(t, s, "reader", []rbac.Permission{readTemplate, denyDelete})
	giveRole(t, s, "writer", []rbac.Permission{readTemplate, {ResourceType: "template", Action: "update"}})
	const reader = "/organizations/default/members/roles/reader/compare"
	for _, tt := range []struct {
		name, as, query string
		status          int
		want            string // the differences
	}{
		{"the last change", webtest.Member, "", 200, "template:delete not_set deny"},
		{"the other way round", webtest.Admin, "?version=2&with_version=1", 200, "template:delete deny not_set"},
		{"another role", webtest.Admin, "?with=writer", 200, "template:delete deny not_set; template:update not_set allow"},
		{"another role before", webtest.Admin, "?with=writer&version=1", 200, "template:update not_set allow"},
		{"itself", webtest.Admin, "?version=2&with_version=2", 200, ""},
		{"no such role", webtest.Admin, "?with=nobody", 404, ""},
		{"no such version", webtest.Admin, "?version=7", 404, ""},
		{"no version", webtest.Admin, "?version=first", 400, ""},
		{"from outside", webtest.Rival, "", 404, ""},
	} {
		for _, way := range []webtest.Way{webtest.JSON, webtest.Page} {
			res := s.Send(t, way, webtest.Request{Path: reader + tt.query, As: tt.as})
			if res.StatusCode != tt.status {
				t.Errorf("%s, %s: got %d\n%.400s", tt.name, way, res.StatusCode, res.Body)
				continue
			}
			if tt.status != 200 {
				continue
			}
			var lines []string
			if way == webtest.Page {
				words := strings.NewReplacer("Not set", "not_set", "Allow", "allow", "Deny", "deny")
				res.Document().Find(".merge tbody tr").Each(func(_ int, tr *goquery.Selection) {
					lines = append(lines, strings.Join(strings.Fields(words.Replace(strings.Join(tr.Find("td").Map(func(_ int, td *goquery.Selection) string { return td.Text() }), " "))), " "))
				})
			} else {
				var got struct {
					Differences []struct {
						ResourceType string `json:"resource_type"`
						Action       string
						From, To     string
					}
				}
				res.Decode(&got)
				for _, d := range got.Differences {
					lines = append(lines, d.ResourceType+":"+d.Action+" "+d.From+" "+d.To)
				}
			}
			if way == webtest.Page { // beside the names stands what they let people do
				for i, line := range lines {
					lines[i] = line[max(0, strings.Index(line, "template:")):]
				}
			}
			if got := strings.Join(lines, "; "); got != tt.want {
				t.Errorf("%s, %s: %q, want %q", tt.name, way, got, tt.want)
			}
		}
	}
	builtIn := "/organizations/default/members/roles/organization-auditor/compare?with=reader"
	if res := s.Send(t, webtest.Page, webtest.Request{Path: builtIn, As: webtest.Admin}); res.StatusCode != 200 || res.Document().Find(".merge tbody tr").Length() == 0 {
		t.Errorf("a built-in role beside a custom one: %d", res.StatusCode)
	}
	for path, status := range map[string]int{
		"/users/roles/auditor/compare?with=owner": 200, "/users/roles/auditor/history": 404, "/organizations/default/members/roles/organization-auditor/history": 404,
	} {
		if res := s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Owner}); res.StatusCode != status {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, status)
		}
	}
}

// TestAuditHidesAccounts: a caller that may read the trail of an organization, but no account, learns from it who did
// what and nothing else about them: not by any form of the trail, and not by asking for an address.
func TestAuditHidesAccounts(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	giveRole(t, s, "eye", []rbac.Permission{{ResourceType: "audit_log", Action: "read"}}, webtest.Member)
	do(t, s, send(webtest.Owner, http.MethodPost, "/organizations/other/members/admin", nil))
	do(t, s, send(webtest.Owner, http.MethodPut, "/users/admin/profile", map[string]any{"username": "admin", "name": "Ada"}))
	do(t, s, send(webtest.Admin, http.MethodPut, members+"/owner/roles", map[string]any{"roles": []string{orgAuditor}}))
	home, other := s.Organizations[webtest.Default].ID.String(), s.Organizations[webtest.Other].ID.String()

	var list struct {
		Count   int `json:"count"`
		Entries []struct {
			User map[string]any `json:"user"`
		} `json:"audit_logs"`
	}
	ask := func(as, q string) {
		t.Helper()
		list.Count, list.Entries = 0, nil
		res := s.Get(t, as, "/audit?q="+url.QueryEscape(q))
		if res.StatusCode != 200 {
			t.Fatalf("%s asks for %s: got %d %s", as, q, res.StatusCode, res.Body)
		}
		res.Decode(&list)
	}
	const never = "0001-01-01T00:00:00Z"
	ask(webtest.Member, "username:admin")
	want := map[string]any{
		"id": s.ID(webtest.Admin), "username": "admin", "name": "Ada", "avatar_url": "", "email": "", "status": "", "login_type": "", "theme_preference": "", "is_service_account": false, "has_ai_seat": false,
		"created_at": never, "updated_at": never, "last_seen_at": never, "roles": []any{}, "organization_ids": []any{home},
	}
	if diff := cmp.Diff(want, list.Entries[0].User); diff != "" {
		t.Errorf("the fields of admin (-want +got)\n%s", diff)
	}
	if ask(webtest.Owner, "username:admin organization:default"); list.Entries[0].User["email"] != "admin@example.com" || len(list.Entries[0].User["organization_ids"].([]any)) != 2 {
		t.Errorf("the owner reads %v", list.Entries[0].User)
	}

	for _, path := range []string{"/audit", "/audit?organization=default", "/audit?format=csv", "/audit?format=jsonl"} {
		for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
			res := s.Send(t, way, webtest.Request{Path: path, As: webtest.Member})
			if res.StatusCode != 200 || !strings.Contains(string(res.Body), "admin") {
				t.Fatalf("%s as %s: got %d\n%.300s", path, way, res.StatusCode, res.Body)
			}
			for _, secret := range []string{"admin@example.com", "owner@example.com", other} {
				if strings.Contains(string(res.Body), secret) {
					t.Errorf("%s as %s reveals %s", path, way, secret)
				}
			}
		}
	}
	for _, address := range []string{"admin@example.com", "outsider@example.com", "none@example.com"} {
		if ask(webtest.Member, "email:"+address); list.Count != 0 || len(list.Entries) > 0 {
			t.Errorf("asking for %s finds %d", address, list.Count)
		}
	}
	if res := s.Do(t, webtest.Request{Method: http.MethodDelete, Path: members + "/roles/eye", As: webtest.Member}); res.StatusCode != 403 {
		t.Fatalf("got %d", res.StatusCode)
	}
	if ask(webtest.Member, "email:member@example.com"); list.Count != 1 {
		t.Errorf("asking for the own address finds %d", list.Count)
	}
	if ask(webtest.Owner, "email:admin@example.com"); list.Count == 0 {
		t.Error("the owner finds nothing by an address")
	}
}

// TestAuditTellsOfAccounts: what is done to an account, by whatever way, in the words of its entry.
func TestAuditTellsOfAccounts(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	act := func(way webtest.Way, method, path string, form url.Values) {
		t.Helper()
		r := webtest.Request{As: webtest.Owner, Method: method, Path: "/users/member" + path, Form: form}
		if res := s.Send(t, way, r); res.StatusCode >= 400 {
			t.Fatalf("%s %s: got %d\n%.500s", method, path, res.StatusCode, res.Body)
		}
	}
	act(webtest.Page, "PUT", "/password", url.Values{"password": {"correct horse battery stable"}})
	act(webtest.Page, "POST", "/password-link", url.Values{})
	act(webtest.Page, "DELETE", "/password-link", url.Values{})
	act(webtest.Page, "PUT", "/profile", url.Values{"username": {"member"}, "name": {"Mem"}})
	act(webtest.Page, "PUT", "/status/suspend", url.Values{})
	act(webtest.Page, "PUT", "/status/activate", url.Values{})
	act(webtest.Page, "PUT", "/profile", url.Values{"username": {"renamed"}, "name": {"Mem"}})
	res := s.Send(t, webtest.Page, webtest.Request{Path: "/audit", As: webtest.Owner})
	want := []string{
		"owner renamed member", "owner reactivated member", "owner suspended member", "owner changed the account member",
		"owner revoked the link to set the password of member", "owner created a link to set the password for member", "owner set the password of member",
	}
	got := events(res.Document())
	for i := range got {
		got[i] = strings.Replace(got[i], "Olive Owner", "owner", 1)
	}
	if diff := cmp.Diff(want, got[:min(len(got), len(want))]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if n := strings.Count(res.Text(), "changed, not recorded"); n < 3 {
		t.Errorf("of %d secrets it says that they are not recorded", n)
	}
}

// TestAuditTellsOfExpiry: the end of a token stands on the page, in the file and in JSON, as nobody's deed.
func TestAuditTellsOfExpiry(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	if _, _, err := s.Service.CreateToken(t.Context(), s.Service.Operator(), "member", org.Given(org.TokenInput{Name: "nightly"})); err != nil {
		t.Fatal(err)
	}
	s.Exec(t, "UPDATE api_keys SET expires_at = ? WHERE name = 'nightly'", time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC))
	if noted, err := s.Service.NoteExpiredTokens(t.Context()); noted != 1 || err != nil {
		t.Fatalf("%d noted, %v", noted, err)
	}
	const q = "/audit?q=action:expire"
	page := s.Send(t, webtest.Page, webtest.Request{Path: q, As: webtest.Owner})
	if got := events(page.Document()); len(got) != 1 || got[0] != "The token nightly of member expired" {
		t.Errorf("the page says %q", got)
	}
	if n := page.Document().Find("article .av-bot").Length(); n != 1 {
		t.Errorf("it shows %d keys", n)
	}
	rows, err := csv.NewReader(strings.NewReader(s.Send(t, webtest.Page, webtest.Request{Path: q + "&format=csv", As: webtest.Owner}).Text())).ReadAll()
	if err != nil || len(rows) != 2 || !slices.Equal(rows[1][1:7], []string{"", "expire", "api_key", "member", "", "200"}) || !strings.Contains(rows[1][10], `"nightly"`) {
		t.Errorf("%q, %v", rows, err)
	}
	var list struct {
		Entries []struct {
			Description string
			User        any
			Diff        map[string]struct{ Old, New any }
		} `json:"audit_logs"`
	}
	s.Get(t, webtest.Owner, q).Decode(&list)
	if e := list.Entries; len(e) != 1 || e[0].User != nil || e[0].Description != "API key of {target} expired" || e[0].Diff["expires_at"].Old != "2026-02-03T04:05:06Z" {
		t.Errorf("%+v", list)
	}
}

// What was done with a token names it in each form, and is found by it.
func TestAuditNamesTokens(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	trail(t, s)
	type entries struct {
		Count int
		Logs  []struct {
			Fields map[string]string `json:"additional_fields"`
		} `json:"audit_logs"`
	}
	find := func(q string) (list entries) {
		t.Helper()
		s.Get(t, webtest.Owner, "/audit?limit=1&q="+url.QueryEscape(q)).Decode(&list)
		return list
	}
	all := find("username:admin resource_type:organization_member")
	token := all.Logs[0].Fields["token_id"]
	if of := find("token_id:" + token); token == "" || of.Count != find("username:admin").Count || of.Logs[0].Fields["token_id"] != token {
		t.Fatalf("%+v, by its token %q %+v", all, token, of)
	}
	if none := find("token_id:" + strings.ToLower(token) + "x"); none.Count != 0 {
		t.Errorf("another token: %+v", none)
	}
	doc := s.Send(t, webtest.Page, webtest.Request{Path: "/audit?token_id=" + token, As: webtest.Owner}).Document()
	if got := doc.Find(".ev small a").First(); got.Text() != token || got.AttrOr("href", "") != "/audit?q=token_id%3A"+token {
		t.Errorf("the page names %q, which leads to %q", got.Text(), got.AttrOr("href", ""))
	}
	if got := doc.Find("#active input[name=token_id]").AttrOr("value", ""); got != token {
		t.Errorf("the filter is %q", got)
	}
	rows, err := csv.NewReader(strings.NewReader(s.Send(t, webtest.Page, webtest.Request{Path: "/audit?format=csv&q=token_id:" + token, As: webtest.Owner}).Text())).ReadAll()
	if last := len(rows[0]) - 1; err != nil || rows[0][last] != "token_id" || rows[1][last] != token {
		t.Errorf("%v, %v", rows, err)
	}
}
