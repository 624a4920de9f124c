package web_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/uuid"

	"rolecall.example/db/dbtest"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// hostile are texts that people may store and that must stay texts.
var hostile = []string{
	`"><img src=x onerror=alert(1)>`, `'><svg/onload=alert(1)>`, `</script><script>alert(1)</script>`, `javascript:alert(1)`,
	`" hx-get="/users" hx-trigger="load`, `{{7*7}}${7*7}<%= 7*7 %>`, `</title><script>alert(1)</script>`, `<!--`, `&lt;script&gt;`, "<a href=//evil.example>x</a>",
}

// C5, T56: hostile text in every field that is stored is text on every page and fragment that shows it.
func TestC5_StoredTextIsInert(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	must := func(r webtest.Request) {
		t.Helper()
		r.As, r.Unchecked = webtest.Owner, true
		if res := s.Do(t, r); res.StatusCode >= 300 {
			t.Fatalf("%s %s: got %d %s", r.Method, r.Path, res.StatusCode, res.Body)
		}
	}
	for i, text := range hostile {
		name := fmt.Sprintf("h%d", i)
		must(webtest.Request{Method: "POST", Path: "/users", JSON: map[string]any{"username": name, "email": name + "@example.com", "name": text, "login_type": "none", "organization_ids": []string{s.Organizations[webtest.Default].ID.String()}}})
		must(webtest.Request{Method: "PUT", Path: members + "/roles", JSON: map[string]any{"name": "r" + name, "display_name": text, "organization_permissions": []any{}}})
		must(webtest.Request{Method: "PATCH", Path: "/users/roles", JSON: map[string]any{"name": "s" + name, "display_name": text, "site_permissions": []any{}, "user_permissions": []any{}}})
		must(webtest.Request{Method: "PUT", Path: members + "/" + name + "/roles", JSON: map[string]any{"roles": []string{"r" + name}}, Header: http.Header{"User-Agent": {text}}})
	}
	must(webtest.Request{Method: "PATCH", Path: "/organizations/default", JSON: map[string]any{"display_name": hostile[0], "description": hostile[2], "icon": hostile[3]}})
	pages := 0
	for _, r := range web.Routes() {
		if r.Method != http.MethodGet || !r.Offers(web.Page) {
			continue
		}
		for i, text := range hostile {
			v := values("default", fmt.Sprintf("h%d", i), fmt.Sprintf("rh%d", i), uuid.NewString())
			if strings.HasPrefix(r.Path, "/users/roles") {
				v["roleName"] = fmt.Sprintf("sh%d", i)
			}
			path, _ := pathWith(r.Path, v)
			for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
				for _, query := range []string{"?q=" + url.QueryEscape(text) + "&from=" + url.QueryEscape(text) + "&role=" + url.QueryEscape(text) + "&next=" + url.QueryEscape(text) + "&sort=" + url.QueryEscape(text)} {
					res := s.Send(t, way, webtest.Request{Path: path + query, As: webtest.Owner, Unchecked: true})
					pages++
					for _, problem := range active(res) {
						t.Errorf("%s %s with %q: %s", way, path, text, problem)
					}
				}
			}
		}
	}
	if pages < 200 {
		t.Errorf("only %d pages were looked at", pages)
	}
}

