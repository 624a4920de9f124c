package browsertest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"rolecall.example/web/webtest"
)

// job is what a person came to do, and how often they have clicked for it. A choice in a list is a click; typing is none.
type job struct {
	*tab
	clicks int
}

func (j *job) click(selector string) {
	j.t.Helper()
	j.clicks++
	j.do(click(selector))
}

// ask types a question where everything is searched, and takes the first answer with Enter.
func (j *job) ask(question, path string) {
	j.t.Helper()
	j.do(idle(), chromedp.KeyEvent("k", chromedp.KeyModifiers(2)), see(`#palette[open]`)) // Ctrl
	j.keys(question, "\r")
	j.do(j.at(path))
}

// TestJobs does what people come for with as few clicks as they may take, and ends where the next step is. What
// TestSelection does, a role for all that match but some, is the seventh.
func TestJobs(t *testing.T) {
	t.Parallel()
	s := crowd(t)
	s.AddUser(t, "maria", webtest.Default)
	allow := []map[string]any{{"resource_type": "workspace", "action": "start"}}
	deny := []map[string]any{{"resource_type": "workspace", "action": "start", "negate": true}}
	put := func(path string, body map[string]any) {
		t.Helper()
		if res := s.Do(t, webtest.Request{As: webtest.Owner, Method: http.MethodPut, Path: path, JSON: body}); res.StatusCode != http.StatusOK {
			t.Fatalf("%s: got %d\n%s", path, res.StatusCode, res.Body)
		}
	}
	put(roles, map[string]any{"name": "developer", "display_name": "Developer", "organization_permissions": allow})
	put(roles, map[string]any{"name": "freeze", "display_name": "Freeze", "organization_permissions": deny})
	put(members+"/maria/roles", map[string]any{"roles": []string{"developer", "freeze"}})

	tb := open(t, serve(t, s), true)
	tb.signIn(s, webtest.Owner)
	tb.look(1440, false)
	for _, c := range []struct {
		name   string
		clicks int
		do     func(j *job)
	}{
		{"why she cannot, and mend it", 3, mendTheAnswer},
		{"who can, on paper", 3, printWhoCan},
		{"offboard", 3, func(j *job) { offboard(j, s) }},
		{"a new organization with its administrator", 3, newOrganization},
		{"a token that can do little, and ends", 5, func(j *job) { limitedToken(j, s) }},
	} {
		tb.visit("/organizations/default/overview")
		j := &job{tab: tb}
		c.do(j)
		if j.clicks > c.clicks {
			t.Errorf("%s takes %d clicks, and may take %d", c.name, j.clicks, c.clicks)
		}
	}
}

func mendTheAnswer(j *job) {
	j.t.Helper()
	j.ask("can maria start workspaces", members+"/maria")
	j.do(j.until(`document.querySelector('#verdict').textContent.startsWith('No.')`))
	j.click(`[aria-label^="Preview: Remove"]`)
	j.do(see(`#preview`), j.until(`document.activeElement.id === 'preview'`), press(`#preview`, kb.Escape), j.until(`document.activeElement.id === 'verdict' && !document.querySelector('#preview')`))
	j.do(click(`[aria-label^="Preview: Remove"]`), see(`#preview`)) // again, since Escape closed it
	j.click(`#preview .pri`)
	j.do(j.until(`document.querySelector('#verdict').textContent.startsWith('Yes')`), see(`[data-undo]`), j.until(`document.activeElement.id === 'verdict'`))
}

func printWhoCan(j *job) {
	j.t.Helper()
	j.ask("who can delete templates", "/organizations/default/who-can")
	j.onPaper(func() {
		j.do(see(`.stamp`))
		if got := eval[string](j.tab, `document.querySelector('main').innerText`); !strings.Contains(got, "can delete templates") || !strings.Contains(got, "Printed by") {
			j.t.Errorf("the paper says %q", got)
		}
	})
	j.visit("/organizations/default/members/roles?view=matrix")
	j.onPaper(func() {
		// What allows and denies is drawn by backgrounds, which browsers leave out if nothing says otherwise.
		if got := eval[string](j.tab, `[...new Set([...document.querySelectorAll('.rmx .st')].map(e => getComputedStyle(e).printColorAdjust))].join()`); got != "exact" {
			j.t.Errorf("marks of the matrix are printed as %q", got)
		}
	})
}

