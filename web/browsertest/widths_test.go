package browsertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"rolecall.example/web/webtest"
)

// reachable is the names of all controls of a page that can be used: what can be seen, and what is in something folded
// up (a menu, a dialog, details) whose opener can be used. A name that stands in several rows counts once. Heads of columns
// that sort are a menu on a phone, and the parts of a page that links jump to are all there.
const reachable = `(() => {
	const shown = e => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
	const opener = e => e.matches('dialog') ? document.querySelectorAll('[data-palette], [data-keys], [data-open="' + e.id + '"]')
		: document.querySelectorAll('[popovertarget="' + e.id + '"], [data-menu="' + e.id + '"], a[data-menu]');
	const usable = e => {
		if (shown(e)) return true;
		const up = e.parentElement;
		if (!up) return false;
		const fold = up.closest('[popover], dialog:not([open]), details:not([open])');
		if (!fold) return false;
		if (fold.matches('details') && !fold.querySelector(':scope > summary').contains(e)) return usable(fold.querySelector(':scope > summary'));
		return [...opener(fold)].some(o => !fold.contains(o) && usable(o));
	};
	const name = e => (e.ariaLabel || e.labels?.[0]?.textContent || e.textContent || e.title || e.value || '').trim().replace(/\s+/g, ' ');
	return [...new Set([...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].filter(e => !e.matches('thead a, a[href^="#"]') && usable(e)).map(name))].filter(n => n).sort();
})()`

// mainPages are those that people use every day.
var mainPages = []string{
	"/organizations/default/overview", members, members + "/person-07", members + "/person-07?tab=can", roles, roles + "/ci",
	"/organizations/default/who-can?action=update&resource_type=template", "/users", "/audit", "/users/me/keys/tokens", "/organizations/default/invite",
}

// TestSameControls: what can be done in a wide window can be done in every other one, down to a phone of 320 px, which is also
// what a desktop shows at 400 %; and no page is wider than its window.
func TestSameControls(t *testing.T) {
	t.Parallel()
	s := crowd(t)
	tb := open(t, serve(t, s), true)
	tb.signIn(s, webtest.Owner)
	for _, path := range mainPages {
		tb.look(1440, false)
		tb.visit(path)
		tb.do(idle())
		all := eval[[]string](tb, reachable)
		for _, width := range []int64{1024, 960, 640, 390, 320} {
			tb.look(width, false)
			tb.do(idle())
			eval[any](tb, `(b => b?.checkVisibility() && !b.control?.checked && b.click())(document.querySelector('.m-sel'))`) // boxes come with it
			got := eval[[]string](tb, reachable)
			missing := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(got, name) })
			if len(missing) > 0 {
				t.Errorf("%s at %d px has no %s", path, width, strings.Join(missing, "; "))
			}
			if wide := eval[int](tb, `document.documentElement.scrollWidth`); wide > int(width) {
				t.Errorf("%s at %d px is %d px wide", path, width, wide)
			}
		}
	}
}

// TestForcedColors: where the system takes the colors away, the states of a permission differ by their borders and marks.
func TestForcedColors(t *testing.T) {
	t.Parallel()
	s := crowd(t)
	tb := open(t, serve(t, s), true)
	tb.signIn(s, webtest.Admin)
	for _, scheme := range []string{"light", "dark"} {
		tb.do(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "forced-colors", Value: "active"}, {Name: "prefers-color-scheme", Value: scheme},
		}}))
		tb.visit(roles + "/ci")
		tb.do(click(showAll), tb.pick("org.template.delete", "deny"))
		seen := map[string]string{}
		for state, selector := range map[string]string{
			"allow":      `.cell:has(.a:checked) .face`,
			"deny":       `.cell:has(.d:checked) .face`,
			"not set":    `.cell:not(.gh, .own, .lk):has([value=""]:checked) .face`,
			"no effect":  `.gh:not(.own) .face`,
			"own things": `.own:not(.gh) .face`,
			"locked":     `.lk .face`,
		} {
			look := eval[string](tb, fmt.Sprintf(`(e => { if (!e) return 'none'; const s = getComputedStyle(e), b = getComputedStyle(e, '::before');
				return [s.borderStyle, s.borderWidth, b.maskImage, b.maskPosition, b.display].join(' '); })(document.querySelector(%q))`, selector))
			if look == "none" {
				continue
			}
			if other, twice := seen[look]; twice {
				t.Errorf("%s: %s and %s look the same: %s", scheme, state, other, look)
			}
			seen[look] = state
		}
		if len(seen) < 4 {
			t.Errorf("%s: only %d states were seen", scheme, len(seen))
		}
		tb.do(tb.pick("org.template.delete", ""))
	}
}
