package views

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// sent is the form of the editor as a browser without script posts it.
func sent(doc *goquery.Document) url.Values {
	out := url.Values{}
	doc.Find("form#role input[name]").Each(func(_ int, s *goquery.Selection) {
		_, disabled := s.Attr("disabled")
		_, checked := s.Attr("checked")
		radio := s.AttrOr("type", "") == "radio"
		if disabled || s.Closest("fieldset[disabled]").Length() > 0 || (radio && !checked) {
			return
		}
		out.Add(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	return out
}

func cellOf(doc *goquery.Document, field string) *goquery.Selection {
	return doc.Find("input[name='" + field + "']").First().Parent()
}

// describing is the text that a cell is described by.
func describing(doc *goquery.Document, cell *goquery.Selection) (text string) {
	for _, id := range strings.Fields(cell.AttrOr("aria-describedby", "")) {
		text += doc.Find("[id='"+id+"']").Text() + " "
	}
	return text
}

func TestGridShowsTheCatalog(t *testing.T) {
	t.Parallel()
	doc := render(t, RoleEditorPage(fullEditor()))
	catalog := rbac.Default()
	want := catalog.Pairs() + len(catalog.WildcardActions())
	for _, typ := range catalog.Types() {
		if catalog.SiteOnly(typ.Name) && typ.Name != "crypto_key" { // of which something is stored
			want -= len(typ.Actions)
		}
	}
	if got := doc.Find(".cell[role=radiogroup]").Length(); got != want {
		t.Errorf("%d cells, want %d", got, want)
	}
	for _, typ := range catalog.Types() {
		if catalog.SiteOnly(typ.Name) && typ.Name != "crypto_key" {
			continue
		}
		for _, a := range typ.Actions {
			cell := cellOf(doc, "org."+typ.Name+"."+a.Name)
			if got, want := cell.AttrOr("aria-label", ""), a.Label; got != want {
				t.Errorf("cell is named %q, want %q", got, want)
			}
			if cell.Find("input[type=radio]").Length() != 3 || cell.Find("input[checked]").Length() != 1 || cell.Find("input.s").Length() != 1 {
				t.Errorf("%s:%s is not one choice of three", typ.Name, a.Name)
			}
		}
	}
	areas := doc.Find("details.area")
	moot := areas.Eq(areas.Length() - 2) // the unknown ones come last
	if moot.Is("[open]") || !areas.First().Is("[open]") {
		t.Error("what has no effect is not folded away, or what has is")
	}
	for _, typ := range catalog.Types() {
		if in := strings.Contains(moot.Text(), typ.Label) && doc.Find(".area[open] [data-r][aria-label='"+typ.Label+"']").Length() == 0; in != catalog.SiteOnly(typ.Name) {
			t.Errorf("%s among those without effect: %v", typ.Name, in)
		}
	}
}

// A deprecated permission has a cell where it is set, marked as one, and none where a role would only begin with it.
func TestGridHidesDeprecated(t *testing.T) {
	t.Parallel()
	d := *rbac.Default().Document()
	d.Types = slices.Clone(d.Types)
	for i := range d.Types {
		if d.Types[i].Name == "template" {
			d.Types[i].Actions = slices.Clone(d.Types[i].Actions)
			for j := range d.Types[i].Actions {
				d.Types[i].Actions[j].Deprecated = &rbac.Deprecated{}
			}
		}
	}
	catalog, err := rbac.New(&d)
	if err != nil {
		t.Fatal(err)
	}
	all := 0
	for _, typ := range catalog.Types() {
		if typ.Name == "template" {
			all = len(typ.Actions)
		}
	}
	for _, tt := range []struct {
		name string
		role org.Role
		want []string
	}{
		{"nothing of it", newRole("x", "user:read"), nil},
		{"an allow and a deny", newRole("x", "template:create", "!template:read"), []string{"create", "read"}},
		{"by the row for every type", newRole("x", "*:read"), []string{"read"}},
	} {
		e := fullEditor()
		e.Catalog, e.View.Role = catalog, tt.role
		var got []string
		for _, s := range e.scopes() {
			for _, a := range s.areas {
				for _, r := range a.rows {
					for _, c := range r.cells() {
						if c.ResourceType == "template" {
							got = append(got, c.Action)
							if !strings.Contains(c.meaning(), "Deprecated") || !strings.HasSuffix(c.name(), ", deprecated") {
								t.Errorf("%s: %s is not marked: %q", tt.name, c.Action, c.meaning())
							}
						}
					}
					if r.typ == "template" && r.hidden != all-len(tt.want) {
						t.Errorf("%s: %d hidden", tt.name, r.hidden)
					}
				}
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: cells of %q, want %q", tt.name, got, tt.want)
		}
		marked := render(t, RoleEditorPage(e)).Find(".cell.dep").Length()
		if marked != len(tt.want) {
			t.Errorf("%s: %d cells are marked", tt.name, marked)
		}
	}
}

// The stylesheet shows at once what the wildcard row reaches, for so many actions. Cells of further ones have a class for it.
func TestWildcardRowReachesEveryAction(t *testing.T) {
	t.Parallel()
	d := rbac.Document{Format: rbac.Format, Product: "many", Label: "Many"}
	thing := rbac.DocumentType{Name: "thing", Label: "Thing", Plural: "Things"}
	for i := range styledActions + 5 {
		thing.Actions = append(thing.Actions, rbac.DocumentTypeAction{Name: "a" + strconv.Itoa(i)})
	}
	d.Types = []rbac.DocumentType{thing}
	if problems := d.Complete(); len(problems) > 0 {
		t.Fatal(problems)
	}
	c, err := rbac.New(&d)
	if err != nil {
		t.Fatal(err)
	}
	e := fullEditor()
	e.Catalog = c
	e.View.Role.Organization = nil
	var want []string
	for _, a := range c.WildcardActions() {
		e.View.Role.Organization = append(e.View.Role.Organization, rbac.Permission{ResourceType: "*", Action: a.Name})
		if len(e.View.Role.Organization) > styledActions && c.Valid("thing", a.Name) {
			want = append(want, "thing."+a.Name)
		}
	}
	var got []string
	render(t, RoleEditorPage(e)).Find(".area .cell.wa").Each(func(_ int, s *goquery.Selection) {
		if name := s.Find("input").AttrOr("name", ""); strings.HasPrefix(name, "org.thing.") {
			got = append(got, strings.TrimPrefix(name, "org."))
		}
	})
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || len(want) < 5 {
		t.Errorf("marked are %q, want %q", got, want)
	}
}

func TestGridValues(t *testing.T) {
	t.Parallel()
	doc := render(t, RoleEditorPage(fullEditor()))
	got := url.Values{}
	for name, values := range sent(doc) {
		if strings.Contains(name, ".") && !strings.HasPrefix(name, "_") && values[0] != "" {
			got[name] = values
		}
	}
	want := url.Values{
		"org.template.read": {"allow"}, "org.template.create": {"allow"}, "org.workspace.ssh": {"deny"},
		"org.crypto_key.read": {"allow"}, "org.gone.fly": {"allow"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("untouched, it would not save what is stored (-want +got):\n%s", diff)
	}
	head := sent(doc)
	for name, want := range map[string]string{"_method": "PUT", "version": tagOf(12), "name": "maintainer", "display_name": "maintainer"} {
		if head.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, head.Get(name), want)
		}
	}
	if head.Has("new") {
		t.Error("an existing role says that it is new")
	}
}

func TestGridLocks(t *testing.T) {
	t.Parallel()
	doc := render(t, RoleEditorPage(fullEditor()))
	disabled := func(field, class string) bool {
		_, ok := cellOf(doc, field).Find("." + class).Attr("disabled")
		return ok
	}
	unset := cellOf(doc, "org.crypto_key.create")
	if !disabled("org.crypto_key.create", "a") || !disabled("org.crypto_key.create", "d") || !unset.HasClass("lk") {
		t.Error("what the caller does not hold can be granted")
	}
	if got := describing(doc, unset); !strings.Contains(got, "permissions you have yourself") {
		t.Errorf("a locked cell does not say why: %q", got)
	}
	stored := cellOf(doc, "org.crypto_key.read")
	if _, on := stored.Find(".a").Attr("checked"); !on || disabled("org.crypto_key.read", "a") || !disabled("org.crypto_key.read", "d") {
		t.Error("a stored grant that the caller does not hold is not kept, or can be made a deny")
	}
	if disabled("org.template.read", "a") || disabled("org.template.read", "d") {
		t.Error("a free cell is locked")
	}
}

// A stored deny stays when the caller may not take it.
func TestLockedDeny(t *testing.T) {
	t.Parallel()
	c := gridCell{stored: rbac.Denied, value: rbac.Denied, noAllow: "no", noDeny: "no"}
	unset, allow, deny := c.locks()
	if !unset || !allow || deny || c.locked() == "" {
		t.Errorf("unset %v, allow %v, deny %v", unset, allow, deny)
	}
}

func TestUnknownPermissionsStay(t *testing.T) {
	t.Parallel()
	doc := render(t, RoleEditorPage(fullEditor()))
	row := doc.Find(".r.gone")
	if row.Length() != 1 || row.Find("s").Text() != "gone:fly" {
		t.Fatalf("unknown permissions: %q", row.Text())
	}
	keep, drop := row.Find("input[value=allow]"), row.Find("input[value='']")
	if _, on := keep.Attr("checked"); !on || drop.Length() != 1 {
		t.Error("it is not kept unless somebody drops it")
	}
}

func TestRefusedSaveShowsWhatWasEntered(t *testing.T) {
	t.Parallel()
	doc := render(t, RoleEditorPage(refusedEditor()))
	edited := []string{}
	doc.Find(".cell, .keep").Each(func(_ int, s *goquery.Selection) {
		if _, on := s.Find(".s").Attr("checked"); !on {
			edited = append(edited, s.Find("input").First().AttrOr("name", ""))
		}
	})
	if diff := cmp.Diff([]string{"org.template.read", "org.template.delete"}, edited); diff != "" {
		t.Errorf("marked as edits (-want +got):\n%s", diff)
	}
	if got := sent(doc); got.Get("org.template.delete") != "deny" || got.Get("display_name") != hostile || got.Get("version") != tagOf(12) {
		t.Errorf("what was entered is lost: %v %q", got["org.template.delete"], got.Get("display_name"))
	}
	cell := doc.Find("[id='c.org.template.delete']")
	if cell.AttrOr("aria-invalid", "") != "true" || !strings.Contains(doc.Find("[id='c.org.template.delete-error']").Text(), "you do not hold it") {
		t.Error("the cell does not say what is wrong")
	}
	links := doc.Find("#errors a").Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("href", "") + " " + s.Text() })
	if diff := cmp.Diff([]string{"#display_name Display name", "#c.org.template.delete Delete templates"}, links); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	if doc.Find(".savebar button[type=reset]").Length() != 0 || doc.Find(".savebar a[href='/organizations/acme/members/roles/maintainer']").Length() != 1 {
		t.Error("Discard must load the role anew: a reset would bring the refused values back")
	}
	if got := doc.Find("h1").Text(); !strings.Contains(got, "maintainer") {
		t.Errorf("the heading is not the stored name: %q", got)
	}
}

func TestConflictOffersTheStoredRole(t *testing.T) {
	t.Parallel()
	e := refusedEditor()
	e.Err = &org.Error{Kind: org.Conflict, Message: "Somebody else saved."}
	e.Stored.Version = 13
	doc := render(t, RoleEditorPage(e))
	if !strings.Contains(doc.Find(".note.warn").Text(), "undo a change to keep it") {
		t.Errorf("the way out is not told: %q", doc.Find(".note.warn").Text())
	}
	if got := sent(doc).Get("version"); got != tagOf(13) {
		t.Errorf("saving again starts from version %s, want the stored one, 13", got)
	}
}

func TestBuiltInRoleIsForReading(t *testing.T) {
	t.Parallel()
	doc := render(t, RoleEditorPage(builtInEditor()))
	for name := range sent(doc) {
		if !strings.HasPrefix(name, "_") && name != "name" && name != "display_name" && name != "description" {
			t.Errorf("field %s can be sent", name)
		}
	}
	if doc.Find("button:not([type=button]), .savebar, .brush, [data-diff]").Length() != 0 {
		t.Error("tools to edit a role that cannot be edited")
	}
	if doc.Find("a.pri[href='/organizations/acme/members/roles/new?from=organization-admin']").Length() != 1 {
		t.Error("no way to duplicate it")
	}
	if _, on := cellOf(doc, "org.template.delete").Find(".a").Attr("checked"); !on {
		t.Error("the wildcard action is not written out")
	}
	if doc.Find(".mx").Length() != 2 || doc.Find(".r.gone").Length() != 0 {
		t.Error("its site permissions are not shown, or its wildcard is told to be unknown")
	}
	e := builtInEditor()
	e.CanCreate = false
	if render(t, RoleEditorPage(e)).Find("a[href*='/new']").Length() != 0 {
		t.Error("offers to duplicate to somebody who may not create")
	}
}

func TestSiteRoleHasTwoScopes(t *testing.T) {
	t.Parallel()
	doc := render(t, RoleEditorPage(siteEditor()))
	scopes := doc.Find("input[name=_scope]").Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("value", "") })
	if diff := cmp.Diff([]string{"site", "user"}, scopes); diff != "" {
		t.Errorf("scopes (-want +got):\n%s", diff)
	}
	got := sent(doc)
	if got.Get("site.user.read") != "allow" || got.Get("user.api_key.read") != "allow" || got.Get("user.gone.fly") != "allow" || got.Has("org.user.read") {
		t.Error("the levels are mixed up")
	}
	if doc.Find("form#role").AttrOr("action", "") != "/users/roles" || got.Get("_method") != "PATCH" {
		t.Error("a site role is saved as one of an organization")
	}
	if render(t, RoleEditorPage(fullEditor())).Find("input[name=_scope]").Length() != 0 {
		t.Error("a role of an organization has a choice of scopes")
	}
}

