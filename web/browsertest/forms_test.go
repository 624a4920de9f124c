package browsertest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/web/webtest"
)

// TestSessionEnds: a session that ends in an edit costs nothing that was entered. It comes back after signing in, for the
// account that entered it; passwords never do.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	forms := []struct {
		name, path string
		enter      func(*tab)
		still      string // what the page has of it
		save       string
	}{
		{"role", roles + "/ci", func(tb *tab) {
			tb.do(tb.pick("org.template.delete", "deny"), tb.pick("org.template.update", ""), fill(`[name=display_name]`, "Robots"))
		}, `document.querySelector('[name="org.template.delete"]:checked').value === 'deny' && document.querySelector('[name="org.template.update"]:checked').value === '' &&
			document.querySelector('[name=display_name]').value === 'Robots' && document.querySelector('[data-nbar]').textContent === '3'`, `[data-save]`},
		{"new user", "/users/new", func(tb *tab) {
			tb.do(fill(`[name=email]`, "ada@example.com"), fill(`[name=username]`, "ada"), click(`[name=access][value=password]`), see(`[name=password]`), fill(`[name=password]`, "a secret of mine"), click(`[name=organization_ids]`))
		}, `document.querySelector('[name=email]').value === 'ada@example.com' && document.querySelector('[name=access]:checked').value === 'password' &&
			document.querySelector('[name=password]').value === '' && document.querySelector('[name=organization_ids]').checked`, `main form button.pri`},
		{"settings", "/organizations/default", func(tb *tab) { tb.do(fill(`[name=display_name]`, "Where we meet")) },
			`document.querySelector('[name=display_name]').value === 'Where we meet'`, `main form[aria-labelledby=general-h] button`},
	}
	for _, tt := range forms {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := crowd(t)
			tb := open(t, serve(t, s), true)
			tb.look(1440, false)
			tb.signIn(s, webtest.Owner)
			tb.visit(tt.path)
			tt.enter(tb)
			if kept := eval[string](tb, `JSON.stringify({...sessionStorage})`); strings.Contains(kept, "a secret of mine") || kept == "{}" {
				t.Errorf("kept is %s", kept)
			}
			tb.cookie("rolecall", "gone")
			tb.do(click(tt.save), tb.at("/login"))
			if text := eval[string](tb, `document.querySelector('main').textContent`); !strings.Contains(text, "Your session ended. Nothing was saved.") {
				t.Errorf("the page says %q", text)
			}
			tb.do(
				fill(`[name=email]`, "owner@example.com"), fill(`[name=password]`, webtest.Password), press(`[name=password]`, kb.Enter),
				tb.at(tt.path), tb.until(tt.still),
			)
			if text := eval[string](tb, `document.querySelector('main').textContent`); !strings.Contains(text, "We kept what you entered") {
				t.Error("it is not said that something was kept")
			}
			if tt.name == "role" {
				tb.do(click(tt.save), tb.said("saved"))
				if diff := cmp.Diff([]string{"-template:delete", "template:read"}, permissionsOf(t, s, "ci")); diff != "" {
					t.Errorf("the role (-want +got)\n%s", diff)
				}
				if kept := eval[string](tb, `JSON.stringify({...sessionStorage})`); strings.Contains(kept, "draft") {
					t.Errorf("after it was saved %s is still kept", kept)
				}
				return
			}
			tb.visitAnyway(tt.path) // another account has no use for it
			tb.signIn(s, webtest.Admin)
			tb.visitAnyway("/users/me")
			tb.signIn(s, webtest.Owner)
			tb.visitAnyway(tt.path)
			if eval[bool](tb, tt.still) {
				t.Error("what was entered outlives the visit of another account")
			}
		})
	}
	t.Run("without script", func(t *testing.T) {
		t.Parallel()
		s := crowd(t)
		tb := open(t, serve(t, s), false)
		tb.look(1440, false)
		enter := func() {
			t.Helper()
			tb.do(fill(`[name=email]`, "owner@example.com"), fill(`[name=password]`, webtest.Password), press(`[name=password]`, kb.Enter))
		}
		tb.visit("/login?next=" + roles + "/ci")
		enter()
		tb.do(tb.at(roles+"/ci"), tb.pick("org.template.delete", "deny"))
		tb.cookie("rolecall", "gone")
		tb.do(click(`[data-save]`), see(`[name=password]`))
		if text := eval[string](tb, `document.querySelector('main').textContent`); !strings.Contains(text, "Your session ended. Nothing was saved yet.") {
			t.Errorf("the page says %q", text)
		}
		enter()
		tb.do(see(`#role .note`), tb.until(`document.querySelector('[name="org.template.delete"]:checked').value === 'deny'`), click(`[data-save]`), tb.at(roles+"/ci"))
		if diff := cmp.Diff([]string{"-template:delete", "template:read", "template:update"}, permissionsOf(t, s, "ci")); diff != "" {
			t.Errorf("the role (-want +got)\n%s", diff)
		}
	})
}

