package browsertest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/web/webtest"
)

// spoken is a place of the tree that a screen reader reads: role, name and children, with what says nothing left out.
type spoken struct {
	role, name string
	checked    bool
	children   []*spoken
}

// tree is the page as a screen reader has it.
func (tb *tab) tree() *spoken {
	tb.t.Helper()
	var nodes []*accessibility.Node
	tb.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		got, err := cdp.Call(ctx, t, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		nodes = got.Nodes
		return err
	}))
	if len(nodes) == 0 {
		tb.t.Fatal("the page says nothing")
	}
	byID := map[accessibility.NodeID]*accessibility.Node{}
	for _, n := range nodes {
		byID[n.NodeID] = n
	}
	return speak(nodes[0], byID)[0]
}

func speak(n *accessibility.Node, byID map[accessibility.NodeID]*accessibility.Node) []*spoken {
	var children []*spoken
	for _, id := range n.ChildIDs {
		if child := byID[id]; child != nil {
			children = append(children, speak(child, byID)...)
		}
	}
	role := textOf(n.Role)
	if n.Ignored || slices.Contains([]string{"generic", "none", "InlineTextBox"}, role) {
		return children
	}
	s := &spoken{role: role, name: textOf(n.Name), children: children}
	for _, p := range n.Properties {
		if p.Name == "checked" && textOf(p.Value) == "true" {
			s.checked = true
		}
	}
	return []*spoken{s}
}

func textOf(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var text string
	if json.Unmarshal(v.Value, &text) != nil {
		text = string(v.Value)
	}
	return strings.Join(strings.Fields(text), " ")
}

// find are all places below with a role, and with a name unless that is "".
func (s *spoken) find(role, name string) []*spoken {
	var out []*spoken
	for _, c := range s.children {
		if c.role == role && (name == "" || c.name == name) {
			out = append(out, c)
		}
		out = append(out, c.find(role, name)...)
	}
	return out
}

// one is the only such place.
func (s *spoken) one(t *testing.T, role, name string) *spoken {
	t.Helper()
	found := s.find(role, name)
	if len(found) != 1 {
		t.Fatalf("there are %d of %s %q", len(found), role, name)
	}
	return found[0]
}

func namesOf(list []*spoken) []string {
	var out []string
	for _, s := range list {
		out = append(out, s.name)
	}
	return out
}

// words are what is read out below, one after the other.
func (s *spoken) words() string {
	var out []string
	for _, c := range s.find("StaticText", "") {
		out = append(out, c.name)
	}
	return strings.Join(strings.Fields(strings.Join(out, " ")), " ")
}

// TestScreenReader reads the pages as a person who does not see them: every control has a name, with its state, and in
// the order in which it is needed; changes are announced.
func TestScreenReader(t *testing.T) {
	t.Parallel()
	s := crowd(t)
	tb := open(t, serve(t, s), true)
	tb.visit("/login")
	login := tb.tree()
	login.one(t, "textbox", "Email")
	login.one(t, "textbox", "Password")
	login.one(t, "button", "Sign in")

	tb.signIn(s, webtest.Admin)
	tb.look(1440, false)
	readMembers(t, tb)
	readAssignment(t, tb)
	readRole(t, tb)
	readAnswer(t, tb)
}

func readMembers(t *testing.T, tb *tab) {
	t.Helper()
	tb.visit(members)
	main := tb.tree().one(t, "main", "")
	if first := main.children[0].find("heading", ""); len(first) == 0 || !strings.HasPrefix(first[0].name, "Members") {
		t.Errorf("the first thing in the page is %s %q, not its heading", main.children[0].role, main.children[0].name)
	}
	table := main.one(t, "table", "Members of Default")
	want := []string{"Select all 27 that match", "Member", "Roles", "Added", "Last change", "Actions"}
	if diff := cmp.Diff(want, namesOf(table.find("columnheader", ""))); diff != "" {
		t.Errorf("the heads of the columns (-want +got)\n%s", diff)
	}
	table.one(t, "link", "Member only · add a role to person-07")
	if n := len(table.find("rowheader", "")); n != 25 {
		t.Errorf("%d rows have a head", n)
	}
	search := main.one(t, "search", "members")
	tb.hotkey("/", "Slash")
	tb.keys("person-07")
	tb.do(tb.rows(1))
	if said := tb.tree().one(t, "search", "members").one(t, "status", "").words(); !strings.HasPrefix(said, "1 of ") || !strings.HasSuffix(said, " members") {
		t.Errorf("the search is announced as %q", said)
	}
	if strings.Contains(search.words(), "/") {
		t.Errorf("reads %q, with the key that is drawn in the box", search.words())
	}
}

