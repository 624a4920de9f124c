package web

import (
	"slices"

	"rolecall.example/org"
	"rolecall.example/views"
)

// home leads to an organization: the one that the browser showed last, else the default one. People who manage nothing
// there get their own page.
func (s *Server) home(c *call) (reply, error) {
	nav, err := s.tenant.Navigation(c.ctx, c.actor, c.cookie(organizationCookie))
	if err != nil {
		return reply{}, err
	}
	where := nav.Current
	if where == nil && len(nav.Organizations) > 0 {
		where = &nav.Organizations[max(0, slices.IndexFunc(nav.Organizations, func(o org.Organization) bool { return o.IsDefault }))]
	}
	if where == nil {
		return reply{html: show(page{title: "No organization", body: views.NoOrganizationPage()})}, nil
	}
	if c.actor.Grants.InOrg(where.ID) && !c.may("read", "organization_member", where.ID) {
		return reply{next: to(views.MemberURL(where.Name, "me"), "")}, nil
	}
	return reply{next: to(views.OverviewURL(where.Name), "")}, nil
}

const mustBeTheme = "must be light, dark or nothing"

func isTheme(theme string) bool { return theme == "" || theme == "light" || theme == "dark" }

type themeInput struct{ theme, back string }

// setTheme stores the theme in a cookie and goes back to the page of the form. It works without an account: the sign-in
// page has the form too.
func (s *Server) setTheme(c *call) (reply, error) {
	in, err := decode(c, func(o object) themeInput {
		theme := themeInput{o.text("theme"), o.text("back")}
		if !isTheme(theme.theme) {
			o.addError("theme", mustBeTheme)
		}
		return theme
	}).Read()
	if err != nil {
		return reply{}, err
	}
	c.keepCookie(themeCookie, in.theme, false)
	return reply{next: to(localBack(in.back), "")}, nil
}

// localBack returns the page that a theme form returns to, which may be the sign-in page.
func localBack(back string) string {
	if back == views.LoginURL || back == views.SetupURL {
		return back
	}
	return localPath(back, views.HomeURL)
}
