package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"rolecall.example/web/webtest"
)

// TestImpactNames: a number of people in an impact opens all of them, however many there are, in the pages that ask before a
// change and in dry runs; who may not read the members sees the number alone.
func TestImpactNames(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	withRole(role{"ci", "CI", []permission{{"template", "delete", false}}})(t, s)
	var all []string
	for i := range 23 {
		name := fmt.Sprintf("person-%02d", i)
		s.AddUser(t, name, webtest.Default)
		all = append(all, name)
	}
	send := func(way webtest.Way, as, path string, form url.Values) *goquery.Document {
		t.Helper()
		method := http.MethodGet
		if form != nil {
			method = http.MethodPut
		}
		res := s.Send(t, way, webtest.Request{Method: method, Path: path, As: as, Form: form})
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: got %d\n%s", method, path, res.StatusCode, res.Text())
		}
		return res.Document()
	}
	if res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: members, As: webtest.Owner, JSON: map[string]any{"action": "add-role", "role": "ci", "users": all}}); res.StatusCode != http.StatusOK {
		t.Fatal(res.StatusCode, res.Text())
	}
	// The first line is about everybody affected, then comes what they lose.
	for n, line := range []string{"affected", "losses:template:delete"} {
		names := func(doc *goquery.Document) (got []string) {
			doc.Find(".impact details").Eq(n).Find("p a.link:not(.num)").Each(func(_ int, a *goquery.Selection) {
				got = append(got, a.Text())
				if want := members + "/" + a.Text(); a.AttrOr("href", "") != want {
					t.Errorf("%s: the name leads to %q", line, a.AttrOr("href", ""))
				}
			})
			return got
		}
		doc := send(webtest.Page, webtest.Admin, roles+"/ci?confirm=delete", nil)
		more := doc.Find(".impact details").Eq(n).Find("p a.num")
		if got := names(doc); !slices.Equal(got, all[:20]) || more.Text() != "3 more" {
			t.Fatalf("%s: the page names %v and links %q", line, got, more.Text())
		}
		if doc = send(webtest.Page, webtest.Admin, more.AttrOr("href", ""), nil); !slices.Equal(names(doc), all[20:]) || doc.Find(".impact details").Eq(n).AttrOr("open", "none") == "none" {
			t.Errorf("%s: the link leads to %v", line, names(doc))
		}
		if back := doc.Find(".impact details").Eq(n).Find("p a.num"); back.Text() != "20 before these" {
			t.Errorf("%s: the way back is %q", line, back.Text())
		} else if doc = send(webtest.Page, webtest.Admin, back.AttrOr("href", ""), nil); !slices.Equal(names(doc), all) {
			t.Errorf("%s: it leads to %v", line, names(doc))
		}

		for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
			form := url.Values{"name": {"ci"}, "display_name": {"CI"}, "version": {roleTag(t, s, "ci", 1)}, "do": {"review"}, "org.template.delete": {""}}
			doc := send(way, webtest.Admin, roles, form)
			button := doc.Find(".impact details").Eq(n).Find("button.num")
			fields := fieldsOf(doc.Find("form.confirm"))
			fields.Set(button.AttrOr("name", ""), button.AttrOr("value", ""))
			doc = send(way, webtest.Admin, button.AttrOr("formaction", ""), fields)
			if got := names(doc); !slices.Equal(got, all[20:]) || !fieldsOf(doc.Find("form.confirm")).Has("org.template.delete") {
				t.Errorf("%s, %s: the button leads to %v", line, way, got)
			}
		}

		var impact struct {
			Affected []string `json:"affected_sample"`
			Losses   []struct{ Sample []string }
		}
		s.Do(t, webtest.Request{Method: http.MethodDelete, Path: roles + "/ci?dry_run=1&names_of=" + line + "&names_after=person-04", As: webtest.Owner}).Decode(&impact)
		want := [][]string{all[:20], all[:20]}
		want[n] = all[5:]
		if !slices.Equal(impact.Affected, want[0]) || !slices.Equal(impact.Losses[0].Sample, want[1]) {
			t.Errorf("%s: the dry run names %v and %v", line, impact.Affected, impact.Losses[0].Sample)
		}
	}
	for path, want := range map[string]string{
		"?names_of=affected":                "Only goes with dry_run",
		"?dry_run=1&names_of=people":        "must be affected, roleless",
		"?dry_run=1&names_of=losses:a":      "must be affected, roleless",
		"?dry_run=1&names_after=wendy":      "must be affected, roleless",
		"?dry_run=1&names_of=gains:a:b:all": "must be affected, roleless",
	} {
		if res := s.Do(t, webtest.Request{Method: http.MethodDelete, Path: roles + "/ci" + path, As: webtest.Owner}); res.StatusCode != http.StatusBadRequest || !strings.Contains(res.Text(), want) {
			t.Errorf("%s: got %d %s", path, res.StatusCode, res.Text())
		}
	}
}