func offboard(j *job, s *webtest.Site) {
	j.t.Helper()
	j.ask("maria", members+"/maria")
	j.click(`a[href^="/users/maria/offboard"]`)
	j.click(`main form .btn.bad`)
	j.do(j.said("offboarded"))
	if res := s.Get(j.t, webtest.Owner, members+"/maria"); res.StatusCode != http.StatusNotFound {
		j.t.Errorf("the membership answers %d", res.StatusCode)
	}
}

func newOrganization(j *job) {
	j.t.Helper()
	j.click(`#side a[href="/organizations"]`)
	j.click(`main a[href="/organizations/new"]`)
	j.do(fill(`#display_name`, "Research"), fill(`#first_administrator`, "person-03"))
	j.click(`main form .pri`)
	j.do(j.at("/organizations/research/members"))
}

func limitedToken(j *job, s *webtest.Site) {
	j.t.Helper()
	j.click(`#side a[href="/users/me/keys/tokens"]`)
	j.do(fill(`#token_name`, "ci"))
	j.click(`.by-scopes`)
	j.click(`details:has([value="template:read"]) summary`)
	j.click(`[value="template:read"]`)
	j.click(`.token-new .pri`)
	j.do(see(`#secret`))
	type token struct {
		Name      string    `json:"token_name"`
		Scopes    []string  `json:"scopes"`
		ExpiresAt time.Time `json:"expires_at"`
	}
	var keys []token
	s.Get(j.t, webtest.Owner, "/users/me/keys/tokens").Decode(&keys)
	i := slices.IndexFunc(keys, func(k token) bool { return k.Name == "ci" })
	if i < 0 || !slices.Equal(keys[i].Scopes, []string{"template:read"}) || keys[i].ExpiresAt.After(time.Now().AddDate(1, 0, 0)) {
		j.t.Errorf("the tokens are %v", keys)
	}
}

// TestFirstRun goes from nothing to an organization with three people who have a role, and a role of its own.
func TestFirstRun(t *testing.T) {
	t.Parallel()
	s := webtest.NewEmpty(t)
	j := &job{tab: open(t, serve(t, s), true)}
	j.look(1440, false)
	j.visit("/setup?setup_token=" + webtest.SetupToken)
	j.do(fill(`#organization`, "Acme Robotics"), fill(`#name`, "Ada Quinn"), fill(`#email`, "ada@acme.example"), fill(`#password`, webtest.Password))
	j.click(`main form .pri, form.box .pri`)
	j.do(j.at("/organizations/default/overview"))
	j.click(`#checklist a.pri`)
	j.do(idle(), chromedp.SendKeys(chromedp.CSS(`#emails`), "ben@acme.example\nchloe@acme.example\ndaniel@acme.example"))
	j.click(`[name=roles][value="organization-auditor"]`)
	j.click(`main form .pri`)
	j.do(j.until(`document.querySelectorAll('main input[value*="/invitations/"]').length >= 3`))
	j.click(`#side a[href$="/overview"]`)
	j.click(`#checklist a[href$="/roles/new"]`)
	j.do(fill(`#display_name`, "Template author"), j.pick("org.template.create", "allow"), j.pick("org.template.update", "allow"))
	j.click(`[data-save]`)
	j.do(j.at(roles + "/template-author"))
	if j.clicks > 14 {
		t.Errorf("the first run takes %d clicks", j.clicks)
	}
}

// onPaper looks at the page as it is printed.
func (tb *tab) onPaper(look func()) {
	tb.t.Helper()
	tb.do(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}))
	look()
	tb.do(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{}))
}
