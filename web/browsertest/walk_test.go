package browsertest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

//go:embed testdata/axe.min.js
var axe string // axe-core 4.14.1 from npm, integrity sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==

// parameters stand for those of the routes.
var parameters = strings.NewReplacer("{organization}", "default", "{user}", "hostile", "{roleName}", "ci", "{secret}", "0123456789-unknown")

// stop is a place of the walk: a page, and what is done there before it is looked at.
type stop struct {
	name string
	path string
	as   string // Owner if ""; "nobody" is signed out
	do   []chromedp.Action[chromedp.Void]
	// same: built like another place, so that axe need not look at it, which takes longest
	same bool
}

const nobody = "nobody"

// states are places besides the plain page of each route.
var states = []stop{
	{name: "members, a page on", path: members + "?limit=10&offset=10", same: true},
	{name: "members, nobody found", path: members + "?q=nobody-has-this-name"},
	{name: "members, by role and status", path: members + "?role=ci&status=active&sort=-created_at", same: true},
	{name: "members, as a plain member", path: members, as: webtest.Member},
	{name: "members, of another organization", path: "/organizations/other/members", as: webtest.Rival, same: true},
	{name: "roles of a member, open", path: members + "?q=hostile", do: []chromedp.Action[chromedp.Void]{
		click(`a[data-pop]`), see(`#pop input[name=role]`),
	}},
	{name: "menu of a member, open", path: members + "?q=hostile", do: []chromedp.Action[chromedp.Void]{
		click(`a[data-menu]`), see(`[popover].menu:popover-open`),
	}},
	{name: "filter by role, open", path: members, do: []chromedp.Action[chromedp.Void]{click(`button[popovertarget=f-role]`), see(`#f-role:popover-open`)}},
	{name: "refused roles", path: members + "/admin/roles", as: webtest.Admin},
	{name: "removing a member", path: members + "/hostile?confirm=remove"},
	{name: "nobody to add", path: members + "/new?q=nobody-has-this-name"},
	{name: "a role, edited", path: roles + "/ci", do: []chromedp.Action[chromedp.Void]{
		choose("org.template.delete", "deny"), choose("org.template.update", ""), choose("org.workspace.start", "allow"),
	}},
	{name: "a hostile role", path: roles + "/hostile", same: true},
	{name: "a long role", path: roles + "/" + strings.Repeat("long-", 6) + "xx", same: true},
	{name: "a built-in role", path: roles + "/organization-admin"},
	{name: "a role, as a plain member", path: roles + "/ci", as: webtest.Member, same: true},
	{name: "deleting a role", path: roles + "/ci?confirm=delete"},
	{name: "a role from a built-in one", path: roles + "/new?from=organization-auditor", same: true},
	{name: "roles, as a plain member", path: roles, as: webtest.Member, same: true},
	{name: "roles, as a matrix", path: roles + "?view=matrix"},
	{name: "not found", path: "/organizations/nowhere/members"},
	{name: "no such page", path: "/nowhere"},
	{name: "forbidden", path: roles + "/new", as: webtest.Member},
	{name: "bad query", path: members + "?limit=x"},
	{name: "member of nothing", path: "/", as: webtest.Outsider},
	{name: "users, nobody found", path: "/users?q=nobody-has-this-name"},
	{name: "users, by status", path: "/users?q=status:suspended", same: true},
	{name: "users, refused", path: "/users?q=a:b:c"},
	{name: "a user with many roles", path: "/users/long"},
	{name: "a user, as itself", path: "/users/me", as: webtest.Member},
	{name: "deleting a user", path: "/users/hostile?confirm=delete"},
	{name: "an organization with a hostile description", path: "/organizations/other"},
	{name: "audit, of one thing", path: "/audit?q=resource_type:custom_role", same: true},
	{name: "audit, nothing found", path: "/audit?q=username:nobody"},
	{name: "audit, refused", path: "/audit", as: webtest.Member},
	{name: "audit, of an organization", path: "/audit", as: webtest.Admin, same: true},
	{name: "search, found", path: "/search?q=ho"},
	{name: "search, nothing found", path: "/search?q=nothing-has-this-name"},
	{name: "search, hostile", path: "/search?q=%3Cscript%3Ealert(1)%3C/script%3E", same: true},
	{name: "who can, asked", path: "/organizations/default/who-can?resource_type=template&action=update"},
	{name: "who can, of a member", path: "/organizations/default/who-can?resource_type=template&action=update&user=hostile"},
	{name: "explained", path: "/organizations/default/who-can?action=workspace:delete"},
	{name: "signing in", path: "/login?next=" + members, as: nobody},
	{name: "a refused sign-in", path: "/login", as: nobody, do: []chromedp.Action[chromedp.Void]{
		fill(`[name=email]`, "nobody@example.com"), fill(`[name=password]`, "wrong password"), click(`main button[type=submit], main form button:not([type=button])`), see(`#errors, [role=alert]`),
	}},
}

