package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"rolecall.example/web/webtest"
)

// TestGridKeys walks the matrix of a role by keyboard: it is one tab stop, arrows change nothing, and what a permission means
// is a key away.
func TestGridKeys(t *testing.T) {
	t.Parallel()
	s := crowd(t)
	tb := open(t, serve(t, s), true)
	tb.signIn(s, webtest.Admin)
	tb.look(1440, false)
	set := `[...document.querySelectorAll('.cell input:checked')].filter(i => i.value).length`

	tb.visit(roles + "/new")
	tb.tabTo(`.mx .cell input`)
	for range 50 {
		tb.keys(kb.ArrowDown)
	}
	if !eval[bool](tb, `![null, document.querySelector('.mx .r')].includes(document.activeElement.closest('.mx .r'))`) {
		t.Error("arrows do not move in the matrix")
	}
	tb.keys(kb.Home, kb.End, kb.ArrowLeft, kb.ArrowUp)
	if n := eval[int](tb, set); n != 0 {
		t.Errorf("arrows set %d permissions", n)
	}
	tb.keysAt("org.template.delete", "d")
	info := `document.querySelector('.mx-info').textContent`
	if said := eval[string](tb, info); !strings.Contains(said, "template:delete") || !strings.Contains(said, "denied") {
		t.Errorf("the line below says %q", said)
	}
	tb.keys(" ", " ")
	if eval[int](tb, set) != 1 || eval[bool](tb, `!!document.querySelector('.cell input[value=deny]:checked')`) || eval[bool](tb, `getComputedStyle(document.querySelector('.cell:has(.a:checked)'), '::after').content !== 'none' && getComputedStyle(document.querySelector('.cell:has(.a:checked)'), '::after').display !== 'none'`) {
		t.Error("Space does not switch between allowing and nothing, or a new role has an edit")
	}
	tb.keys("i")
	tb.do(tb.until(`document.querySelector('.pop:popover-open .means')?.textContent.includes('template:delete')`))
	tb.keys(kb.Escape)
	tb.do(tb.until(`!document.querySelector('.pop:popover-open')`))

	tb.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#role').reset()`)) // else the page asks whether to leave it

	tb.visit(roles + "/ci")
	tb.keysAt("org.template.read", "d")
	tb.keys("/")
	tb.do(tb.until(`document.activeElement.matches('[data-filter]')`))
	stops := 0
	for ; stops < 30 && !eval[bool](tb, `document.activeElement.matches('[data-save]')`); stops++ {
		tb.keys(kb.Tab)
	}
	if stops > 14 {
		t.Errorf("%d tab stops from the filter to Save", stops)
	}
	tb.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#role').reset()`))
}
