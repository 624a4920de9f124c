package ui

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"rolecall.example/views/ui/uitest"
)

var (
	refused = &FormError{Message: hostile, Detail: rtl, Fields: []FieldError{{"name", hostile}, {"name", cjk}, {"elsewhere", rtl}}}
	choices = []Option{{Value: "a", Label: "Alpha", On: true}, {Value: hostile, Label: hostile}}
	ordered = Order{List: "/list?q=a", Sort: "-name", Keys: []SortKey{{"username", "Username"}, {"name", "Name"}}}
	body    = templ.ComponentFunc(func(_ context.Context, w io.Writer) error { _, err := io.WriteString(w, "<h1>Body</h1>"); return err })
)

// gallery has every part at least once, by its name and what is special about it.
func gallery() map[string]templ.Component {
	frame := Frame{
		Title: hostile, Logo: cjk, Search: "/search", Side: Icon("menu"), Crumbs: []Crumb{{hostile, "/up"}},
		Toast: &Message{Text: hostile, Undo: "/undo", Back: "/list?q=" + hostile},
	}
	return map[string]templ.Component{
		"Document":              Document(Head{Title: hostile, Theme: "dark", Account: "1", NoHotkeys: true}, InFrame(frame, body)),
		"Document, signed out":  Document(Head{Title: "Sign in"}, Plain(nil, body)),
		"Plain, with a message": Plain(&Message{Text: hostile, Detail: hostile, Bad: true}, body),
		"InFrame, empty":        InFrame(Frame{Side: Icon("menu")}, body),
		"Templates":             Templates(),
		"Kept":                  Kept(),
		"Icons":                 Icons(),
		"Icon":                  Icon("x"),
		"SmallIcon":             SmallIcon("x"),
		"Toast":                 Toast(Message{Text: hostile, Detail: hostile, Bad: true}),
		"Toast, undo":           Toast(Message{Text: hostile, Undo: "/undo", Back: hostile}),
		"Once":                  Once(),
		"Field":                 Field(Input{ID: "name", Name: "name", Label: "Name"}),
		"Field, refused":        Field(Input{ID: "name", Name: "name", Label: hostile, Value: hostile, Hint: hostile, Mono: true, Err: refused, Attrs: templ.Attributes{"required": true}}),
		"ErrorText":             ErrorText("e", []string{hostile, rtl}),
		"ErrorText, none":       ErrorText("e", nil),
		"ErrorSummary":          ErrorSummary(refused, nil),
		"ErrorSummary, none":    ErrorSummary(nil, nil),
		"ShownOnce":             ShownOnce("secret", "Your token", hostile, rtl),
		"NotOffered":            NotOffered("Can’t be deleted", hostile),
		"HiddenFields":          HiddenFields(HiddenOf("/list?q=a&role=b&role=c", "q")),
		"BackField":             BackField("/list?q=" + hostile),
		"SearchBox":             SearchBox(hostile, "/list", hostile, "Name"),
		"FilterChoice":          FilterChoice(Filter{Name: "role", Label: "Role", Options: choices, Off: "/list"}),
		"ActiveFilters":         ActiveFilters([]Filter{{Name: "role", Label: "Role", Options: choices, Off: "/list"}}, "/list"),
		"FilterInForce":         FilterInForce("f-role", "Role", hostile, "/list"),
		"SortHeader":            SortHeader(ordered, "c-who", "name", "Name"),
		"SortHeader, fixed":     SortHeader(Order{}, "c-who", "name", "Name"),
		"SortMenu":              SortMenu(ordered),
		"Tabs":                  Tabs("Members", Tab{Label: "Members", URL: "/list", Current: true}, Tab{Label: hostile, URL: "/invited", Count: "6"}),
		"Pager":                 Pager(Paging{List: "/list?q=a", Limit: 30, Offset: 30, Shown: 30, Count: 10_000, Capped: true}),
		"Pager, one page":       Pager(Paging{List: "/list", Shown: 1, Count: 1}),
		"PagerLink":             PagerLink("/list?offset=25", "next", "Older"),
		"PagerLink, none":       PagerLink("", "prev", "Newer"),
		"Marked":                Marked(hostile, "script"),
		"CountLink":             CountLink(1284, "/list", "member"),
		"CountLink, unknown":    CountLink(-1, "/list", ""),
		"Avatar":                Avatar(hostile, "ada", false),
		"Avatar, service":       Avatar("CI", "ci", true),
		"Logo":                  Logo(rtl),
		"Day":                   Day(now),
		"Day, never":            Day(time.Time{}),
		"Clock":                 Clock(now),
		"Moment":                Moment(now),
		"ZoneNote":              ZoneNote(),
		"Since":                 Since(now.Add(-time.Hour), now),
		"Since, never":          Since(time.Time{}, now),
		"Expiry":                Expiry(now.Add(time.Hour), now),
		"Expiry, over":          Expiry(now.Add(-time.Hour), now),
		"Until":                 Until(now.Add(20*24*time.Hour), now),
		"Until, soon":           Until(now.Add(time.Hour), now),
		"Until, never":          Until(time.Time{}, now),
		"Ends":                  Ends(now.Add(time.Hour), now),
		"Ends, never":           Ends(time.Time{}, now),
	}
}

