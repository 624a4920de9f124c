package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rolecall.example/web/webtest"
)

// TestMemberQueries: both lists, in both styles, take the search language as clients write it; a page takes a text whose
// keys are unknown as it stands.
func TestMemberQueries(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	do(t, s, send(webtest.Owner, "PUT", "/users/member/profile", map[string]any{"username": "member", "name": "Mary Member"}))
	var me struct{ ID string }
	s.Get(t, webtest.Owner, "/users/member").Decode(&me)
	const unknown = "Invalid organization member search query."
	for query, want := range map[string]string{
		`status:active name:"ary memb"`:         "member",
		"user_id:" + me.ID:                      "member",
		"user_id:" + me.ID + " admin":           "",
		"service_account:true":                  "",
		"login_type:password role:owner":        webtest.Owner,
		"github_user_id:0 mary":                 "member",
		"github_user_id:7":                      "",
		"last_seen_before:1999-01-01T00:00:00Z": "",
		"include_system:true user_id:" + me.ID:  "member",
		"x:y":                                   unknown,
		"status:gone":                           unknown,
		"service_account:perhaps":               unknown,
		"user_id:me":                            unknown,
		":":                                     unknown,
	} {
		for _, way := range []webtest.Way{webtest.JSON, webtest.SDK} {
			for _, list := range []string{members, "/organizations/default/paginated-members"} {
				res := s.Send(t, way, webtest.Request{As: webtest.Owner, Path: list + "?q=" + url.QueryEscape(query)})
				if body := string(res.Body); want == unknown {
					if res.StatusCode != 400 || !strings.Contains(body, unknown) {
						t.Errorf("%s %s?q=%s: %d %s", way, list, query, res.StatusCode, body)
					}
				} else if res.StatusCode != 200 || strings.Count(body, `"user_id"`) != min(1, len(want)) || !strings.Contains(body, want) {
					t.Errorf("%s %s?q=%s: %d, want %q: %s", way, list, query, res.StatusCode, want, body)
				}
			}
		}
	}
	if res := s.Send(t, webtest.Page, webtest.Request{As: webtest.Owner, Path: members + "?q=Dr:+X"}); res.StatusCode != 200 {
		t.Errorf("a page looks for an unknown key: %d", res.StatusCode)
	}
}

// TestPartsOfLists: the header Link names the parts beside the one that is answered, also when it comes from memory, and
// after_id leaves the count alone.
func TestPartsOfLists(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	const list = "/api/v2/organizations/default/paginated-members"
	want := `<` + list + `?limit=1&sort=username>; rel="first", <` + list + `?limit=1&sort=username>; rel="prev", ` +
		`<` + list + `?limit=1&offset=2&sort=username>; rel="next", <` + list + `?limit=1&offset=2&sort=username>; rel="last"`
	for range 2 {
		if got := s.Get(t, webtest.Owner, list+"?sort=username&limit=1&offset=1").Header.Get("Link"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	var page []struct {
		Count   int
		Members []struct {
			ID string `json:"user_id"`
		}
	}
	s.Get(t, webtest.Owner, list).Decode(&page)
	first, all := page[0].Members[0].ID, page[0].Count
	// The last part has none after it, and one past the end leads back to the last.
	for offset, links := range map[int]string{
		all - 1: fmt.Sprintf(`rel="first", <%s?limit=1&offset=%d>; rel="prev", <%s?limit=1&offset=%d>; rel="last"`, list, all-2, list, all-1),
		all + 5: fmt.Sprintf(`rel="first", <%s?limit=1&offset=%d>; rel="prev", <%s?limit=1&offset=%d>; rel="last"`, list, all-1, list, all-1),
	} {
		if got := s.Get(t, webtest.Owner, list+"?limit=1&offset="+strconv.Itoa(offset)).Header.Get("Link"); !strings.HasSuffix(got, links) {
			t.Errorf("at %d of %d: got  %s\nwant %s", offset, all, got, links)
		}
	}
	var trail struct {
		Entries []struct{ Seq int } `json:"audit_logs"`
	}
	s.Get(t, webtest.Owner, "/audit?limit=2").Decode(&trail)
	second := trail.Entries[1].Seq
	beside := fmt.Sprintf(`</audit?limit=1>; rel="first", </audit?after=%d&limit=1>; rel="prev", </audit?before=%d&limit=1>; rel="next"`, second, second)
	if got := s.Get(t, webtest.Owner, fmt.Sprintf("/audit?limit=1&before=%d", trail.Entries[0].Seq)).Header.Get("Link"); got != beside {
		t.Errorf("beside an entry: got  %s\nwant %s", got, beside)
	}
	s.Get(t, webtest.Owner, list+"?after_id="+first).Decode(&page)
	if page[0].Count != all || len(page[0].Members) != all-1 || page[0].Members[0].ID == first {
		t.Errorf("after the first of %d: %+v", all, page)
	}
	// Whoever follows next sees everybody once, and after the last one there is none.
	for path, more := range map[string]string{list: "sort=username", "/api/v2/organizations/default/members": "", "/api/v2/users": "q=status:active"} {
		ids, at := map[string]bool{}, path+"?limit=2&after_id="+first+"&"+more
		for parts := 0; at != "" && parts < 20; parts++ {
			res := s.Get(t, webtest.Owner, at)
			found := regexp.MustCompile(`"(?:user_id|id)":"([0-9a-f-]{36})","(?:organization_id|username)"`).FindAllStringSubmatch(res.Text(), -1)
			if len(found) == 0 || len(found) > 2 {
				t.Errorf("%s has %d rows", at, len(found))
			}
			for _, f := range found {
				if ids[f[1]] || f[1] == first {
					t.Errorf("%s is listed again", f[1])
				}
				ids[f[1]] = true
			}
			link := res.Header.Get("Link")
			if first := "<" + path + "?limit=2"; !strings.HasPrefix(link, first) || !strings.Contains(link, `>; rel="first"`) || strings.Contains(link, "last") {
				t.Errorf("%s has the links %s", at, link)
			}
			at = ""
			if next := regexp.MustCompile(`, <([^>]*)>; rel="next"$`).FindStringSubmatch(link); next != nil {
				at = next[1]
			}
		}
		query := "SELECT count(*) FROM organization_members m JOIN organizations o ON o.id = m.organization_id WHERE o.name = 'default'"
		if path == "/api/v2/users" {
			query = "SELECT count(*) FROM users WHERE status = 'active' AND username_key > (SELECT username_key FROM users WHERE id = '" + first + "')"
		} else {
			query += " AND m.user_id <> '" + first + "'"
		}
		if want := fmt.Sprint(s.Query(t, query)[0][0]); want != strconv.Itoa(len(ids)) {
			t.Errorf("%s lists %d, want %s", path, len(ids), want)
		}
	}
	for _, hidden := range []string{list + "?after_id=" + first, "/users?after_id=" + first} {
		if res := s.Get(t, webtest.Member, hidden); res.StatusCode != 400 || !strings.Contains(string(res.Body), "names no member") {
			t.Errorf("%s of an account that may not be read: %d %s", hidden, res.StatusCode, res.Body)
		}
	}
}