// visitAnyway goes to a page, whatever is asked about what is left behind.
func (tb *tab) visitAnyway(path string) {
	tb.t.Helper()
	tb.visit(path)
	tb.asked()
}

// asked reports whether the browser asked before a page was left, and takes that for no problem.
func (tb *tab) asked() bool {
	tb.t.Helper()
	problems := tb.wrong()
	rest := slices.DeleteFunc(slices.Clone(problems), func(p string) bool { return p == "dialog: " })
	tb.mu.Lock()
	tb.problems = append(rest, tb.problems...)
	tb.mu.Unlock()
	return len(rest) < len(problems)
}

// TestServerAway: what was entered is still there when the server is not, and is saved once when it is back.
func TestServerAway(t *testing.T) {
	t.Parallel()
	s := crowd(t)
	var away atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			panic(http.ErrAbortHandler) // as a connection that breaks
		}
		s.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	for _, tt := range []struct {
		path, save, made string
		enter            func(*tab)
	}{
		{"/users/new", `main form button.pri`, "SELECT id FROM invitations WHERE email = 'ada@example.com'", func(tb *tab) {
			tb.do(fill(`[name=email]`, "ada@example.com"), click(`[name=organization_ids]`))
		}},
		{"/users/me/keys/tokens", `.token-new button`, "SELECT id FROM api_keys WHERE name = 'ci-deploy'", func(tb *tab) {
			tb.do(fill(`[name=token_name]`, "ci-deploy"))
		}},
		{roles + "/new", `[data-save]`, "SELECT id FROM roles WHERE name = 'night-shift'", func(tb *tab) {
			tb.do(fill(`[name=display_name]`, "Night shift"), tb.pick("org.template.read", "allow"))
		}},
	} {
		t.Run(tt.path, func(t *testing.T) {
			tb := open(t, server.URL, true)
			tb.look(1440, false)
			tb.signIn(s, webtest.Owner)
			tb.visit(tt.path)
			tt.enter(tb)
			entered := eval[string](tb, `JSON.stringify([...new FormData(document.querySelector('main form[method=post]'))])`)
			away.Store(true)
			tb.do(click(tt.save), tb.until(`document.querySelector('#trouble').textContent.includes('It is not known whether it was saved')`))
			tb.do(tb.until(`document.querySelector('#trouble').textContent.includes('The server can’t be reached')`))
			if now := eval[string](tb, `JSON.stringify([...new FormData(document.querySelector('main form[method=post]'))])`); now != entered {
				t.Errorf("%s: entered %s, and there is %s", tt.path, entered, now)
			}
			if eval[bool](tb, `!!document.querySelector('main form [aria-busy], main form button[data-sent]')`) {
				t.Errorf("%s: the button is busy still", tt.path)
			}
			tb.wrong() // the browser reports the connection
			away.Store(false)
			tb.do(click(`[data-retry]`), tb.until(`document.querySelector('.once') || document.querySelector('#toast')?.textContent.includes('was created')`))
			if n := len(s.Query(t, tt.made)); n != 1 {
				t.Errorf("%s: %d were made", tt.path, n)
			}
		})
	}
}

