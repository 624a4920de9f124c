package browsertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"rolecall.example/web/webtest"
)

// TestSelection: all that match but some, from two pages of a list, get a role; two are taken out, one more in the question,
// and one undo takes it back. At most five presses lead to the question, and Cancel gives the selection back.
func TestSelection(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for i := range 39 {
		s.AddUser(t, fmt.Sprintf("person-%02d", i), webtest.Default)
	}
	tb := open(t, serve(t, s), true)
	tb.signIn(s, webtest.Admin)
	tb.look(1440, false)
	tb.visit(members + "?q=person")
	box := func(n int) string { return fmt.Sprintf(`input[name=users][aria-label="Select person-%02d"]`, n) }
	tb.do(click(`[data-all]`), tb.selected("All 39 that match"))
	tb.do(click(box(7)), tb.selected("All 39 that match, minus 1"))
	tb.visit(members + "?q=person&offset=25")
	tb.do(tb.selected("All 39 that match, minus 1"), click(box(38)), tb.selected("All 39 that match, minus 2"))
	ask := func(people string) {
		t.Helper()
		tb.do(click(`[popovertarget="bulk-add-role"]`), see(`#bulk-add-role button`), click(`#bulk-add-role button[value="organization-auditor"]`), see(`form.confirm button.pri`))
		if title := eval[string](tb, `document.querySelector('h1').textContent`); !strings.Contains(title, people) {
			t.Errorf("the question is %q", title)
		}
	}
	ask("37 members")
	tb.do(click(`[aria-label="Leave out person-00"]`), tb.until(`document.querySelector('h1').textContent.includes('36 members') && document.activeElement.ariaLabel === 'Leave out person-01'`))
	tb.do(click(`form.confirm a.btn`), tb.selected("All 39 that match, minus 3"))
	ask("36 members")
	tb.do(click(`form.confirm .pop-f button.pri`), tb.said("36 members"), tb.selected(""))
	if got := rolesOf(t, s, "person-07"); len(got) != 0 {
		t.Errorf("one that was unticked has %v", got)
	}
	if got := rolesOf(t, s, "person-37"); len(got) != 1 {
		t.Errorf("one of the second page has %v", got)
	}
	tb.do(click(`[data-undo]`), tb.said("36 members were undone"))
	if got := rolesOf(t, s, "person-37"); len(got) != 0 {
		t.Errorf("after the undo one has %v", got)
	}
	tb.do(click(box(28)), tb.selected("1 selected"))
	tb.visit(members + "?q=person-1") // another filter
	tb.do(tb.selected(""))
}

// selected waits for what the bar says about what is selected.
func (tb *tab) selected(words string) chromedp.Action[chromedp.Void] {
	return tb.until(fmt.Sprintf(`document.querySelector('#bulk output')?.textContent === %q`, words))
}

// TestMembersFit: the names have room at every width of the table, and nothing is out of reach on a small screen.
func TestMembersFit(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	s.AddUser(t, "person-with-a-long-name", webtest.Default)
	tb := open(t, serve(t, s), true)
	tb.signIn(s, webtest.Owner)
	for _, width := range []int64{961, 1024, 1120, 1280, 1312, 1440} {
		tb.look(width, false)
		tb.visit(members)
		if got := eval[int](tb, `document.querySelector('td.c-who').offsetWidth`); got < 240 {
			t.Errorf("at %d px a member has %d px", width, got)
		}
		if eval[bool](tb, `document.documentElement.scrollWidth > innerWidth`) {
			t.Errorf("at %d px the page scrolls sideways", width)
		}
	}
	for _, width := range []int64{960, 640, 390} {
		tb.look(width, false)
		tb.visit(members)
		tb.do(see(`#export a`), click(`.m-sel`), see(`tbody .ck:enabled`), click(`tbody .ck:enabled`), see(`.bulk button[value=export]`), see(`.bulk button[value=remove]`))
		tb.do(click(`.bulk [type=reset]`))
	}
}
