package web

import (
	"cmp"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views"
)

func (s *Server) listMembers(c *call) (reply, error) { return s.memberList(c, false) }

func (s *Server) listMembersPaginated(c *call) (reply, error) { return s.memberList(c, true) }

// memberList answers both lists of members, which show the same rows and differ in what stands around them in JSON.
func (s *Server) memberList(c *call, paginated bool) (reply, error) {
	f, err := c.memberFilter()
	if err != nil {
		// The organization comes first: who may not see it learns nothing about its parameters.
		if _, hidden := s.org.Organization(c.ctx, c.subject, c.organization()); hidden != nil {
			err = hidden
		}
		return reply{}, err
	}
	return reply{
		stream:   s.memberStream(c, f, paginated),
		long:     f.Limit == 0 || f.Limit > longList,
		page:     s.memberView(c, f, views.MembersPage),
		fragment: s.memberView(c, f, views.MembersResults),
		title:    "Members",
		active:   "members",
	}, nil
}

// longList is the number of rows above which a list is not read at once.
const longList = 500

func (s *Server) memberView(c *call, f org.MemberFilter, render func(views.Members) templ.Component) view {
	return func() (templ.Component, error) {
		list, err := s.org.Members(c.ctx, c.subject, c.organization(), f)
		if err != nil {
			return nil, err
		}
		m := views.Members{List: list, Filter: f, Now: time.Now()}
		// Who may not see the roles sees the list without their filters.
		roles, err := part(s.org.OrganizationRoles(c.ctx, c.subject, c.organization()))
		if err != nil {
			return nil, err
		}
		site, err := part(s.org.SiteRoles(c.ctx, c.subject))
		m.Roles, m.SiteRoles = roles.Roles, site.Roles
		return render(m), err
	}
}

// memberStream sends the rows one by one.
func (s *Server) memberStream(c *call, f org.MemberFilter, paginated bool) func(*sink) error {
	return func(out *sink) error {
		rows := memberRows(&jsonRows{out: out, paginated: paginated, wire: s.Wire})
		if out.csv {
			rows = &csvRows{csv.NewWriter(out)}
		}
		err := s.org.EachMember(c.ctx, c.subject, c.organization(), f, rows.begin, rows.row)
		if err != nil {
			return err
		}
		return rows.end()
	}
}

// memberRows writes a list of members in some form.
type memberRows interface {
	begin(count int) error
	row(*org.Member) error
	end() error
}

type jsonRows struct {
	out       *sink
	wire      Wire
	paginated bool
	later     bool // a row has been written
}

func (j *jsonRows) begin(count int) error {
	head := "["
	if j.paginated {
		before, _ := j.wire.memberPage()
		head = before + `{"count":` + strconv.Itoa(count) + `,"members":[`
	}
	_, err := j.out.WriteString(head)
	return err
}

func (j *jsonRows) row(m *org.Member) error {
	b := j.out.scratch[:0]
	if j.later {
		b = append(b, ',')
	}
	j.later = true
	j.out.scratch = appendMember(b, m)
	_, err := j.out.Write(j.out.scratch)
	return err
}

func (j *jsonRows) end() error {
	tail := "]"
	if j.paginated {
		_, after := j.wire.memberPage()
		tail = "]}" + after
	}
	_, err := j.out.WriteString(tail + "\n")
	return err
}

type csvRows struct{ *csv.Writer }

func (r *csvRows) begin(int) error {
	r.UseCRLF = true
	return r.Write([]string{
		"user_id", "username", "name", "email", "status", "roles", "site_roles", "created_at", "updated_at",
	})
}

func (r *csvRows) row(m *org.Member) error {
	cells := []string{
		m.UserID.String(), m.Username, m.Name, m.Email, string(m.Status), roleNames(m.Roles), roleNames(m.SiteRoles),
		wireTime(m.CreatedAt).Format(time.RFC3339Nano), wireTime(m.UpdatedAt).Format(time.RFC3339Nano),
	}
	for i, cell := range cells {
		cells[i] = inert(cell)
	}
	return r.Write(cells)
}

func (r *csvRows) end() error {
	r.Flush()
	return r.Error()
}

func roleNames(refs []org.RoleRef) string {
	return strings.Join(each(refs, func(r *org.RoleRef) string { return r.Name }), " ")
}

// inert keeps a spreadsheet from taking a cell for a formula.
func inert(cell string) string {
	first, _ := utf8.DecodeRuneInString(cell)
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}