func readAssignment(t *testing.T, tb *tab) {
	t.Helper()
	tb.visit(members + "?q=person-07")
	tb.do(click(`tbody a[data-pop]`), see(`#pop input[name=role]`))
	dialog := tb.tree().one(t, "dialog", "Edit")
	dialog.one(t, "heading", "Roles of person-07")
	dialog.one(t, "searchbox", "Filter roles")
	custom := dialog.one(t, "group", "Roles").one(t, "group", "Custom roles").find("checkbox", "")
	if len(custom) != 1 || custom[0].checked || !strings.HasPrefix(custom[0].name, "CI ") {
		t.Errorf("the roles to tick are %q", namesOf(custom))
	}
	tb.keys(kb.Escape)
}

func readRole(t *testing.T, tb *tab) {
	t.Helper()
	tb.visit(roles + "/ci")
	tb.do(click(showAll))
	page := tb.tree()
	state := func(tree *spoken, row, action string) string {
		t.Helper()
		cell := tree.one(t, "group", row).one(t, "radiogroup", row+": "+action)
		if diff := cmp.Diff([]string{"Not set", "Allow", "Deny"}, namesOf(cell.children)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", cell.name, diff)
		}
		for _, c := range cell.children {
			if c.checked {
				return c.name
			}
		}
		return "nothing"
	}
	got := []string{state(page, "Template", "Read"), state(page, "Template", "Delete"), state(page, "Workspace", "Start")}
	if diff := cmp.Diff([]string{"Allow", "Not set", "Not set"}, got); diff != "" {
		t.Errorf("the states (-want +got)\n%s", diff)
	}
	page.one(t, "group", "Template").one(t, "combobox", "Template: Level")
	for _, c := range page.find("radiogroup", "") {
		if c.name == "" {
			t.Error("a group of choices has no name")
		}
	}
	tb.keysAt("org.template.delete", "d")
	page = tb.tree()
	if got := state(page, "Template", "Delete"); got != "Deny" {
		t.Errorf("after D it is %q", got)
	}
	if said := page.one(t, "region", "Save").one(t, "status", "").words(); !strings.HasPrefix(said, "1 unsaved change ") {
		t.Errorf("the change is announced as %q", said)
	}
	page.one(t, "button", "Undo Template: Delete")
	tb.keys("/")
	tb.do(tb.until(`document.activeElement.matches('[data-filter]')`))
	tb.keys("nothing is called this")
	if said := tb.tree().find("status", ""); !slices.ContainsFunc(said, func(s *spoken) bool { return s.words() == "No permission matches." }) {
		t.Errorf("that a filter leaves nothing is none of %d announcements", len(said))
	}
	tb.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#role').reset()`)) // else the page asks whether to leave it
}

func readAnswer(t *testing.T, tb *tab) {
	t.Helper()
	tb.visit(members + "/person-07?action=update&resource_type=template")
	main := tb.tree().one(t, "main", "")
	main.one(t, "combobox", "Action")
	main.one(t, "combobox", "Resource type")
	if said := main.one(t, "region", "Answer").find("status", ""); len(said) == 0 || !strings.HasPrefix(said[0].words(), "No.") {
		t.Errorf("the answer is not announced by the first of %d", len(said))
	}
}

// TestJumpList opens and closes the list over every page: one Esc is enough, whatever was typed.
func TestJumpList(t *testing.T) {
	t.Parallel()
	s := crowd(t)
	tb := open(t, serve(t, s), true)
	tb.signIn(s, webtest.Admin)
	tb.look(1440, false)
	tb.visit(members)
	tb.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(2)), see(`#palette[open] .hit`)) // Ctrl
	top := `document.querySelector('#palette').getBoundingClientRect().top`
	before := eval[float64](tb, top)
	tb.keys("person-07")
	tb.do(tb.until(`[...document.querySelectorAll('#palette .hit')].every(h => h.textContent.includes('person-07'))`))
	if after := eval[float64](tb, top); after != before {
		t.Errorf("the list jumps from %v to %v when its hits change", before, after)
	}
	tb.keys(kb.Escape)
	tb.do(tb.until(`!document.querySelector('dialog[open]')`))
}