// active lists what in a page runs or loads something that this program did not put there.
func active(res *webtest.Response) (found []string) {
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		return nil
	}
	res.Document().Find("*").Each(func(_ int, e *goquery.Selection) {
		tag := goquery.NodeName(e)
		for _, a := range e.Get(0).Attr {
			v := strings.ToLower(strings.TrimSpace(a.Val))
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc":
				found = append(found, fmt.Sprintf("<%s %s=%q>", tag, a.Key, a.Val))
			case a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "formaction" || slices.Contains([]string{"hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete"}, a.Key):
				local := strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "//") && !strings.Contains(v, `\`) || strings.HasPrefix(v, "#") || strings.HasPrefix(v, "?") || v == "" || strings.HasPrefix(v, "mailto:") || strings.HasPrefix(v, "data:image/")
				if !local {
					found = append(found, fmt.Sprintf("<%s %s=%q>", tag, a.Key, a.Val))
				}
			case strings.HasPrefix(a.Key, "hx-on"), strings.HasPrefix(a.Key, "hx-") && (strings.Contains(v, "js:") || strings.Contains(v, "javascript:")):
				found = append(found, fmt.Sprintf("<%s %s=%q>", tag, a.Key, a.Val))
			}
		}
		if src, ok := e.Attr("src"); tag == "script" && (!ok || !strings.HasPrefix(src, "/static/")) {
			found = append(found, "<script> that is not ours")
		}
		if tag == "iframe" || tag == "object" || tag == "embed" || tag == "base" {
			found = append(found, "<"+tag+">")
		}
	})
	return found
}

// C8, T58: no cell of a CSV file is a formula, and reading it gives back what was stored.
func TestC8_CSVIsInert(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	names := []string{"=1+1", "+1", "-1", "@SUM(A1)", `a,"b"`, `"quoted"`, "'=1", "|calc", "%0A=1", "=HYPERLINK(\"//evil.example\")"}
	for i, name := range names {
		r := webtest.Request{Method: "POST", As: webtest.Owner, Path: "/users", JSON: map[string]any{
			"username": fmt.Sprint("c", i), "email": fmt.Sprintf("c%d@example.com", i), "name": name, "login_type": "none",
			"organization_ids": []string{s.Organizations[webtest.Default].ID.String()},
		}}
		if res := s.Do(t, r); res.StatusCode != http.StatusCreated {
			t.Fatalf("%s", res.Body)
		}
	}
	for _, path := range []string{members, "/organizations/default/paginated-members", "/users", "/audit"} {
		res := s.Do(t, webtest.Request{Path: path, As: webtest.Owner, Header: http.Header{"Accept": {"text/csv"}}})
		records, err := csv.NewReader(strings.NewReader(string(res.Body))).ReadAll()
		if err != nil || len(records) < len(names) || res.StatusCode != 200 {
			t.Errorf("%s: got %d, %d rows, %v", path, res.StatusCode, len(records), err)
		}
		seen := 0
		for _, record := range records {
			for _, cell := range record {
				if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
					t.Errorf("%s: a spreadsheet takes %q for a formula", path, cell)
				}
				for _, name := range names {
					if cell == name || cell == "'"+name {
						seen++
					}
				}
			}
		}
		if path != "/audit" && seen < len(names) {
			t.Errorf("%s: %d of %d names came back", path, seen, len(names))
		}
	}
}

// D2, T71: no secret is written anywhere but into the answer that gives it away.
func TestD2_CanarySecrets(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	const password, wrong, old = "canary-password-of-member", "canary-wrong-password", "canary-old-password"
	do := func(r webtest.Request) *webtest.Response {
		r.Unchecked = true
		return s.Do(t, r)
	}
	do(webtest.Request{Method: "PUT", Path: "/users/member/password", As: webtest.Owner, JSON: map[string]string{"password": password}})
	do(webtest.Request{Method: "PUT", Path: "/users/me/password", As: webtest.Admin, JSON: map[string]string{"password": password, "old_password": old}})
	do(webtest.Request{Method: "POST", Path: "/users/login", JSON: map[string]string{"email": "member@example.com", "password": wrong}})
	do(webtest.Request{Method: "POST", Path: "/users/login", JSON: map[string]string{"email": "canary-typed-into-email", "password": wrong}})
	do(webtest.Request{Method: "POST", Path: "/users/login?password=canary-in-query", JSON: `{"email": "canary-broken`})
	do(webtest.Request{Path: "/users/me", Header: http.Header{"Coder-Session-Token": {"canary0123-0123456789012345678901"}, "Cookie": {"rolecall=canary-cookie"}, "Authorization": {"Bearer canary-bearer"}}})
	do(webtest.Request{Path: "/canary-path/canary?canary=1", Header: http.Header{"Referer": {"http://rolecall.test/canary-referer"}}})
	do(webtest.Request{Method: "POST", Path: "/users/first", JSON: map[string]string{"setup_token": "canary-setup-token", "password": password}})
	var made struct{ Key string }
	do(webtest.Request{Method: "POST", Path: "/users/me/keys/tokens", As: webtest.Admin, JSON: map[string]string{"token_name": "mine"}}).Decode(&made)
	var login struct {
		Token string `json:"session_token"`
	}
	do(webtest.Request{Method: "POST", Path: "/users/login", JSON: map[string]string{"email": "member@example.com", "password": password}}).Decode(&login)
	cookie := s.Cookie(t, webtest.Owner)
	do(webtest.Request{Path: "/users/me", Header: http.Header{"Cookie": {cookie}}})
	if len(made.Key) < 30 || len(login.Token) < 30 {
		t.Fatal("the secrets were not given away in the first place")
	}
	where := map[string]string{"log": s.Log.String(), "audit trail": fmt.Sprint(s.Query(t, "SELECT * FROM audit_logs"))}
	for table := range dbtest.Columns(t, s.Place()) {
		where[table] = fmt.Sprint(s.Query(t, "SELECT * FROM "+table))
	}
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(s.Place() + suffix)
		if err != nil && !dbtest.OnServer() {
			t.Fatal(err)
		}
		where["database"+suffix] = string(b)
	}
	for _, secret := range []string{"canary", made.Key[11:], login.Token[11:], strings.TrimPrefix(cookie, "rolecall=")} {
		for place, content := range where {
			if strings.Contains(content, secret) {
				at := strings.Index(content, secret)
				t.Errorf("%s has %q: …%q…", place, secret, content[max(0, at-60):min(len(content), at+60)])
			}
		}
	}
}

// D3: nothing that a client sends makes a line of the log of its own, or hides in one.
func TestD3_ForgedLogLines(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	evil := "x\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\r\n\x1b[31mred\u2028\u2029"
	for _, r := range []webtest.Request{
		{Path: "/" + url.PathEscape(evil), As: webtest.Owner},
		{Path: members + "?q=" + url.QueryEscape(evil), As: webtest.Owner},
		{Path: members, As: webtest.Owner, Header: http.Header{"User-Agent": {evil}, "X-Request-Id": {evil}, "X-Forwarded-For": {evil}, "Accept": {evil}}},
		{Method: "POST", Path: "/users/login", JSON: map[string]string{"email": evil, "password": evil}},
		{Method: "PUT", Path: "/users/me/profile", As: webtest.Owner, JSON: map[string]string{"username": evil, "name": evil}},
	} {
		r.Unchecked = true
		s.Do(t, r)
	}
	lines := 0
	for scan := bufio.NewScanner(strings.NewReader(s.Log.String())); scan.Scan(); lines++ {
		var line map[string]any
		if err := json.Unmarshal(scan.Bytes(), &line); err != nil || line["msg"] == "forged" {
			t.Errorf("a line of the log is %q, %v", scan.Text(), err)
		}
		if strings.ContainsAny(scan.Text(), "\x1b\u2028\u2029\r") {
			t.Errorf("a line of the log has control characters: %q", scan.Text())
		}
	}
	if lines != 5 {
		t.Errorf("%d lines for 5 requests", lines)
	}
}

// C14: a fault shows its request id and nothing else, on every route that reads or writes.
func TestC14_FaultsTellNothing(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	cookie := s.Cookie(t, webtest.Owner)
	s.Break(t)
	faults := 0
	for _, r := range web.Routes() {
		path, _ := pathWith(r.Path, values("default", "member", "organization-auditor", uuid.NewString()))
		for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
			req := webtest.Request{Method: r.Method, Path: strings.ReplaceAll(path, "*", "x"), Unchecked: true, Header: http.Header{"Cookie": {cookie}}}
			if r.Method != http.MethodGet {
				req.JSON, req.Form = anything(t, r.Method, path), anyForm()
			}
			res := s.Send(t, way, req)
			if res.StatusCode < 500 {
				continue
			}
			faults++
			for _, inside := range []string{"sql", "SQL", "database", "rbac", "/work", "/tmp", ".go:", "goroutine", "closed"} {
				if strings.Contains(res.Text(), inside) && r.Path != "/readyz" {
					t.Errorf("%s %s %s: got %d, which reveals %q: %.300s", way, r.Method, path, res.StatusCode, inside, res.Text())
				}
			}
			if id := res.Header.Get("X-Request-Id"); r.Path != "/readyz" && !strings.Contains(res.Text(), id) {
				t.Errorf("%s %s %s: got %d without the request id: %.300s", way, r.Method, path, res.StatusCode, res.Text())
			}
		}
	}
	if faults < 100 {
		t.Errorf("only %d faults", faults)
	}
}
