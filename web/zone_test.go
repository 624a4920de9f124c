package web_test

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"rolecall.example/web/webtest"
)

// TestZones: every time of a page stands in the zone of its reader, as far as the server has data on it.
func TestZones(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	show := func(path, cookies string) (*webtest.Response, string) {
		t.Helper()
		res := s.Send(t, webtest.Page, webtest.Request{Path: path, Header: http.Header{"Cookie": {s.Cookie(t, webtest.Owner) + cookies}}})
		return res, res.Text()
	}
	for cookies, want := range map[string]string{
		"":                                    "",
		"; tz=America/Los_Angeles":            "America/Los_Angeles",
		"; tz=Asia/Kathmandu":                 "Asia/Kathmandu",
		"; tz=Europe/Berlin; zone=Asia/Tokyo": "Asia/Tokyo", // chosen
		"; tz=Mars/Olympus":                   "",
		"; tz=../../etc/passwd":               "",
		"; tz=Local":                          "",
	} {
		res, text := show("/audit", cookies)
		page := res.Document()
		first := page.Find("time[data-clock]").First()
		at, err := time.Parse(time.RFC3339, first.AttrOr("datetime", ""))
		zone, unknown := time.LoadLocation(want)
		if err != nil || unknown != nil || at.Location() != time.UTC {
			t.Fatal(err, unknown, at)
		}
		if got := first.Text(); got != at.In(zone).Format("15:04") {
			t.Errorf("%q: the clock shows %s at %s", cookies, got, at)
		}
		if !strings.Contains(text, "Times in "+cmp.Or(want, "UTC")) {
			t.Errorf("%q: the zone is not named", cookies)
		}
		if got := page.Find(".log-d").First().Text(); !strings.HasSuffix(got, ", "+at.In(zone).Format("2 January")) {
			t.Errorf("%q: the day is %s", cookies, got)
		}
		_, east := at.In(zone).Zone()
		if got, known := page.Find("html").Attr("data-zone"); known != (want != "") || known && got != strconv.Itoa(east/60) {
			t.Errorf("%q: script learns %q", cookies, got)
		}
	}
	if _, text := show(members, ""); !strings.Contains(text, "Times in UTC") {
		t.Error("a list does not say that its dates are those of UTC")
	}
	if _, text := show(members, "; tz=Europe/Berlin"); strings.Contains(text, "Times in") {
		t.Error("a list explains the dates of its reader")
	}
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	save := func(form url.Values) *webtest.Response {
		t.Helper()
		return s.Send(t, webtest.Page, webtest.Request{Path: "/users/me/preferences", As: webtest.Member, Form: form})
	}
	res := save(url.Values{"zone": {"Asia/Kathmandu"}, "theme": {"dark"}})
	cookies := s.Cookie(t, webtest.Member)
	for name, want := range map[string]string{"zone": "Asia/Kathmandu", "theme": "dark", "keys": "off"} {
		c := res.CookieNamed(name)
		if res.StatusCode != http.StatusSeeOther || c == nil || c.Value != want || c.MaxAge <= 0 {
			t.Fatalf("%d, cookie %s is %v", res.StatusCode, name, c)
		}
		cookies += "; " + name + "=" + want
	}
	page := s.Send(t, webtest.Page, webtest.Request{Path: "/users/me/preferences", Header: http.Header{"Cookie": {cookies}}}).Document()
	html := page.Find("html")
	if html.AttrOr("data-keys", "") != "off" || html.AttrOr("data-theme", "") != "dark" || !html.Is("[data-chosen]") {
		t.Errorf("the page knows %v", html.Nodes[0].Attr)
	}
	if page.Find("[name=zone]").AttrOr("value", "") != "Asia/Kathmandu" || page.Find("[name=theme]:checked, [name=theme][checked]").AttrOr("value", "") != "dark" || page.Find("[name=shortcuts][checked]").Length() != 0 {
		t.Error("the form has other values than were saved")
	}
	back := save(url.Values{"zone": {""}, "theme": {""}, "shortcuts": {"on"}})
	for _, name := range []string{"zone", "theme", "keys"} {
		if c := back.CookieNamed(name); c == nil || c.MaxAge >= 0 {
			t.Errorf("cookie %s stays: %v", name, c)
		}
	}
	wrong := save(url.Values{"zone": {"Middle/Earth"}, "theme": {"pink"}})
	doc := wrong.Document()
	if wrong.StatusCode != http.StatusBadRequest || doc.Find("[name=zone]").AttrOr("value", "") != "Middle/Earth" || doc.Find("#errors li").Length() != 2 || wrong.CookieNamed("zone") != nil {
		t.Errorf("wrong: %d %s", wrong.StatusCode, doc.Find("#errors").Text())
	}
}
