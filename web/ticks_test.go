package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"rolecall.example/web/webtest"
)

// box is what a form says of a role: whether it is ticked, and what stands beside it.
func box(doc *goquery.Document, role string) (ticked bool, beside string) {
	in := doc.Find(`input[type=checkbox][name=role][value="` + role + `"]`)
	_, ticked = in.Attr("checked")
	return ticked, in.Parent().Text()
}

// clash is what the table of a clash says of some roles, in their order; nothing if there is no table.
func clash(doc *goquery.Document, names ...string) (lines []string) {
	table := doc.Find("table[aria-label='What was changed']")
	for _, name := range names {
		label := doc.Find(`input[name=role][value="` + name + `"]`).First().Parent().Find("b").Text()
		table.Find("tbody tr").Each(func(_ int, tr *goquery.Selection) {
			if strings.TrimSpace(tr.Find("th bdi").Text()) == label {
				lines = append(lines, strings.Join(strings.Fields(tr.Find("td").Text()), " "))
			}
		})
	}
	return lines
}

// TestTicksSurvive: a form with roles that is refused keeps what was changed in it, whatever the reason, lays it over what
// another person did since it was opened, and tells both.
func TestTicksSurvive(t *testing.T) {
	t.Parallel()
	const given, taken = "Added by someone else", "Removed by someone else"
	for name, f := range map[string]struct {
		path, held, other, wanted string // held first, given by another person, ticked
	}{
		"member": {members + "/member/roles", "organization-auditor", "organization-template-admin", "organization-user-admin"},
		"user":   {"/users/member/roles", "auditor", "template-admin", "user-admin"},
	} {
		for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
			t.Run(name+" "+way.String(), func(t *testing.T) {
				t.Parallel()
				s := webtest.New(t)
				set := func(role string) {
					t.Helper()
					done(t, s, webtest.Request{Method: http.MethodPut, Path: f.path, JSON: map[string]any{"roles": []string{role}}})
				}
				set(f.held)
				opened := fieldsOf(s.Send(t, way, webtest.Request{Path: f.path, As: webtest.Owner}).Document().Find("form[data-assign]"))
				opened.Del("role") // fieldsOf keeps one of the boxes
				set(f.other)
				for want, extra := range map[int]string{409: "", 400: "nosuch"} {
					form := url.Values{}
					for k, v := range opened {
						form[k] = v
					}
					form["role"] = []string{f.held, f.wanted}
					if want == 400 {
						form["role"] = append(form["role"], extra)
						form.Del("version")
					}
					form.Del("form_id")
					res := s.Send(t, way, webtest.Request{Method: http.MethodPut, Path: f.path, As: webtest.Owner, Form: form})
					doc := res.Document()
					if res.StatusCode != want {
						t.Fatalf("got %d, want %d\n%s", res.StatusCode, want, res.Text())
					}
					for role, says := range map[string]struct {
						ticked bool
						beside string
					}{f.held: {false, taken}, f.wanted: {true, ""}, f.other: {true, given}} {
						ticked, beside := box(doc, role)
						told := strings.Contains(beside, given) || strings.Contains(beside, taken)
						if ticked != says.ticked || told != (says.beside != "") || !strings.Contains(beside, says.beside) {
							t.Errorf("%d: %s is ticked: %v, beside it %q; want %v, %q", want, role, ticked, beside, says.ticked, says.beside)
						}
					}
					states, button := "", "Save"
					if want == 409 {
						states, button = "YesNoYesNo|NoYesNoYes|NoNoYesYes", "Apply yours on top"
					}
					if got := strings.Join(clash(doc, f.held, f.other, f.wanted), "|"); got != states {
						t.Errorf("%d: was, theirs, yours and applied are %q, want %q", want, got, states)
					}
					if got := doc.Find("form[data-assign] .btn.pri").Text(); got != button {
						t.Errorf("%d: the button says %q, want %q", want, got, button)
					}
					again := fieldsOf(doc.Find("form[data-assign]"))
					if again.Get("held") != f.other || again.Get("version") == opened.Get("version") {
						t.Errorf("%d: the form begins from %v", want, again)
					}
					// A failure of the server must not take the place of the ticks either.
					target, _, _ := strings.Cut(strings.TrimPrefix(doc.Find("form[data-assign]").AttrOr("hx-status:5xx", ""), "target:"), " ")
					if way == webtest.Fragment && doc.Find("form[data-assign] "+target).Length() != 1 {
						t.Errorf("a failure is shown in %q", target)
					}
				}
			})
		}
	}
}

// TestTicksSurviveLoss: who lost the right to give a role meanwhile still sees what it had ticked.
func TestTicksSurviveLoss(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	withRole(role{"ci", "CI", []permission{{"template", "delete", false}}})(t, s)
	form := url.Values{"roles": {"1"}, "held": {""}, "role": {"ci"}}
	s.Do(t, webtest.Request{Method: http.MethodPut, Path: members + "/admin/roles", As: webtest.Owner, JSON: `{"roles":["organization-user-admin"]}`})
	for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
		res := s.Send(t, way, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", As: webtest.Admin, Form: form})
		ticked, beside := box(res.Document(), "ci")
		if res.StatusCode != 403 && res.StatusCode != 400 || ticked || !strings.Contains(beside, "You ticked it; it was not added") {
			t.Errorf("%s: %d, ticked: %v, beside it %q", way, res.StatusCode, ticked, beside)
		}
	}
}