// TestGallery renders every part from canned data and checks its markup.
func TestGallery(t *testing.T) {
	t.Parallel()
	for name, part := range gallery() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := uitest.Render(t, part)
			uitest.CheckMarkup(t, name, doc)
			uitest.CheckNames(t, name, doc)
			if strings.HasPrefix(name, "Document") {
				uitest.CheckReferences(t, name, doc)
			}
			doc.Find("svg.i").Each(func(_ int, s *goquery.Selection) {
				if s.AttrOr("aria-hidden", "") != "true" {
					t.Error("a screen reader would stop at an icon")
				}
			})
		})
	}
}

// TestGalleryIsComplete: a part that the gallery leaves out would go unchecked.
func TestGalleryIsComplete(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{"InFrame": true, "Plain": true} // around the body of a document
	for name := range gallery() {
		part, _, _ := strings.Cut(name, ",")
		shown[part] = true
	}
	files, err := filepath.Glob("*_templ.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.IsExported() && !shown[f.Name.Name] {
				t.Errorf("the gallery does not show %s", f.Name.Name)
			}
		}
	}
}

// TestIconsExist: an icon without a symbol would be an empty square.
func TestIconsExist(t *testing.T) {
	t.Parallel()
	defined := map[string]bool{}
	uitest.Render(t, Icons()).Find("symbol").Each(func(_ int, s *goquery.Selection) {
		defined[strings.TrimPrefix(s.AttrOr("id", ""), "i-")] = true
	})
	var source strings.Builder
	for _, pattern := range []string{"*.templ", "../*.templ", "../*.go", "../../static/app.js"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_templ.go") || file == "icons.templ" {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(text)
		}
	}
	drawn := regexp.MustCompile(`Icon\("([a-z0-9-]+)"\)|#i-([a-z0-9-]+)`)
	for _, m := range drawn.FindAllStringSubmatch(source.String(), -1) {
		if name := m[1] + m[2]; !defined[name] {
			t.Errorf("there is no icon %q", name)
		}
	}
}

// TestErrorSummarySaysItOnce: a detail that stands at its field is not repeated above it.
func TestErrorSummarySaysItOnce(t *testing.T) {
	t.Parallel()
	taken := FieldError{"name", "a role with this name already exists"}
	for detail, want := range map[string]int{taken.Detail: 1, "Another reason.": 2} {
		doc := uitest.Render(t, ErrorSummary(&FormError{Message: "Refused", Detail: detail, Fields: []FieldError{taken}}, nil))
		if n := doc.Find("p, li").Length(); n != want {
			t.Errorf("%q stands in %d lines, want %d", detail, n, want)
		}
	}
}
