package web_test

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// TestReference: the page has everything that the document has, for strangers too, and every link in it leads somewhere.
func TestReference(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, style web.Wire) {
		s := webtest.New(t, webtest.Wire(style))
		res := s.Send(t, webtest.Page, webtest.Request{Path: "/docs/api"})
		if res.StatusCode != 200 {
			t.Fatalf("got %d", res.StatusCode)
		}
		page := res.Document()
		if n := page.Find("script").Length(); n > 0 {
			t.Errorf("%d scripts", n)
		}
		doc := apiDocument(t, s)
		for path, item := range doc.Paths.Map() {
			for method, o := range item.Operations() {
				checkReference(t, page.Find("#"+o.OperationID), method, path, o.Summary)
			}
		}
		for name := range doc.Components.Schemas {
			if page.Find("#schema-"+name).Length() != 1 {
				t.Errorf("the schema %s is missing", name)
			}
		}
		page.Find(`a[href^="#"]`).Each(func(_ int, a *goquery.Selection) {
			if to := a.AttrOr("href", ""); page.Find(to).Length() != 1 {
				t.Errorf("%s leads to %d places", to, page.Find(to).Length())
			}
		})
	})
}

func checkReference(t *testing.T, part *goquery.Selection, method, path, summary string) {
	t.Helper()
	if part.Length() != 1 {
		t.Errorf("%s %s is there %d times", method, path, part.Length())
		return
	}
	curl := part.Find(".ref-code code").First().Text()
	for what, ok := range map[string]bool{
		"summary":   strings.Contains(part.Find("h3").Text(), summary),
		"path":      strings.Contains(part.Find(".ref-path").Text(), method) && strings.Contains(part.Find(".ref-path").Text(), "/api/v2"+path),
		"who may":   part.Find(".ref-who span").Text() != "",
		"failures":  part.Find(`.ref-failures a[href="#answer-TooMany"]`).Length() == 1,
		"curl":      strings.HasPrefix(curl, "curl -X "+method+` "$ROLECALL_URL/api/v2/`) && !strings.Contains(curl, "{organization}"),
		"parameter": strings.Count(path, "{") <= part.Find(".ref-fields dt").Length(),
	} {
		if !ok {
			t.Errorf("%s %s lacks its %s", method, path, what)
		}
	}
}
