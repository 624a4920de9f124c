package web_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rolecall.example/client"
	"rolecall.example/web/webtest"
)

// Everything that is wrong with a request is in one answer: roles that there are not, and an end that is no time or is over.
func TestNamesAndEndsInOneAnswer(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	give := func(until string) map[string]any { return map[string]any{"roles": []string{"nope"}, "until": until} }
	for name, c := range map[string]struct {
		request webtest.Request
		want    string
	}{
		"no time": {send(webtest.Owner, http.MethodPut, members+"/member/roles", give("soon")), "roles[0] until"},
		"over":    {send(webtest.Owner, http.MethodPut, members+"/member/roles", give("2020-01-01T00:00:00Z")), "roles[0] until"},
		"site":    {send(webtest.Owner, http.MethodPut, "/users/member/roles", give("soon")), "roles[0] until"},
		"bulk": {send(webtest.Owner, http.MethodPost, members, map[string]any{
			"action": "add-role", "role": "nope", "users": []string{"member"}, "until": "soon",
		}), "role until"},
		"invitation": {send(webtest.Owner, http.MethodPost, "/organizations/default/invitations", map[string]any{
			"emails": []string{"new@example.com"}, "roles": []string{"nope"}, "until": "soon", "expires_in": "1m",
		}), "expires_in roles[0] until"},
	} {
		res := s.Do(t, c.request)
		var fields []string
		for _, v := range res.Error().Validations {
			fields = append(fields, v.Field)
		}
		slices.Sort(fields)
		if got := strings.Join(fields, " "); res.StatusCode != http.StatusBadRequest || got != c.want {
			t.Errorf("%s: got %d, wrong are %s, want %s: %s", name, res.StatusCode, got, c.want, res.Body)
		}
	}
}

// Explanations and who can say until when in JSON, in the file and on the page.
func TestUntilInAnswers(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	end := time.Now().AddDate(0, 0, 40).UTC().Truncate(time.Second)
	places[0].record(t, s, "organization-auditor", "manual", end)
	const question = "action=read&resource_type=audit_log"
	isEnd := func(what string, at *time.Time) {
		t.Helper()
		if at == nil || !at.Equal(end) {
			t.Errorf("%s: until %v, want %v", what, at, end)
		}
	}
	var told client.MemberExplained
	s.Get(t, webtest.Owner, members+"/member?explain=1&"+question).Decode(&told)
	isEnd("explanation", told.Explanation.Until)
	isEnd("match", told.Explanation.Levels[1].Matches[0].Until)
	var list client.WhoCan
	s.Get(t, webtest.Owner, "/organizations/default/who-can?"+question).Decode(&list)
	found := slices.IndexFunc(list.Members, func(a client.Able) bool { return a.Username == "member" })
	if found < 0 {
		t.Fatalf("nobody called member in %+v", list.Members)
	}
	isEnd("who can", list.Members[found].Until)
	for i, m := range list.Members {
		if i != found && m.Until != nil {
			t.Errorf("%s may until %v", m.Username, m.Until)
		}
	}
	rows := s.Do(t, webtest.Request{As: webtest.Owner, Path: "/organizations/default/who-can?" + question, Header: http.Header{"Accept": {"application/x-ndjson"}}})
	for line := range strings.Lines(string(rows.Body)) {
		var p client.AblePerson
		if json.Unmarshal([]byte(line), &p) == nil && p.Username == "member" {
			isEnd("row", p.Until)
			found = -1
		}
	}
	if found >= 0 {
		t.Errorf("no row of member in %s", rows.Body)
	}
	file := s.Do(t, webtest.Request{As: webtest.Owner, Path: "/organizations/default/who-can?" + question, Header: http.Header{"Accept": {"text/csv"}}})
	if want := "," + end.Format(time.RFC3339) + ","; !strings.Contains(string(file.Body), want) {
		t.Errorf("no %q in %s", want, file.Body)
	}
	for path, in := range map[string]string{
		"/organizations/default/who-can?" + question: "#results .src time",
		members + "/member?" + question:              "#answer .verdict time",
	} {
		page := s.Send(t, webtest.Page, webtest.Request{As: webtest.Owner, Path: path})
		if at, _ := page.Document().Find(in).Attr("datetime"); at != end.Format(time.RFC3339) {
			t.Errorf("%s: the page says %q in %s", path, at, in)
		}
	}
}

// What any account answers at a path, "me" answers there too, where the caller has paths of its own.
func TestOwnFactorsAreNotReset(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	res := s.Do(t, webtest.Request{Method: http.MethodDelete, Path: "/users/me/mfa", As: webtest.Owner})
	if res.StatusCode != http.StatusBadRequest || !strings.Contains(string(res.Body), "You can't reset your own second factor.") {
		t.Errorf("got %d %s", res.StatusCode, res.Body)
	}
	res = s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/users/me/mfa", As: webtest.Owner})
	if allow := res.Header.Get("Allow"); res.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(allow, "DELETE") {
		t.Errorf("got %d, Allow %q", res.StatusCode, allow)
	}
}
