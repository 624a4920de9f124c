package web

import (
	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/org/tenant"
	"rolecall.example/views"
)

// POST /users/selection changes many accounts, as POST …/members changes many members: JSON names them in "users", or
// selects with "all" those that the list of the same query shows, except those in "except". A form is confirmed on a
// page first.

// changeUsers suspends, activates or deletes many accounts. A form without confirm gets the confirm page.
func (s *Server) changeUsers(c *call) (reply, error) {
	o, err := c.object()
	switch {
	case err != nil || !o.form:
	case o.text("action") == actionExport:
		return s.exportUsers(c), nil
	case o.has("keep"): // without script: back to the list, or to its next page
		return s.keepUsers(c)
	case !c.dry && asksAgain(o):
		p, err := s.confirmUsers(c, nil)
		return reply{html: show(p)}, err
	}
	in := c.userBulkInput()
	if c.dry {
		would, err := s.tenant.PreviewBulkUsers(c.ctx, c.actor, in)
		wire := wireUserBulk(&would)
		wire.DryRun = true
		return reply{json: wire}, c.precondition(err)
	}
	result, err := s.tenant.BulkUsers(c.ctx, c.actor, in)
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) {
			if e.Kind != org.Conflict && e.Kind != org.Invalid {
				return page{}, e
			}
			return s.confirmUsers(c, e)
		})
	}
	wanted, _ := in.Read() // it was read before
	filter, _ := c.userFilter()
	r := reply{json: wireUserBulk(&result), next: to(views.UsersURL(filter), views.UsersDone(wanted.Action, &result))}
	if wanted.Action != org.BulkDelete { // a deletion cannot be undone
		r.next.undo, r.next.batch = undoOf(org.Receipt{Entry: result.Entry}), true
	}
	return r, nil
}

// userBulkInput decodes what to do, and to whom.
func (c *call) userBulkInput() org.Input[org.UserBulk] {
	in, err := decode(c, readUserBulk).Read()
	if err == nil && in.Match != nil {
		var filter org.UserFilter
		filter, err = c.userFilter()
		filter.Limit, filter.Offset, filter.CountLimit = 0, 0, 0
		in.Match = &filter
	}
	return org.NewInput(in, err)
}

func readUserBulk(o object) org.UserBulk {
	p := readPicked(o, tenant.MaxBulkUsers)
	in := org.UserBulk{Action: org.BulkAction(o.text("action")), Users: p.users, Except: p.except, Seen: p.seen, Expect: p.expect}
	if p.all {
		in.Match = &org.UserFilter{}
	}
	return in
}

// confirmUsers makes the confirm page: it shows what the change would do, and to whom; or only the selection.
func (s *Server) confirmUsers(c *call, refused *org.Error) (p page, err error) {
	in, unreadable := c.userBulkInput().Read()
	in.Expect, in.Seen = nil, nil
	filter, _ := c.userFilter()
	o, _ := c.object()
	v := views.UsersConfirm{Bulk: in, Filter: filter, Err: refused}
	v.Everybody, v.OnlyShow = o.flag("everybody") || o.has("more"), o.text("action") == actionShow
	_, v.Focus = dropped(o)
	input := org.NewInput(in, unreadable)
	if v.OnlyShow {
		err = s.tenant.EachSelectedUser(c.ctx, c.actor, input, func(u *org.User) error {
			v.Result.Done = append(v.Result.Done, *u)
			return nil
		})
	} else {
		v.Result, err = s.tenant.PreviewBulkUsers(c.ctx, c.actor, input)
	}
	if err != nil {
		return p, err
	}
	return page{
		title:  v.Title(),
		active: "users",
		crumbs: []views.Crumb{{Label: views.PeopleLabel, URL: views.UsersURL(filter)}},
		body:   views.UsersConfirmPage(v),
	}, nil
}

// keepUsers shows another page of the list and keeps the selection, as keepSelection does for members.
func (s *Server) keepUsers(c *call) (reply, error) {
	in, err := c.userBulkInput().Read()
	if err != nil {
		return reply{}, err
	}
	f, err := c.userFilter()
	if err != nil {
		return reply{}, err
	}
	return reply{html: func() (page, error) {
		list, err := s.account.Users(c.ctx, c.actor, f)
		if err != nil {
			return page{}, err
		}
		return s.usersPage(c, list, f, views.Picked{All: in.Match != nil, Users: in.Users, Except: in.Except})
	}}, nil
}

// exportUsers sends the selected accounts as a file.
func (s *Server) exportUsers(c *call) reply {
	in := c.userBulkInput()
	return reply{stream: s.userTable(c, func(each func(*org.User) error) error {
		return s.tenant.EachSelectedUser(c.ctx, c.actor, in, each)
	})}
}

func wireUserBulk(r *org.UserBulkResult) client.UserBulkResult {
	return client.UserBulkResult{Done: each(r.Done, wireUser), Unchanged: each(r.Unchanged, wireUser), Refused: each(r.Refused, wireRefusal)}
}
