package browsertest

import (
	"net/http"
	"net/http/httptest"
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
