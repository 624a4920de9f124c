package browsertest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/web/webtest"
)

// crowd is a site whose first organization has more members than a page, and the role ci.
func crowd(t *testing.T) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	for i := range 24 {
		s.AddUser(t, fmt.Sprintf("person-%02d", i), webtest.Default)
	}
	type permission map[string]any
	res := s.Do(t, webtest.Request{As: webtest.Admin, Method: http.MethodPut, Path: roles, JSON: map[string]any{
		"name": "ci", "display_name": "CI", "organization_permissions": []permission{
			{"resource_type": "template", "action": "read"}, {"resource_type": "template", "action": "update"},
		},
	}})
	if res.StatusCode != http.StatusOK {
		t.Fatalf("got %d\n%s", res.StatusCode, res.Body)
	}
	return s
}

// permissionsOf reads a role back over JSON: "type:action", with a minus in front if it denies.
func permissionsOf(t *testing.T, s *webtest.Site, name string) []string {
	t.Helper()
	var r struct {
		Permissions []struct {
			Type   string `json:"resource_type"`
			Action string
			Negate bool
		} `json:"organization_permissions"`
	}
	s.Get(t, webtest.Owner, roles+"/"+name).Decode(&r)
	var list []string
	for _, p := range r.Permissions {
		list = append(list, map[bool]string{true: "-"}[p.Negate]+p.Type+":"+p.Action)
	}
	return list
}

// rolesOf reads the roles of a member back over JSON.
func rolesOf(t *testing.T, s *webtest.Site, user string) []string {
	t.Helper()
	var m struct{ Roles []struct{ Name string } }
	s.Get(t, webtest.Owner, members+"/"+user).Decode(&m)
	var list []string
	for _, r := range m.Roles {
		list = append(list, r.Name)
	}
	return list
}

// TestFlow signs in, pages through the members, edits a role, gives it to a member, and reads both back: with script,
// where the roles of a member open over the list, and without, where they are a page.
func TestFlow(t *testing.T) {
	t.Parallel()
	for _, script := range []bool{true, false} {
		t.Run(map[bool]string{true: "with script", false: "without"}[script], func(t *testing.T) {
			t.Parallel()
			s := crowd(t)
			tb := open(t, serve(t, s), script)
			tb.look(1440, false)
			tb.visit(members)
			tb.do(
				tb.at("/login"),
				fill(`[name=email]`, "admin@example.com"), fill(`[name=password]`, webtest.Password), press(`[name=password]`, kb.Enter),
				tb.at(members),
			)
			if got := tb.usernames(); len(got) != 25 || got[0] != webtest.Admin {
				t.Fatalf("the first page has %v", got)
			}
			tb.do(click(`a[rel=next], .pager a[aria-label*="ext"]`), tb.rows(2))
			if got := tb.usernames(); !slices.Equal(got, []string{"person-22", "person-23"}) {
				t.Errorf("the second page has %v", got)
			}

			tb.visit(roles + "/ci")
			tb.do(click(showAll))
			tb.do(tb.pick("org.template.delete", "deny"), tb.pick("org.workspace.read", "allow"), tb.pick("org.template.update", ""))
			tb.do(click(`[data-save]`), tb.said("saved"))
			want := []string{"-template:delete", "template:read", "workspace:read"}
			if diff := cmp.Diff(want, permissionsOf(t, s, "ci")); diff != "" {
				t.Errorf("the role (-want +got)\n%s", diff)
			}

			tb.visit(members + "?q=person-07")
			tb.do(click(`tbody a[data-pop]`), see(`[data-assign] input[name=role][value=ci]`))
			tb.do(click(`[data-assign] input[name=role][value=ci]`), click(`form[data-assign] button.pri`), tb.said("updated"))
			if diff := cmp.Diff([]string{"ci"}, rolesOf(t, s, "person-07")); diff != "" {
				t.Errorf("the roles (-want +got)\n%s", diff)
			}
		})
	}
}