func (s *Server) showMember(c *call) (reply, error) {
	m, err := s.org.Member(c.ctx, c.subject, c.organization(), c.user())
	if err != nil {
		return reply{}, err
	}
	ask, err := s.explain(c, &m)
	if err != nil {
		return c.again(err, func(e *org.Error) reply {
			ask.Err = e
			r := s.memberPage(c, &m, ask, false, nil)
			r.fragment = s.askView(c, ask)
			return r
		})
	}
	r := s.memberPage(c, &m, ask, c.query().text("confirm") == "remove", nil)
	r.data, r.tag = memberAnswer(c, &m, &ask), m.TagWithAccount()
	if ask.Answer != nil {
		r.fragment = s.askView(c, ask)
	}
	return r, nil
}

// memberPage is the page of a member, which also answers what it may do and why, and asks whether to remove it.
func (s *Server) memberPage(c *call, m *org.Member, ask views.ExplainForm, confirm bool, e *org.Error) reply {
	return reply{
		title:  displayName(m.Name, m.Username),
		active: "members",
		crumbs: []views.Crumb{{Label: "Members", URL: c.memberHome()}},
		page: func() (templ.Component, error) {
			o, err := s.org.Organization(c.ctx, c.subject, c.organization())
			if err != nil {
				return nil, err
			}
			ask, err := s.askPage(c, ask, o)
			if err != nil {
				return nil, err
			}
			return views.MemberPage(views.MemberView{
				Organization: o,
				Member:       *m,
				Explain:          ask,
				LinkRoles:    c.may("read", "assign_org_role", o.ID),
				CanAssign:    c.may("assign", "assign_org_role", o.ID) || c.may("unassign", "assign_org_role", o.ID),
				CanRemove:    c.may("delete", "organization_member", o.ID),
				Confirm:      confirm,
				Back:         c.cameFrom(),
				Err:          e,
				Now:          time.Now(),
			}), nil
		},
	}
}

// memberHome is where the pages of a member lead back to: the list that one came from.
func (c *call) memberHome() string {
	return cmp.Or(c.cameFrom(), views.MembersURL(c.organization(), org.MemberFilter{}))
}

// may asks the engine what to offer on a page. What is then done is decided again by org.
func (c *call) may(action, resourceType string, organization uuid.UUID) bool {
	return c.subject.Can(action, rbac.Object{Type: resourceType, Org: organization})
}

func displayName(name, username string) string {
	if name != "" {
		return name
	}
	return username
}

func (s *Server) newMember(c *call) (reply, error) {
	return s.memberSearch(c, views.AddMember{Query: c.query().text("q")}), nil
}

// memberSearch is the page that adds users, with those found by a.Query.
func (s *Server) memberSearch(c *call, a views.AddMember) reply {
	search := func(render func(views.AddMember) templ.Component) view {
		return func() (templ.Component, error) {
			var err error
			a.Organization, a.Candidates, err = s.org.Candidates(c.ctx, c.subject, c.organization(), a.Query)
			if err != nil {
				return nil, err
			}
			return render(a), nil
		}
	}
	return reply{
		page:     search(views.AddMemberPage),
		fragment: search(views.AddMemberResults),
		title:    "Add members",
		active:   "members",
		crumbs:   []views.Crumb{{Label: "Members", URL: views.MembersURL(c.organization(), org.MemberFilter{})}},
	}
}

func (s *Server) addMember(c *call) (reply, error) {
	m, err := s.org.AddMember(c.ctx, c.subject, c.organization(), c.user())
	if err != nil {
		return c.again(err, func(e *org.Error) reply { return s.memberSearch(c, views.AddMember{Query: c.user(), Err: e}) })
	}
	return reply{
		data:  wireMember(&m),
		tag:   m.Tag(),
		next:  views.MembersURL(c.organization(), org.MemberFilter{}),
		flash: displayName(m.Name, m.Username) + " was added.",
		undo:  s.undo(c, org.Holder{Member: &m}),
	}, nil
}

func (s *Server) removeMember(c *call) (reply, error) {
	m, err := s.org.RemoveMember(c.fromVersions(), c.subject, c.organization(), c.user())
	if err != nil {
		return c.again(err, func(e *org.Error) reply { return s.refusedRemoval(c, e) })
	}
	return reply{
		status: http.StatusNoContent,
		next:   c.memberHome(),
		flash:  displayName(m.Name, m.Username) + " was removed.",
		undo:   s.undo(c, org.Holder{Member: &m}),
	}, nil
}

