// Package uitest renders parts of pages and checks their markup, for tests.
package uitest

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"golang.org/x/net/html"
)

// Render renders a component and parses it, after checking that its tags are balanced: a parser would mend them.
func Render(t *testing.T, c templ.Component) *goquery.Document {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if complaint := unbalanced(b.String()); complaint != "" {
		t.Error(complaint)
	}
	doc, err := goquery.NewDocumentFromReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// void are the elements without an end tag.
var void = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

// unbalanced names the first tag of a text that is not closed where it should be, "" if there is none.
func unbalanced(text string) string {
	var open []string
	for z := html.NewTokenizer(strings.NewReader(text)); ; {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				return z.Err().Error()
			}
			if len(open) > 0 {
				return "<" + open[len(open)-1] + "> is not closed"
			}
			return ""
		case html.StartTagToken, html.EndTagToken:
			tag, _ := z.TagName()
			name := string(tag)
			switch {
			case slices.Contains(void, name):
			case kind == html.StartTagToken:
				open = append(open, name)
			case len(open) == 0 || open[len(open)-1] != name:
				return "</" + name + "> closes " + strings.Join(open, " > ")
			default:
				open = open[:len(open)-1]
			}
		}
	}
}

// CheckMarkup looks for what the content security policy forbids, for text that became markup, and for ids that stand
// twice.
func CheckMarkup(t *testing.T, where string, doc *goquery.Document) {
	t.Helper()
	if n := doc.Find("script:not([src]), style, base, iframe, object").Length(); n > 0 {
		t.Errorf("%s: %d elements that the policy forbids", where, n)
	}
	seen := map[string]bool{}
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on"):
				t.Errorf("%s: <%s %s=%q>", where, goquery.NodeName(s), a.Key, a.Val)
			case strings.HasPrefix(strings.ToLower(a.Val), "javascript:"), strings.HasPrefix(a.Val, "js:"):
				t.Errorf("%s: <%s %s=%q> runs script", where, goquery.NodeName(s), a.Key, a.Val)
			case strings.HasPrefix(a.Key, "hx-trigger") && strings.Contains(strings.ReplaceAll(a.Val, "input[name=q]", ""), "["):
				t.Errorf("%s: trigger filter in %q", where, a.Val)
			case a.Key == "id" && seen[a.Val]:
				t.Errorf("%s: id %q stands twice", where, a.Val)
			case a.Key == "id":
				seen[a.Val] = true
			}
		}
	})
}

// CheckReferences follows every reference within the page.
func CheckReferences(t *testing.T, where string, doc *goquery.Document) {
	t.Helper()
	ids := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) { ids[s.AttrOr("id", "")] = true })
	for _, attr := range []string{"for", "aria-labelledby", "popovertarget", "form"} {
		doc.Find("[" + attr + "]").Each(func(_ int, s *goquery.Selection) {
			if id := s.AttrOr(attr, ""); !ids[id] {
				t.Errorf("%s: %s=%q leads nowhere", where, attr, id)
			}
		})
	}
	doc.Find("[aria-describedby]").Each(func(_ int, s *goquery.Selection) {
		for _, id := range strings.Fields(s.AttrOr("aria-describedby", "")) {
			if !ids[id] {
				t.Errorf("%s: aria-describedby=%q leads nowhere", where, id)
			}
		}
	})
	doc.Find("[href^='#']").Each(func(_ int, s *goquery.Selection) {
		if id := strings.TrimPrefix(s.AttrOr("href", ""), "#"); !ids[id] {
			t.Errorf("%s: <%s href=%q> leads nowhere", where, goquery.NodeName(s), "#"+id)
		}
	})
	doc.Find("a").Each(func(_ int, s *goquery.Selection) {
		if href := s.AttrOr("href", ""); href == "" || href == "#" {
			t.Errorf("%s: dead link %q", where, strings.TrimSpace(s.Text()))
		}
	})
}

// CheckNames wants an accessible name for everything that can be operated.
func CheckNames(t *testing.T, where string, doc *goquery.Document) {
	t.Helper()
	doc.Find("a, button, input:not([type=hidden]), select, [role=radiogroup], table, [role=dialog]").Each(func(_ int, s *goquery.Selection) {
		name := s.AttrOr("aria-label", "") + s.AttrOr("aria-labelledby", "")
		if s.Is("a, button") {
			name += s.Text()
		}
		if id := s.AttrOr("id", ""); id != "" {
			name += doc.Find("label").FilterFunction(func(_ int, l *goquery.Selection) bool { return l.AttrOr("for", "") == id }).Text()
		}
		name += s.Closest("label").Text()
		if strings.TrimSpace(name) == "" {
			markup, _ := goquery.OuterHtml(s)
			t.Errorf("%s: nothing names %.120s", where, markup)
		}
	})
}
