package web

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views"
)

// showMember returns a member, with the answer to a question about it if the query asks one. A fragment is only the
// answer.
func (s *Server) showMember(c *call) (reply, error) {
	m, err := s.tenant.Member(c.ctx, c.actor, c.organization(), c.user())
	if err != nil {
		return reply{}, err
	}
	if elsewhere := c.askedElsewhere(); elsewhere != "" {
		return reply{next: to(elsewhere, "")}, nil
	}
	form, err := s.explain(c, &m)
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) {
			form.Err = e
			if c.as == asFragment {
				return s.explainAnswer(c, form)
			}
			return s.memberPage(c, &m, form, false, nil)
		})
	}
	return reply{
		json:    memberAnswer(c, &m, &form),
		version: m.TagWithAccount(),
		html: func() (page, error) {
			if c.as == asFragment && form.Answer != nil {
				return s.explainAnswer(c, form)
			}
			return s.memberPage(c, &m, form, c.query().text("confirm") == "remove", nil)
		},
	}, nil
}

// askedElsewhere returns the page for a question about another organization than the one of this page, "" if it is
// about this one.
func (c *call) askedElsewhere() string {
	values := c.query().values
	in := values.Get("in")
	if c.as == asJSON || in == "" || in == c.organization() {
		return ""
	}
	rest := url.Values{}
	for _, name := range []string{"action", "resource_type", "owner"} {
		if v := values.Get(name); v != "" {
			rest.Set(name, v)
		}
	}
	return views.MemberURL(in, c.user()) + "?" + rest.Encode()
}

// memberPage makes the page of a member, which also explains what the member may do, and can ask whether to remove it.
func (s *Server) memberPage(c *call, m *org.Member, form views.ExplainForm, confirm bool, e *org.Error) (p page, err error) {
	o, err := s.tenant.Organization(c.ctx, c.actor, c.organization())
	if err != nil {
		return p, err
	}
	if form, err = s.explainPage(c, form, o); err != nil {
		return p, err
	}
	records, err := s.tenant.MemberRecords(c.ctx, c.actor, c.organization(), m.UserID.String())
	if err != nil {
		return p, err
	}
	// A caller who may not read the account sees only the membership.
	var account *org.UserView
	if v, err := s.account.UserView(c.ctx, c.actor, m.UserID.String()); err == nil {
		account = &v
	} else if kind := org.KindOf(err); kind != org.Invalid && kind != org.NotFound && kind != org.Forbidden {
		return p, err
	}
	if account != nil {
		for _, membership := range account.Memberships {
			form.Places = append(form.Places, membership.Organization)
		}
	}
	did, err := s.activity(c, o.Name, m.Username, m.UserID)
	if err != nil {
		return p, err
	}
	form.Print = c.query().prints()
	view := views.MemberView{
		Organization: o,
		Member:       *m,
		Records:      records,
		Names:        s.sourceNames(),
		LinkPeople:   c.may("read", "user", uuid.Nil),
		Explain:      form,
		LinkRoles:    c.may("read", "assign_org_role", o.ID),
		CanAssign:    c.may("assign", "assign_org_role", o.ID) || c.may("unassign", "assign_org_role", o.ID),
		CanRemove:    c.may("delete", "organization_member", o.ID),
		Account:      account,
		CanOffboard:  account != nil && !account.Self && account.StatusRefusal == "",
		LinkAudit:    c.may("read", "audit_log", o.ID),
		Can:          c.query().text("tab") == "can" || c.query().values.Has("find") || form.Question.Action != "" || form.Err != nil,
		Activity:     did,
		Confirm:      confirm,
		Back:         c.cameFrom(),
		Err:          e,
		Now:          c.now(),
	}
	if view.LinkAudit && view.ShowsAccess() {
		if view.Lately, err = s.activityOf(c, o.Name, m.UserID, org.AuditFilter{Limit: activityLately}, views.MemberURL(o.Name, m.Username)); err != nil {
			return p, err
		}
	}
	return page{
		title:  m.Label(),
		active: "members",
		crumbs: []views.Crumb{membersCrumb(c.memberHome())},
		body:   views.MemberPage(view),
	}, nil
}

// memberHome returns the page that the pages of a member lead back to: the list that the caller came from.
func (c *call) memberHome() string { return cmp.Or(c.cameFrom(), c.members()) }

// may asks the engine whether to offer something on a page. The action itself is decided again by org.
func (c *call) may(action, resourceType string, organization uuid.UUID) bool {
	return c.actor.Can(action, rbac.Object{Type: resourceType, Org: organization})
}

// removeMember ends a membership. If it is refused, the page asks again and shows the reason.
func (s *Server) removeMember(c *call) (reply, error) {
	if c.dry {
		return c.foreseen(s.tenant.PreviewRemoval(c.ctx, c.actor, c.organization(), c.user(), c.ifMatch()))
	}
	m, done, err := s.tenant.RemoveMember(c.ctx, c.actor, c.organization(), c.user(), c.ifMatch())
	if err != nil {
		return c.again(err, func(e *org.Error) (p page, err error) {
			m, err := s.tenant.Member(c.ctx, c.actor, c.organization(), c.user())
			if err != nil {
				return p, err
			}
			return s.memberPage(c, &m, views.ExplainForm{Member: m, Catalog: c.catalog()}, true, e)
		})
	}
	next := to(c.memberHome(), m.Label()+" was removed.")
	next.undo = undoOf(done)
	return reply{status: http.StatusNoContent, next: next}, nil
}