func TestNewRole(t *testing.T) {
	t.Parallel()
	doc := render(t, RoleEditorPage(newEditor()))
	got := sent(doc)
	if got.Get("new") != "1" || got.Get("version") != "" || got.Get("org.template.read") != "allow" {
		t.Errorf("new %q, version %q", got.Get("new"), got.Get("version"))
	}
	if doc.Find("input[name=name][required][readonly]").Length() != 0 || doc.Find("input[name=name][required]").Length() != 1 {
		t.Error("the name cannot be given")
	}
	if doc.Find("form[method=get] option[selected]").AttrOr("value", "") != "auditor" {
		t.Error("does not tell what it was started from")
	}
	if !strings.Contains(doc.Find("details.note").Text(), "user:read") {
		t.Error("does not tell what was left out")
	}
	if doc.Find(".savebar button").Text() != "Create role" {
		t.Errorf("button %q", doc.Find(".savebar button").Text())
	}
}

func TestRisksFollowTheCatalog(t *testing.T) {
	t.Parallel()
	catalog, want := rbac.Default(), 0
	for _, typ := range catalog.Types() {
		for _, a := range typ.Actions {
			reached := !catalog.SiteOnly(typ.Name) || typ.Name == "crypto_key"
			if reached && catalog.Risks(rbac.Permission{ResourceType: typ.Name, Action: a.Name}) != "" {
				want++
			}
		}
	}
	for _, a := range catalog.WildcardActions() {
		if catalog.Risks(rbac.Permission{ResourceType: rbac.Wildcard, Action: a.Name}) != "" {
			want++
		}
	}
	doc := render(t, RoleEditorPage(fullEditor()))
	notes := doc.Find("[data-risks]")
	if got := len(strings.Fields(strings.Join(notes.Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("data-risks", "") }), " "))); got != want || want == 0 {
		t.Fatalf("notes about %d permissions, want %d", got, want)
	}
	shown := notes.Not(":empty").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	if diff := cmp.Diff([]string{"Crypto key: Read"}, shown); diff != "" {
		t.Errorf("shown (-want +got):\n%s", diff)
	}
}

