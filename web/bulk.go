package web

import (
	"cmp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/tenant"
	"rolecall.example/views"
)

// POST …/members with an action changes many members. JSON names them in "users", or selects with "all" those that the list
// of the same query shows, except those in "except". A form does the same, but is confirmed on a page first.

const actionAdd = "add" // makes users members; the other actions are org's

// changeMembers adds or changes many members. A form without confirm gets the confirm page, made by a dry run.
func (s *Server) changeMembers(c *call) (reply, error) {
	o, err := c.object()
	switch {
	case err != nil:
	case o.text("action") == actionAdd:
		return s.addMembers(c)
	case o.form && o.text("action") == actionExport:
		return s.exportSelection(c), nil
	case o.form && !c.dry && (asksAgain(o) || c.actor.Names.List != ""):
		p, err := s.confirmBulk(c, nil)
		return reply{html: show(p)}, err
	}
	if c.dry {
		return c.foreseenBulk(s.tenant.PreviewBulk(c.ctx, c.actor, c.organization(), c.bulkInput(readBulk)))
	}
	result, err := s.tenant.BulkMembers(c.ctx, c.actor, c.organization(), c.bulkInput(readBulk))
	if err != nil {
		return s.refusedBulk(c, err)
	}
	return s.bulkDone(c, &result), nil
}

// bulkInput decodes what to do, and to whom.
func (c *call) bulkInput(read func(object) org.Bulk) org.Input[org.Bulk] {
	in, err := decode(c, read).Read()
	if err == nil && in.Match != nil {
		var filter org.MemberFilter
		filter, err = c.memberFilter()
		filter.Limit, filter.Offset, filter.CountLimit = 0, 0, 0
		in.Match = &filter
	}
	return org.NewInput(in, err)
}

// asksAgain reports whether a form of a bulk action wants the confirm page: it comes from the list, or changed the
// selection.
func asksAgain(o object) bool {
	return !o.flag("confirm") || o.text("action") == actionShow || o.has("drop") || o.has("more")
}

// readBulk reads everything except the filter, which is in the query.
func readBulk(o object) org.Bulk {
	in := readSelection(o)
	if in.Action == org.BulkAddRole || in.Action == org.BulkReplaceRole || o.form {
		in.Terms = o.terms()
	} else {
		o.only("add, add-role and replace-role", fieldUntil, fieldReason)
	}
	return in
}

// readSelection reads what to do and to whom, but not the terms: those are entered on the confirm page.
func readSelection(o object) org.Bulk {
	in := org.Bulk{Action: org.BulkAction(o.text("action")), Role: o.text("role")}
	if o.form {
		if o.has(string(org.BulkReplaceRole)) { // a button of a list of those who have the role
			in.Action, in.With = org.BulkReplaceRole, o.text(string(org.BulkReplaceRole))
		}
		for _, action := range []org.BulkAction{org.BulkAddRole, org.BulkRemoveRole} { // buttons with the role as their value
			if o.has(string(action)) {
				in.Action, in.Role = action, o.text(string(action))
			}
		}
	}
	if in.Action != org.BulkReplaceRole {
		o.only("replace-role", "with")
	} else if in.With == "" {
		in.With = o.text("with")
	}
	p := readPicked(o, tenant.MaxBulk)
	in.Users, in.Except, in.Seen, in.Expect = p.users, p.except, p.seen, p.expect
	if p.all {
		in.Match = &org.MemberFilter{}
	}
	return in
}

// picked is the selection of a bulk action as a request describes it: named people, or all that match with exceptions.
type picked struct {
	all           bool
	users, except []string
	seen          []uuid.UUID // from the confirm page: the people that it listed
	expect        *int
}

// readPicked reads a selection from JSON, or from the form of a list or of the confirm page. It may name at most most
// people.
func readPicked(o object, most int) (p picked) {
	if n, ok := o.number("expect"); ok {
		expected := int(n)
		p.expect = &expected
	}
	if o.form {
		p.seen = seen(o)
	}
	switch p.all = o.flag("all"); {
	case p.all && o.has("users") && !o.form:
		o.ignore("users")
		o.addError("all", "can't be given together with users")
	case p.all:
		p.except = excepted(o)
	case o.has("except"):
		o.ignore("except", "users")
		o.addError("except", "can only be given together with all")
	case !o.has("users") && !o.form:
		o.addError("users", "must be given, unless all is true")
	default:
		p.users = o.texts("users", most)
	}
	if o.form {
		takeOut(o, &p)
	}
	return p
}

// excepted returns the people that a change of all leaves alone. A list sends the rows that it shows and those that are
// ticked; the others were unticked.
func excepted(o object) []string {
	except := o.texts("except", tenant.MaxBulk)
	if o.form {
		ticked := o.texts("users", tenant.MaxBulk)
		for _, user := range o.texts("shown", tenant.MaxBulk) {
			if !slices.Contains(ticked, user) && !slices.Contains(except, user) {
				except = append(except, user)
			}
		}
	}
	return except
}