// hurry makes long waits of the page short ones.
func (tb *tab) hurry() {
	tb.t.Helper()
	tb.do(call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `{ const wait = setTimeout; window.setTimeout = (f, ms, ...a) => wait(f, ms > 5000 ? ms / 50 : ms, ...a); }`,
	}))
}

// TestAnswersThatDoNotCome: a slow answer is told of; what a proxy answers for a server that is away replaces no form, and
// what was sent is sent again by itself until it is there once. An edit in between is not.
func TestAnswersThatDoNotCome(t *testing.T) {
	t.Parallel()
	s := crowd(t)
	var posts, bad atomic.Int64
	slow := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			posts.Add(1)
			if bad.Add(-1) >= 0 {
				w.Header().Set("Content-Type", "text/html")
				w.WriteHeader(http.StatusBadGateway)
				_, _ = w.Write([]byte("<h1>Bad gateway</h1>"))
				return
			}
			<-slow
		}
		s.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	tb := open(t, server.URL, true)
	tb.hurry()
	tb.look(1440, false)
	tb.signIn(s, webtest.Owner)
	tb.visit("/users/me/keys/tokens")
	tb.do(fill(`[name=token_name]`, "ci-deploy"))
	bad.Store(2)
	tb.do(click(`.token-new button`), tb.until(`document.querySelector('#working').textContent.includes('Still working')`))
	if eval[string](tb, `document.querySelector('[name=token_name]').value`) != "ci-deploy" {
		t.Error("what was entered is gone")
	}
	close(slow)
	tb.do(see(`#secret`), tb.until(`!document.querySelector('#working').textContent && !document.querySelector('#trouble').textContent`))
	if n := len(s.Query(t, "SELECT id FROM api_keys WHERE name = 'ci-deploy'")); n != 1 || posts.Load() != 3 {
		t.Errorf("%d tokens after %d requests, want 1 and 3", n, posts.Load())
	}
	tb.wrong() // the browser reports the failures

	tb.visit("/users/me/keys/tokens")
	bad.Store(1 << 30)
	tb.do(fill(`[name=token_name]`, "another"), click(`.token-new button`), tb.until(`document.querySelector('#trouble [data-retry]') && !document.querySelector('#trouble [data-again]')`))
	if n := posts.Load(); n != 3+4 {
		t.Errorf("%d requests, want 4 more: the first and three by itself", n)
	}
	tb.wrong()
}