// choose sets a cell of the matrix, as a click on its mark would.
func choose(cell, value string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => {
		const i = document.querySelector('input[type=radio][name="%s"][value="%s"]');
		i.closest('details')?.setAttribute('open', '');
		i.checked = true; i.dispatchEvent(new Event('input', {bubbles: true})); i.dispatchEvent(new Event('change', {bubbles: true}));
	})()`, cell, value))
}

// stops are all places: the page of every route that has one, and the states.
func stops() []stop {
	var all []stop
	for _, r := range web.Routes() {
		switch {
		case r.Method != http.MethodGet || !r.Offers(web.Page):
		case r.Path == "/setup" || r.Path == "/login": // they lead elsewhere once there is an account
		default:
			path := r.Path
			if strings.HasPrefix(path, "/users/roles/") {
				path = strings.Replace(path, "{roleName}", "help-desk", 1)
			}
			all = append(all, stop{name: r.Path, path: parameters.Replace(path)})
		}
	}
	return append(all, states...)
}

// TestWalk goes to every page and state, in light and dark, on a wide and on a narrow screen: nothing is said in the
// console, no policy is violated, nothing is asked of another origin, no name becomes markup, nothing sticks out to the
// side, and axe finds nothing to complain about.
func TestWalk(t *testing.T) {
	t.Parallel()
	s := world(t)
	base := serve(t, s)
	all := stops()
	if len(all) < 30 {
		t.Fatalf("only %d places", len(all))
	}
	// Two tabs share the walk: people first, so that a tab signs in as few times as possible.
	const walkers = 2
	for w := range walkers {
		t.Run(fmt.Sprintf("walker %d", w+1), func(t *testing.T) {
			t.Parallel()
			tb, as := open(t, base, true), nobody
			for i, stop := range all {
				if i%walkers != w {
					continue
				}
				if stop.as == "" {
					stop.as = webtest.Owner
				}
				if stop.as != as {
					as = stop.as
					if as == nobody {
						tb.cookie("rolecall", "none")
					} else {
						tb.signIn(s, as)
					}
				}
				tb.inspect(stop)
			}
		})
	}
}

// TestWalkSetup is the walk of a site that is not set up.
func TestWalkSetup(t *testing.T) {
	t.Parallel()
	tb := open(t, serve(t, webtest.NewEmpty(t)), true)
	tb.inspect(stop{name: "setup", path: "/setup"})
}

// inspect looks at a place from all sides.
func (tb *tab) inspect(at stop) {
	tb.t.Helper()
	outer := tb.t
	defer func() { tb.t = outer }()
	outer.Run(at.name, func(t *testing.T) {
		tb.t = t
		tb.look(1440, false)
		tb.visit(at.path)
		tb.do(at.do...)
		whole, colours := fullAudit, contrastAudit
		if at.same {
			whole, colours = "", ""
		}
		tb.check("light, wide", whole)
		tb.look(1440, true)
		tb.check("dark, wide", colours)
		tb.look(390, true)
		tb.check("dark, narrow", whole)
		tb.look(390, false)
		tb.check("light, narrow", "")
		for _, p := range tb.wrong() {
			t.Error(p)
		}
	})
}

// What axe is asked: everything wide in the light and narrow in the dark, and wide in the dark contrast, since nothing
// else differs from the light there. What is seen narrow in the light was seen in both colours and both widths by then.
const (
	fullAudit     = `{runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}, resultTypes: ['violations']}`
	contrastAudit = `{runOnly: {type: 'rule', values: ['color-contrast', 'link-in-text-block']}, resultTypes: ['violations']}`
)

type violation struct {
	ID    string
	Help  string
	Nodes []struct {
		HTML           string
		FailureSummary string
	}
}

// check fails for what sticks out or breaks a rule of axe.
func (tb *tab) check(how, audit string) {
	tb.t.Helper()
	eval[bool](tb, settled)
	if wide := eval[[]string](tb, overflow); len(wide) > 0 {
		tb.t.Errorf("%s: sticks out to the side: %s", how, strings.Join(wide, "\n\t"))
	}
	if audit == "" {
		return
	}
	if loaded := eval[bool](tb, `typeof axe === 'object'`); !loaded {
		tb.do(chromedp.Evaluate[chromedp.Void](axe))
	}
	found := eval[string](tb, `axe.run(document, `+audit+`).then(r => JSON.stringify(r.violations))`)
	var violations []violation
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		tb.t.Fatal(err)
	}
	for _, v := range violations {
		for _, n := range v.Nodes[:min(3, len(v.Nodes))] {
			tb.t.Errorf("%s: %s: %s (%d places)\n\t%.300s\n\t%s", how, v.ID, v.Help, len(v.Nodes), n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n\t"))
		}
	}
}

// settled stops what moves or fades, so that nothing is seen half-way, and waits until it is painted.
const settled = `new Promise(done => {
	if (!document.adoptedStyleSheets.length) {
		const still = new CSSStyleSheet();
		still.replaceSync('*, *::before, *::after, *::backdrop {transition: none !important; animation: none !important}');
		document.adoptedStyleSheets = [still];
	}
	setTimeout(() => done(true), 200);
	requestAnimationFrame(() => requestAnimationFrame(() => done(true)));
})`

// overflow names what makes the page scroll to the side, if it does.
const overflow = `(() => {
	const root = document.documentElement, width = root.clientWidth;
	if (root.scrollWidth <= width) return [];
	return ['page: ' + root.scrollWidth + ' of ' + width].concat([...document.body.querySelectorAll('*')]
		.filter(e => e.getBoundingClientRect().right > width + 1).slice(-3).map(e => e.outerHTML.slice(0, 160)));
})()`