// confirmBulk makes the confirm page: it shows what the change would do, and to whom; or only the selection.
func (s *Server) confirmBulk(c *call, refused *org.Error) (p page, err error) {
	in, unreadable := c.bulkInput(readSelection).Read()
	in.Expect, in.Seen = nil, nil
	filter, _ := c.memberFilter()
	v := views.BulkConfirm{Bulk: in, Filter: filter, Terms: c.sentTerms(), Err: refused, Back: c.cameFrom()}
	o, _ := c.object()
	v.Everybody = o.flag("everybody") || o.has("more")
	if v.OnlyShow = o.text("action") == actionShow; v.OnlyShow {
		v.Result, err = s.selected(c, org.NewInput(in, unreadable))
	} else {
		v.Result, v.Impact, err = s.tenant.PreviewBulk(c.ctx, c.actor, c.organization(), org.NewInput(in, unreadable))
		v.Role, v.With, v.Catalog = s.roleName(c, in.Role), s.roleName(c, in.With), c.catalog()
	}
	if err != nil {
		return p, err
	}
	_, v.Focus = dropped(o)
	return page{
		title:  v.Title(),
		active: "members",
		crumbs: []views.Crumb{membersCrumb(views.MembersURL(c.organization(), filter))},
		body:   views.BulkConfirmPage(v),
	}, nil
}

// refusedBulk shows the confirm page again if the list has changed in the meantime, or if the terms are wrong. Any
// other problem shows up when that page is made.
func (s *Server) refusedBulk(c *call, err error) (reply, error) {
	return c.again(err, func(e *org.Error) (page, error) {
		if e.Kind != org.Conflict && e.Kind != org.Invalid {
			return page{}, e
		}
		return s.confirmBulk(c, e)
	})
}

// bulkDone goes back to the list. The confirm page has already named the people who are left out; a form that did not
// come from it gets a page that does.
func (s *Server) bulkDone(c *call, result *org.BulkResult) reply {
	in, _ := decode(c, readBulk).Read() // it was read before
	filter, _ := c.memberFilter()
	done := views.BulkDone{Bulk: in, Role: s.roleName(c, in.Role), With: s.roleName(c, in.With), Result: *result, Filter: filter}
	home := cmp.Or(c.cameFrom(), views.MembersURL(c.organization(), filter))
	r := reply{json: wireBulk(result)}
	if len(result.Refused) == 0 || in.Seen != nil {
		r.next = destination{url: home, message: done.Message(), undo: undoOf(org.Receipt{Entry: result.Entry}), batch: true}
		return r
	}
	r.html = show(page{title: "Result", active: "members", crumbs: []views.Crumb{membersCrumb(home)}, body: views.BulkDonePage(done)})
	return r
}

// roleName returns the display name of a role, or its name if it has none or may not be read.
func (s *Server) roleName(c *call, name string) string {
	if name == "" {
		return ""
	}
	v, err := s.tenant.Role(c.ctx, c.actor, c.scope(), name)
	if err != nil {
		return name
	}
	return v.Role.Label()
}

// addMembers adds all users that a request names.
func (s *Server) addMembers(c *call) (reply, error) {
	names := decode(c, additionsInput)
	if c.dry {
		return c.foreseenBulk(s.tenant.PreviewAdditions(c.ctx, c.actor, c.organization(), names))
	}
	result, err := s.tenant.AddMembers(c.ctx, c.actor, c.organization(), names)
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) {
			return s.memberSearch(c, views.AddMember{Err: e, Names: c.namesSent(), Many: true, Terms: c.sentTerms()})()
		})
	}
	r := reply{json: wireBulk(&result)}
	if len(result.Refused) == 0 && len(result.Done) > 0 {
		r.next = to(c.members(), views.AddedSentence(len(result.Done)))
		return r, nil
	}
	r.html = func() (page, error) {
		p, err := s.memberSearch(c, views.AddMember{Result: &result, Names: left(&result), Many: true, Terms: c.sentTerms()})()
		p.fragment = nil // more changes than the results of the search
		return p, err
	}
	return r, nil
}

// additionsInput reads whom to make members, and on which terms.
func additionsInput(o object) org.Additions {
	return org.Additions{Users: namesInput(o), Terms: o.terms()}
}

// namesInput reads the names: a list or, in a form, one text with any separators.
func namesInput(o object) []string {
	o.ignore("action") // it selected this route
	if !o.form {
		if !o.has("users") {
			o.addError("users", "must be given")
		}
		return o.texts("users", tenant.MaxBulk)
	}
	names := splitNames(o.text("names"))
	if len(names) == 0 {
		o.addError("names", "Name at least one user")
	}
	return names
}

// splitNames splits names as people paste them: from a column, a sentence, or a mail.
func splitNames(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;<>", r) })
}

// namesSent returns the text as it was sent, to show the form again.
func (c *call) namesSent() string {
	o, err := c.object()
	if err != nil {
		return ""
	}
	return o.text("names")
}

// left returns the names that could not be added, for another try.
func left(result *org.BulkResult) string {
	var names []string
	for _, r := range result.Refused {
		names = append(names, r.Who)
	}
	return strings.Join(names, "\n")
}