// TestLeaving: the browser asks before an edit is left behind, and only then.
func TestLeaving(t *testing.T) {
	t.Parallel()
	s := crowd(t)
	tb := open(t, serve(t, s), true)
	tb.look(1440, false)
	tb.signIn(s, webtest.Owner)
	leave := func(what string, want bool) {
		t.Helper()
		tb.do(chromedp.Navigate(tb.base+members), tb.at(members))
		if got := tb.asked(); got != want {
			t.Errorf("%s: asked is %t", what, got)
		}
		eval[any](tb, `sessionStorage.clear()`)
	}
	tb.visit(roles + "/new")
	leave("a new role that was not touched", false)
	tb.visit(roles + "/new?from=ci")
	leave("a copy of a role that was not touched", false)
	tb.visit(roles + "/new")
	tb.do(tb.pick("org.template.create", "allow"), tb.pick("org.template.read", "allow"), tb.pick("org.template.delete", "deny"))
	leave("a new role with cells", true)

	// A link asks in the page.
	tb.visit(roles + "/new")
	tb.do(tb.pick("org.template.create", "allow"), click(`#side a[href="`+members+`"]`), see(`#leave[open]`), click(`#leave .pri`), tb.until(`!document.querySelector('#leave[open]')`))
	tb.do(click(`#side a[href="`+members+`"]`), see(`#leave[open]`), click(`#leave [value=leave]`), tb.at(members))
	if tb.asked() {
		t.Error("the browser asks again")
	}
	tb.visit(roles + "/new")
	tb.do(tb.until(`document.querySelector('[name="org.template.create"]:checked').value === 'allow'`), click(`form .note button`), click(`#side a[href="`+members+`"]`), tb.at(members))
	tb.visit(roles + "/ci")
	tb.do(tb.pick("org.template.delete", "deny"))
	leave("a role with an edit", true)
	tb.visit(roles + "/ci")
	tb.do(tb.pick("org.template.delete", "deny"), click(`[value=review]`), see(`form.confirm`))
	leave("the review of an edit", true)
	tb.visit("/users/new")
	tb.do(fill(`[name=username]`, "ada"))
	leave("a new user", true)
	tb.visit("/users/new")
	tb.do(fill(`[name=username]`, "admin"), fill(`[name=email]`, "x@example.com"), click(`.by-password`), click(`[name=organization_ids]`), click(`main form button.pri`), see(`#errors`))
	leave("a form that was refused", true)
	tb.visit(members)
	tb.do(click(`tbody .ck:enabled`))
	leave("a row that is ticked", false)

	// What is left behind is there again, and can be thrown away.
	tb.visit(roles + "/new")
	tb.do(tb.pick("org.template.create", "allow"))
	tb.visitAnyway(members)
	tb.visit(roles + "/new")
	tb.do(tb.until(`document.querySelector('[name="org.template.create"]:checked').value === 'allow'`), click(`form .note button`))
	tb.do(tb.until(`document.querySelector('[name="org.template.create"]:checked').value === ''`))
	leave("what was thrown away", false)
}

// TestReviewAndBack: an edit goes through the review and back to the editor, and is all there after a refusal.
func TestReviewAndBack(t *testing.T) {
	t.Parallel()
	s := crowd(t)
	tb := open(t, serve(t, s), true)
	tb.look(1440, false)
	tb.signIn(s, webtest.Owner)
	tb.visit(roles + "/ci")
	tb.do(tb.pick("org.template.delete", "deny"), click(`[value=review]`), see(`form.confirm`), click(`[value=edit]`), see(`#role`))
	tb.do(tb.until(`document.querySelector('[name="org.template.delete"]:checked').value === 'deny'`), click(showAll), tb.pick("org.workspace.read", "allow"))
	tb.do(tb.until(`document.querySelector('[data-nbar]').textContent === '2'`), click(`[data-save]`), tb.said("saved"))
	if diff := cmp.Diff([]string{"-template:delete", "template:read", "template:update", "workspace:read"}, permissionsOf(t, s, "ci")); diff != "" {
		t.Errorf("the role (-want +got)\n%s", diff)
	}
}

// TestThreeClicks: a button that was pressed is busy, and makes one thing however often it is pressed.
func TestThreeClicks(t *testing.T) {
	t.Parallel()
	s := crowd(t)
	release := make(chan struct{})
	var posts atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			posts.Add(1)
			<-release
		}
		s.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	tb := open(t, server.URL, true)
	tb.look(1440, false)
	tb.signIn(s, webtest.Owner)
	tb.visit("/users/me/keys/tokens")
	tb.do(fill(`[name=token_name]`, "ci-deploy"))
	eval[any](tb, `(b => { b.click(); b.click(); b.click(); })(document.querySelector('.token-new button'))`)
	tb.do(tb.until(`document.querySelector('.token-new button').matches('[aria-busy=true]:disabled')`))
	close(release)
	tb.do(see(`#secret`))
	if n := len(s.Query(t, "SELECT id FROM api_keys WHERE name = 'ci-deploy'")); n != 1 || posts.Load() != 1 {
		t.Errorf("%d tokens after %d requests", n, posts.Load())
	}
	tb.visit("/users/me/keys/tokens") // nothing is sent again
	if posts.Load() != 1 {
		t.Errorf("%d requests", posts.Load())
	}
}
