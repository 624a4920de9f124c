package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

var offboardRoutes = []Route{
	{http.MethodGet, pathUser + "/offboard", SignedIn, API | Page, "tell what offboarding a user would meet", (*Server).showOffboard},
	{http.MethodPost, pathUser + "/offboard", SignedIn, API | Page | DryRun | Body | IfMatch, "offboard a user", (*Server).offboard},
}

// showOffboard answers with what offboarding would affect; on a page it is the form for it.
func (s *Server) showOffboard(c *call) (reply, error) {
	v, err := s.tenant.OffboardView(c.ctx, c.actor, c.user())
	if err != nil {
		return reply{}, err
	}
	return reply{json: wireOffboardView(&v), version: v.User.Tag(), html: func() (page, error) { return s.offboardPage(c, views.Offboard{OffboardView: v}) }}, nil
}

// maxHeirs is the maximum number of members to choose from.
const maxHeirs = 100

func (s *Server) offboardPage(c *call, f views.Offboard) (page, error) {
	f.Back, f.Names, f.Heirs = c.cameFrom(), s.sourceNames(), map[string][]org.Member{}
	for _, h := range f.Homes {
		if !h.LastAdmin {
			continue
		}
		list, err := s.tenant.Members(c.ctx, c.actor, h.Organization.ID.String(), org.MemberFilter{Statuses: []org.Status{org.StatusActive}, Sort: "name", Limit: maxHeirs + 2})
		if err != nil {
			return page{}, err
		}
		others := slices.DeleteFunc(list.Members, func(m org.Member) bool { return m.UserID == f.User.ID || m.LoginType == org.LoginNone })
		if len(list.Members) < maxHeirs+2 && len(others) <= maxHeirs { // all of them
			f.Heirs[h.Organization.Name] = others
		}
	}
	name := f.User.Label()
	return page{
		title: "Offboard " + name, active: "users",
		crumbs: append(c.usersCrumb(), views.Crumb{Label: name, URL: views.UserURL(f.User.Username)}),
		body:   views.OffboardPage(f),
	}, nil
}

// offboard carries out the offboarding. If it is refused, the page keeps the choices.
func (s *Server) offboard(c *call) (reply, error) {
	input := decode(c, c.offboarding)
	if c.dry {
		would, err := s.tenant.PreviewOffboard(c.ctx, c.actor, c.user(), input)
		wire := wireOffboarded(&would)
		wire.DryRun = true
		return reply{json: wire}, c.precondition(err)
	}
	done, receipt, err := s.tenant.Offboard(c.ctx, c.actor, c.user(), input)
	if err != nil {
		return c.again(err, func(e *org.Error) (p page, err error) {
			v, err := s.tenant.OffboardView(c.ctx, c.actor, c.user())
			if err != nil {
				return p, err
			}
			sent, _ := input.Read() // its problems are reported already
			return s.offboardPage(c, views.Offboard{OffboardView: v, Sent: &sent, Err: e})
		})
	}
	next := to(views.OffboardURL(done.User.Username), done.User.Label()+" was offboarded.")
	if done.Undoable {
		next.undo, next.batch = undoOf(receipt), true
	}
	return reply{json: wireOffboarded(&done), version: done.User.Tag(), next: next}, nil
}

// handOverField is the prefix of the form fields that name the successors.
const handOverField = "hand_over."

func (c *call) offboarding(o object) org.Offboarding {
	in := org.Offboarding{
		Suspend: o.flag("suspend"), EndSessions: o.flag("end_sessions"), RevokeTokens: o.flag("revoke_tokens"), Leave: o.flag("leave"),
		Reason: o.text(fieldReason), IfMatch: c.versions(o), HandOver: map[string]string{},
	}
	if o.form {
		for _, field := range slices.Sorted(maps.Keys(o.fields)) {
			if name, ok := strings.CutPrefix(field, handOverField); ok {
				in.HandOver[name] = strings.TrimSpace(o.text(field))
			}
		}
		return in
	}
	table := o.table("hand_over")
	for _, name := range slices.Sorted(maps.Keys(table.fields)) {
		in.HandOver[name] = table.text(name)
	}
	return in
}

func wirePlace(o *org.Organization) client.OffboardedPlace {
	return client.OffboardedPlace{ID: o.ID, Name: o.Name, DisplayName: o.DisplayName}
}

func wireOffboarded(d *org.Offboarded) client.Offboarded {
	return client.Offboarded{User: wireUser(&d.User), Organizations: each(d.Organizations, wirePlace), Kept: each(d.Kept, wirePlace)}
}

func wireOffboardView(v *org.OffboardView) client.OffboardPreview {
	return client.OffboardPreview{
		User: wireUser(&v.User), Sessions: v.Sessions, Tokens: append([]string{}, v.Tokens...), Hidden: v.Hidden,
		StatusRefusal: v.StatusRefusal, TokensRefusal: v.TokensRefusal, LeftBehind: each(v.Left, wireLeftBehind), LeftBehindMore: v.LeftMore,
		Organizations: each(v.Homes, func(h *org.OffboardHome) client.OffboardHome {
			return client.OffboardHome{
				OffboardedPlace: wirePlace(&h.Organization), Roles: each(h.Roles, wireRoleRef), Synced: each(h.Synced, wireRecord),
				LastAdmin: h.LastAdmin, Refusal: h.Refusal,
			}
		}),
	}
}

func wireLeftBehind(l *org.LeftBehind) client.LeftBehind {
	w := client.LeftBehind{Kind: string(l.Kind), ID: l.ID, Name: l.Name, DisplayName: l.DisplayName, User: l.User, Stops: l.Kind.Stops()}
	if l.OfOrganization() {
		place := wirePlace(&l.Organization)
		w.Organization = &place
	}
	if !l.Ends.IsZero() {
		ends := wireTime(l.Ends)
		w.ExpiresAt = &ends
	}
	return w
}