func TestRowLevel(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		set  string
		want string
	}{
		{"", "none"}, {"read", "read"}, {"create read update", "write"}, {"create read update delete ssh", "full"},
		{"read ssh", "custom"}, {"create read", "custom"}, {"read !ssh", "custom"},
	} {
		s := scope{grid: rbac.Default().Grid()}
		s.presets = presetsOf(s.grid)
		r := s.newRow("thing", "Thing", []rbac.ActionInfo{{Name: "create"}, {Name: "read"}, {Name: "update"}, {Name: "delete"}, {Name: "ssh"}}, func(typ, _ string, a rbac.ActionInfo) gridCell {
			c := gridCell{Permission: rbac.Permission{ResourceType: typ, Action: a.Name}}
			for _, s := range strings.Fields(tt.set) {
				if name, deny := strings.CutPrefix(s, "!"); name == a.Name && deny {
					c.value = rbac.Denied
				} else if name == a.Name {
					c.value = rbac.Allowed
				}
			}
			return c
		})
		if got := r.preset; got != tt.want {
			t.Errorf("%q is %s, want %s", tt.set, got, tt.want)
		}
	}
}

func TestCountsReachThroughTheWildcard(t *testing.T) {
	t.Parallel()
	catalog := rbac.Default()
	reads := 0
	for _, typ := range catalog.Types() {
		for _, a := range typ.Actions {
			if a.Name == "read" {
				reads++
			}
		}
	}
	got := countRole(catalog, newRole("x", "*:read", "!user:read", "user:update"), false)
	if want := (counts{allowed: reads, denied: 1, total: catalog.Pairs()}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// tagOf is the tag of a version of the role that the tests edit.
func tagOf(version int64) string {
	r := newRole("maintainer")
	r.Version = version
	return r.Tag()
}