func (s *Server) refusedRemoval(c *call, e *org.Error) reply {
	m, err := s.org.Member(c.ctx, c.subject, c.organization(), c.user())
	if err != nil {
		return problem(c, e.Kind.Status(), e)
	}
	return s.memberPage(c, &m, views.ExplainForm{Member: m, Catalog: s.Catalog}, true, e)
}

func (s *Server) showMemberRoles(c *call) (reply, error) {
	a, err := s.org.MemberRoles(c.ctx, c.subject, c.organization(), c.user())
	if err != nil {
		return reply{}, err
	}
	r := s.assignmentForm(c, &a, nil, nil)
	r.data, r.tag = wireAssignment(&a), a.Member.Tag()
	return r, nil
}

func (s *Server) assignmentForm(c *call, a *org.Assignment, checked map[string]bool, e *org.Error) reply {
	f := views.AssignmentForm{Assignment: *a, Version: a.Member.Tag(), Checked: checked, Back: c.cameFrom(), Err: e, Catalog: s.Catalog}
	name := displayName(a.Member.Name, a.Member.Username)
	return reply{
		page:     show(views.AssignmentPage(f)),
		fragment: show(views.AssignmentPopover(f)),
		title:    "Roles of " + name,
		active:   "members",
		crumbs: []views.Crumb{
			{Label: "Members", URL: c.memberHome()},
			{Label: name, URL: views.WithBack(views.MemberURL(c.organization(), a.Member.Username), f.Back)},
		},
	}
}

func (s *Server) setMemberRoles(c *call) (reply, error) {
	m, err := s.org.SetMemberRoles(c.fromVersions(), c.subject, c.organization(), c.user(), decode(c, c.rolesInput))
	if err != nil {
		return c.again(err, func(e *org.Error) reply { return s.refusedAssignment(c, e) })
	}
	return reply{
		data:     wireMember(&m),
		tag:      m.Tag(),
		next:     c.memberHome(),
		flash:    "The roles of " + displayName(m.Name, m.Username) + " were updated.",
		undo:     s.undo(c, org.Holder{Member: &m}),
		fragment: s.memberRow(c, c.organization(), c.user(), false),
	}, nil
}

// refusedAssignment shows the form as it was ticked, with what is stored now.
func (s *Server) refusedAssignment(c *call, e *org.Error) reply {
	a, err := s.org.MemberRoles(c.ctx, c.subject, c.organization(), c.user())
	if err != nil {
		return problem(c, e.Kind.Status(), e)
	}
	var checked map[string]bool
	if o, err := c.object(); err == nil && o.has("roles") {
		checked = map[string]bool{}
		for _, name := range c.rolesInput(o).Roles {
			checked[name] = true
		}
	}
	return s.assignmentForm(c, &a, checked, e)
}

// memberRow is the row of the list that a change of this member's roles replaces; aside says that the row finds its
// place by itself, as something that comes along with the answer.
func (s *Server) memberRow(c *call, organization, user string, aside bool) view {
	return func() (templ.Component, error) {
		o, err := s.org.Organization(c.ctx, c.subject, organization)
		if err != nil {
			return nil, err
		}
		m, err := s.org.Member(c.ctx, c.subject, organization, user)
		if err != nil {
			return nil, err
		}
		return views.MemberRow(views.MemberRowView{
			Member:       m,
			Organization: o,
			LinkRoles:    c.may("read", "assign_org_role", o.ID),
			Query:        searchedFor(c.request()),
			Back:         currentPage(c.request()),
			CanAssign:    true, // it has just been done
			Aside:        aside,
			CanRemove:    c.may("delete", "organization_member", o.ID),
			Now:          time.Now(),
		}), nil
	}
}

// maxRoles is how many roles one person can be given at once.
const maxRoles = 1000

// rolesInput reads the complete list of roles of a member or user.
func (c *call) rolesInput(o object) org.RolesInput {
	o.ignore(sentBack...)
	field := "roles"
	if !o.has(field) {
		o.wrong(field, "must be given; an empty list takes all roles away")
	}
	if o.form {
		field = "role" // the ticked boxes; roles says that there were boxes, so that ticking none is an answer
	}
	return org.RolesInput{Roles: o.texts(field, maxRoles), From: c.versions(o)}
}