// TestKeyboard finds a member, changes its roles and builds a role without touching the mouse.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	s := crowd(t)
	tb := open(t, serve(t, s), true)
	tb.signIn(s, webtest.Admin)
	tb.look(1440, false)
	tb.visit(members)
	tb.hotkey("/", "Slash")
	tb.do(tb.until(`document.activeElement.matches('#find [name=q]')`))
	tb.keys("person-07")
	tb.do(tb.rows(1))
	tb.tabTo(`a[data-pop]`)
	tb.keys(kb.Enter)
	tb.do(see(`#pop input[name=role]`))
	if !eval[bool](tb, `document.querySelector('#pop').contains(document.activeElement)`) {
		t.Error("the focus did not follow into the popover")
	}
	tb.keys(kb.Escape)
	tb.do(tb.until(`!document.querySelector('#pop:popover-open') && document.activeElement.matches('tbody a[data-pop]')`))
	tb.keys("r")
	tb.do(see(`#pop input[name=role]`), tb.until(`document.activeElement.matches('#pop [data-options]') && document.activeElement.value === ''`))
	tb.tabTo(`[data-assign] input[name=role][value=ci]`)
	tb.keys(" ")
	tb.keys(kb.Enter)
	tb.do(tb.said("updated"))
	if diff := cmp.Diff([]string{"ci"}, rolesOf(t, s, "person-07")); diff != "" {
		t.Errorf("the roles (-want +got)\n%s", diff)
	}
	tb.do(tb.until(`document.activeElement.getAttribute('aria-label')?.includes('person-07')`)) // back in the row

	tb.visit(roles + "/new")
	tb.tabTo(`[name=display_name]`)
	tb.keys("Night shift")
	if name := eval[string](tb, `document.querySelector('[name=name]').value`); name != "night-shift" {
		t.Errorf("the name became %q", name)
	}
	tb.keysAt("org.template.create", "a", kb.Backspace)
	tb.keysAt("org.template.read", "a")
	tb.keysAt("org.template.delete", "d")
	tb.do(chromedp.KeyEvent("s", chromedp.KeyModifiers(2)), tb.at(roles+"/night-shift")) // Ctrl
	if diff := cmp.Diff([]string{"-template:delete", "template:read"}, permissionsOf(t, s, "night-shift")); diff != "" {
		t.Errorf("the role (-want +got)\n%s", diff)
	}
}

// usernames are those of the rows of the list.
func (tb *tab) usernames() []string {
	tb.t.Helper()
	paths := eval[[]string](tb, `[...document.querySelectorAll('tbody tr[id^=m-] .who a[href]')].map(a => a.pathname)`)
	for i, p := range paths {
		paths[i] = p[strings.LastIndex(p, "/")+1:]
	}
	return paths
}

// rows waits until the list has n rows, and is at rest.
func (tb *tab) rows(n int) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(tb.until(fmt.Sprintf(`document.querySelectorAll('tbody tr[id^=m-]').length === %d`, n)), idle())
}

// said waits for a message that has these words.
func (tb *tab) said(words string) chromedp.Action[chromedp.Void] {
	return tb.until(fmt.Sprintf(`document.querySelector('#toast')?.textContent.includes(%q)`, words))
}

// pick chooses a state of a cell of the matrix by a key: with script each state has its own, without it is a radio button.
func (tb *tab) pick(cell, value string) chromedp.Action[chromedp.Void] {
	selector, key := chromedp.CSS(fmt.Sprintf(`input[type=radio][name=%q][value=%q]`, cell, value)), " "
	if tb.script {
		key = map[string]string{"allow": "a", "deny": "d", "": kb.Backspace}[value]
	}
	return chromedp.Steps(
		idle(),
		chromedp.QueryAfter(selector, func(ctx context.Context, t *chromedp.Target, nodes []*chromedp.Node) (chromedp.Void, error) {
			if len(nodes) != 1 {
				return chromedp.Void{}, fmt.Errorf("%d fields %s=%s", len(nodes), cell, value)
			}
			return chromedp.Void{}, nil
		}, chromedp.NodeReady),
		chromedp.ScrollIntoView(selector), chromedp.Focus(selector), typed(key),
	)
}

// tabTo presses Tab until the focus is on what a selector finds, as a person without a mouse would.
func (tb *tab) tabTo(selector string) {
	tb.t.Helper()
	for range 150 {
		if eval[bool](tb, fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
			if !eval[bool](tb, `document.activeElement.matches(':focus-visible')`) {
				tb.t.Errorf("nothing shows that the focus is on %s", selector)
			}
			return
		}
		tb.keys(kb.Tab)
	}
	tb.t.Fatalf("%s cannot be reached with Tab", selector)
}

// showAll is the choice that shows every permission of a role.
const showAll = `label:has(.show-all)`

// keysAt types on a cell of the matrix. The matrix is reached with Tab, and the cell with arrows from there.
func (tb *tab) keysAt(cell string, keys ...string) {
	tb.t.Helper()
	tb.tabTo(`.mx .cell input`)
	where := fmt.Sprintf(`(() => {
		const at = document.activeElement, to = document.querySelector('input[name=%q]');
		if (at.name === to.name) return '';
		const after = at.compareDocumentPosition(to) & Node.DOCUMENT_POSITION_FOLLOWING;
		return (at.closest('.r') === to.closest('.r') ? ['Left', 'Right'] : ['Up', 'Down'])[after ? 1 : 0];
	})()`, cell)
	arrows := map[string]string{"Left": kb.ArrowLeft, "Right": kb.ArrowRight, "Up": kb.ArrowUp, "Down": kb.ArrowDown}
	for range 100 {
		key := arrows[eval[string](tb, where)]
		if key == "" {
			tb.keys(keys...)
			return
		}
		tb.keys(key)
	}
	tb.t.Fatalf("%s cannot be reached with arrows", cell)
}
