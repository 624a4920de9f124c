package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"rolecall.example/web/webtest"
)

// TestPopoverOfOneKey: the key that opens the roles of a member does not save them too, though its letter may arrive
// when the focus is in the popover already.
func TestPopoverOfOneKey(t *testing.T) {
	t.Parallel()
	s := crowd(t)
	tb := open(t, serve(t, s), true)
	tb.signIn(s, webtest.Admin)
	tb.look(1440, false)
	tb.visit(members + "?q=person-07")
	tb.tabTo(`a[data-pop]`)
	enter := kb.Encode('\r')
	tb.do(call(input.DispatchKeyEvent, *enter[0]), see(`#pop input[name=role]`), tb.until(`document.activeElement.matches('#pop [data-options]')`))
	for _, e := range enter[1:] {
		tb.do(call(input.DispatchKeyEvent, *e))
	}
	tb.do(idle())
	if !eval[bool](tb, `document.querySelector('#pop').matches(':popover-open') && !document.querySelector('#toast').textContent`) {
		t.Error("the letter of the key that opened the popover was sent as its form")
	}
	for typed, text := range map[string]string{
		"muller": "Müller", "MÜL": "muller", "strasse": "Hauptstraße", "o'br": "O’Brien", "o´brien": "O'Brien", "lukasz x": "x Łukasz", "isik": "IŞIK",
	} {
		if !eval[bool](tb, fmt.Sprintf(`(i => { i.append(new Option(%q)); page.narrow({value: %q}, i, 'option'); return !i.firstChild.hidden; })(document.createElement('div'))`, text, typed)) {
			t.Errorf("%q in a filter does not find %q", typed, text)
		}
	}
}

// TestPopoverOverNewList: the list is another one by the time the roles arrive. They open at the row as it is now, and a
// list that arrives under them leaves the focus where it is.
func TestPopoverOverNewList(t *testing.T) {
	t.Parallel()
	s := crowd(t)
	asked, release := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/person-07/roles") {
			asked <- struct{}{}
			<-release
		}
		s.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	tb := open(t, server.URL, true)
	tb.signIn(s, webtest.Admin)
	tb.look(1440, false)
	tb.visit(members + "?q=person-0")
	search := func(words string, rows string) {
		t.Helper()
		eval[any](tb, `(q => { q.value = '`+words+`'; q.form.requestSubmit(); })(document.querySelector('#find [name=q]'))`)
		tb.do(tb.until(`document.querySelectorAll('tbody tr[id^=m-]').length === ` + rows))
	}
	tb.do(click(`tr:has(.who a[href*="/person-07"]) a[data-pop]`))
	<-asked
	search("person-07", "1")
	close(release)
	tb.do(see(`#pop input[name=role]`), tb.until(`document.activeElement.matches('#pop [data-options]')`))
	if !eval[bool](tb, `document.querySelector('tbody a[data-pop]').ariaExpanded === 'true'`) {
		t.Error("the row as it is now does not say that it is open")
	}
	tb.do(chromedp.Focus(chromedp.CSS(`#pop input[name=role]`)))
	search("person-0", "10")
	tb.do(idle())
	if !eval[bool](tb, `document.activeElement.matches('#pop input[name=role]')`) {
		t.Error("a list that arrives takes the focus within the popover")
	}
}

// TestTwoPeopleChangeRoles: who saves roles that another person changed meanwhile sees was, theirs and yours, and applies the own
// change on top: neither is lost.
func TestTwoPeopleChangeRoles(t *testing.T) {
	t.Parallel()
	s := crowd(t)
	set := func(names ...string) {
		t.Helper()
		if res := s.Do(t, webtest.Request{Method: http.MethodPut, Path: members + "/person-07/roles", As: webtest.Owner, JSON: map[string]any{"roles": names}}); res.StatusCode != 200 {
			t.Fatal(res.Text())
		}
	}
	set("organization-auditor")
	tb := open(t, serve(t, s), true)
	tb.signIn(s, webtest.Admin)
	tb.look(1440, false)
	tb.visit(members + "?q=person-07")
	tb.do(click(`tbody a[data-pop]`), see(`[data-assign] input[value=ci]`), click(`[data-assign] input[value=ci]`))
	set("organization-template-admin") // the other person
	tb.do(click(`form[data-assign] button.pri`), see(`#pop table.merge`))
	if got := eval[string](tb, `[...document.querySelectorAll('#pop .merge tbody tr')].map(r => r.innerText.replace(/\s+/g, ' ').trim()).join('|')`); strings.Count(got, "|") != 2 {
		t.Errorf("the three states: %q", got)
	}
	if got := eval[string](tb, `document.querySelector('#pop .pop-f .diff').textContent`); !strings.Contains(got, "+ ") || strings.Contains(got, "−") {
		t.Errorf("what is applied: %q", got)
	}
	tb.do(click(`form[data-assign] button.pri`), tb.said("updated"))
	if got := rolesOf(t, s, "person-07"); len(got) != 2 || !slices.Contains(got, "ci") || !slices.Contains(got, "organization-template-admin") {
		t.Errorf("the roles are %v", got)
	}
}
