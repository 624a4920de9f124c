package browsertest

import (
	"fmt"
	"strings"
	"testing"

	"rolecall.example/web/webtest"
)

// TestSelectAllExcept: to choose all that match, on other pages too, and to untick one row means all but that one.
func TestSelectAllExcept(t *testing.T) {
	t.Parallel()
	for _, script := range []bool{true, false} {
		t.Run(map[bool]string{true: "with script", false: "without"}[script], func(t *testing.T) {
			t.Parallel()
			s := webtest.New(t)
			for i := range 39 {
				s.AddUser(t, fmt.Sprintf("person-%02d", i), webtest.Default)
			}
			tb := open(t, serve(t, s), script)
			tb.signIn(s, webtest.Admin)
			tb.look(1440, false)
			tb.visit(members + "?q=person")
			if script {
				tb.do(click(`[data-all]`))
			} else {
				for i := range 25 {
					tb.do(click(fmt.Sprintf(`input[name=users][aria-label="Select person-%02d"]`, i)))
				}
			}
			tb.do(see(`.all-match`), click(`.all-match input`))
			if got := tb.selection(); got != "All 39 selected" {
				t.Errorf("the bar says %q", got)
			}
			tb.do(click(`input[name=users][aria-label="Select person-07"]`))
			if got := tb.selection(); got != "All 39 except 1 selected" {
				t.Errorf("after one was unticked the bar says %q", got)
			}
			tb.do(click(`[popovertarget="bulk-add-role"]`), see(`#bulk-add-role button`), click(`#bulk-add-role button[value="organization-auditor"]`))
			tb.do(see(`form.confirm button.pri`))
			if title := eval[string](tb, `document.querySelector('h1').textContent`); !strings.Contains(title, "38 members") {
				t.Errorf("the question is %q", title)
			}
			tb.do(click(`form.confirm button.pri`), tb.said("38 members"))
			if got := rolesOf(t, s, "person-07"); len(got) != 0 {
				t.Errorf("the one that was unticked has %v", got)
			}
			if got := rolesOf(t, s, "person-38"); len(got) != 1 {
				t.Errorf("one of the second page has %v", got)
			}
		})
	}
}

// selection is the text of the bar about what is selected. The stylesheet says it, so it is not in the text.
func (tb *tab) selection() string {
	tb.t.Helper()
	return eval[string](tb, `(() => {
		const b = document.querySelector('.bulk b'), rows = [...document.querySelectorAll('#bulk tbody .ck:enabled')];
		const n = { sel: rows.filter(r => r.checked).length, off: rows.filter(r => !r.checked).length };
		return getComputedStyle(b, '::before').content.replace(/attr\(([a-z-]+)\)/g, (_, a) => JSON.stringify(b.getAttribute(a)))
			.replace(/counter\((sel|off)\)/g, (_, c) => JSON.stringify(String(n[c]))).replace(/" ?"|^"|"$/g, '');
	})()`)
}
