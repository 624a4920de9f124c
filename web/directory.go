package web

import (
	"net/http"
	"net/url"
	"time"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

const (
	pathDirectory       = pathOrganization + "/directory"
	pathDirectoryTokens = pathDirectory + "/tokens"
	pathDirectoryRules  = pathDirectory + "/rules"
)

// directoryRoutes is the part of the table about the directories of organizations, without the requests that
// directories send.
var directoryRoutes = []Route{
	{http.MethodGet, pathDirectory, SignedIn, API | Page, "show the directory of an organization", (*Server).showDirectory},
	{http.MethodPatch, pathDirectory, SignedIn, API | Page | Body | IfMatch, "change the directory of an organization", (*Server).updateDirectory},
	{http.MethodPost, pathDirectoryTokens, SignedIn, API | Page | Body, "make a token for a directory", (*Server).createDirectoryToken},
	{http.MethodDelete, pathDirectoryTokens + "/{id}", SignedIn, API | Page, "end a token of a directory", (*Server).deleteDirectoryToken},
	{http.MethodGet, pathDirectoryRules, SignedIn, API, "list which groups of a directory give which roles", (*Server).listDirectoryRules},
	{http.MethodPut, pathDirectoryRules, SignedIn, API | Page | Body | IfMatch | DryRun, "say which groups of a directory give which roles", (*Server).setDirectoryRules},
}

func (s *Server) showDirectory(c *call) (reply, error) {
	if c.as == asJSON {
		d, err := s.directories.Directory(c.ctx, c.actor, c.organization())
		if err != nil {
			return reply{}, err
		}
		return reply{json: c.wireDirectory(&d), version: d.Tag()}, nil
	}
	return reply{html: func() (page, error) { return s.directoryPage(c, views.Directory{}) }}, nil
}

// directoryPage makes the page of a directory, with the other content in v.
func (s *Server) directoryPage(c *call, v views.Directory) (p page, err error) {
	if v.DirectoryPage, err = s.directories.Page(c.ctx, c.actor, c.organization()); err != nil {
		return p, err
	}
	v.URL, v.Now, v.Catalog = c.directoryURL(&v.Directory), c.now(), c.catalog()
	v.Audit = c.may("read", "audit_log", v.Directory.Organization.ID)
	return page{title: "Directory", active: "directory", body: views.DirectoryPage(v)}, nil
}

// directoryURL returns the address for a directory's requests. It has the id, so that it survives a new name of the
// organization.
func (c *call) directoryURL(d *org.Directory) string {
	return c.absolute("/organizations/" + d.Organization.ID.String() + "/scim/v2")
}

// updateDirectory changes a directory, or releases it.
func (s *Server) updateDirectory(c *call) (reply, error) {
	d, err := s.directories.Update(c.ctx, c.actor, c.organization(), decode(c, c.readDirectory))
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) { return s.directoryPage(c, views.Directory{Err: e}) })
	}
	return reply{json: c.wireDirectory(&d), version: d.Tag(), next: to(views.DirectoryURL(c.organization()), "The directory was changed.")}, nil
}

func (c *call) readDirectory(o object) org.DirectorySettings {
	in := org.DirectorySettings{Slug: o.optional("slug"), Name: o.optional("name"), IfMatch: c.versions(o)}
	if n, ok := o.number("fuse_people"); ok {
		in.FusePeople = &n
	}
	if n, ok := o.number("fuse_percent"); ok {
		in.FusePercent = &n
	}
	if o.form {
		if o.has("release") && o.flag("release") {
			in.Held = new(bool)
		}
		return in
	}
	if held, ok := value[bool](o, "held", "must be true or false"); ok {
		in.Held = &held
	}
	return in
}

// createDirectoryToken makes a token, which is shown only once.
func (s *Server) createDirectoryToken(c *call) (reply, error) {
	input := org.Given(org.NewDirectoryToken{})
	if b := c.receive(); len(b.data) > 0 || b.tooLarge {
		input = decode(c, func(o object) org.NewDirectoryToken {
			return org.NewDirectoryToken{Lifetime: o.tokenLifetime("expires_in")}
		})
	}
	t, err := s.directories.CreateToken(c.ctx, c.actor, c.organization(), input)
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) { return s.directoryPage(c, views.Directory{Err: e}) })
	}
	return reply{
		status: http.StatusCreated, made: views.DirectoryURL(c.organization()), noStore: true, json: wireDirectoryToken(&t),
		html: func() (page, error) { return s.directoryPage(c, views.Directory{Made: t.Secret}) },
	}, nil
}

// tokenLifetime reads a text like 8760h; missing is 0.
func (o object) tokenLifetime(name string) time.Duration {
	text := o.text(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		o.addError(name, "must be a duration from 1h to 17520h, like 8760h")
	}
	return d
}

func (s *Server) deleteDirectoryToken(c *call) (reply, error) {
	if err := s.directories.RevokeToken(c.ctx, c.actor, c.organization(), c.param("id")); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent, next: to(views.DirectoryURL(c.organization()), "The token was deleted. It no longer works.")}, nil
}

func (s *Server) listDirectoryRules(c *call) (reply, error) {
	r, err := s.directories.Rules(c.ctx, c.actor, c.organization())
	if err != nil {
		return reply{}, err
	}
	return reply{json: wireDirectoryRules(&r), version: r.Tag()}, nil
}

// setDirectoryRules replaces the rules. A form may first ask whom that would affect.
func (s *Server) setDirectoryRules(c *call) (reply, error) {
	input := decode(c, c.readDirectoryRules)
	if c.dry {
		return c.foreseen(s.directories.PreviewRules(c.ctx, c.actor, c.organization(), input))
	}
	again := func(e *org.Error) (page, error) {
		return s.directoryPage(c, views.Directory{RulesErr: e, Draft: draftOf(input)})
	}
	if o, err := c.object(); err == nil && o.form && o.has("review") {
		impact, err := s.directories.PreviewRules(c.ctx, c.actor, c.organization(), input)
		if err != nil {
			return c.again(err, again)
		}
		return reply{html: func() (page, error) {
			return s.directoryPage(c, views.Directory{Impact: &impact, Draft: draftOf(input)})
		}}, nil
	}
	r, err := s.directories.SetRules(c.ctx, c.actor, c.organization(), input)
	if err != nil {
		return c.again(err, again)
	}
	return reply{json: wireDirectoryRules(&r), version: r.Tag(), next: to(views.DirectoryURL(c.organization()), "The rules were saved.")}, nil
}

// draftOf returns the rules in a form, to show them again.
func draftOf(in org.Input[org.NewDirectoryRules]) []org.DirectoryRule {
	v, _ := in.Read() // unreadable: the stored ones are shown
	return v.Rules
}

func (c *call) readDirectoryRules(o object) org.NewDirectoryRules {
	in := org.NewDirectoryRules{IfMatch: c.versions(o)}
	if !o.form {
		if !o.has("rules") {
			o.addError("rules", "must be given; an empty list takes all rules away")
		}
		for _, r := range o.objects("rules") {
			in.Rules = append(in.Rules, org.DirectoryRule{Match: r.text("match"), Value: r.text("value"), Role: r.text("role")})
		}
		return in
	}
	o.ignore("review")
	for _, text := range o.texts("rule", org.MaxDirectoryRules) { // the rules to keep, each as a query
		q, err := url.ParseQuery(text)
		if err != nil {
			o.addError("rule", "cannot be read")
			continue
		}
		in.Rules = append(in.Rules, org.DirectoryRule{Match: q.Get("match"), Value: q.Get("value"), Role: q.Get("role")})
	}
	group, role := o.text("rule_group"), o.text("role")
	if group != "" && role != "" {
		in.Rules = append(in.Rules, org.DirectoryRule{Match: org.RuleByDisplayName, Value: group, Role: role})
	} else if group != "" {
		o.addError("role", "must be chosen for the group")
	} else if role != "" {
		o.addError("rule_group", "must be named for the role")
	}
	return in
}

func (c *call) wireDirectory(d *org.Directory) client.Directory {
	return client.Directory{
		OrganizationID: d.Organization.ID, Configured: d.Made, Slug: d.Slug, Name: d.Name, URL: c.directoryURL(d), State: d.State,
		Held: d.HeldAt != nil, HeldAt: wirePast(d.HeldAt), FusePeople: d.FusePeople, FusePercent: d.FusePercent, Users: d.Users,
		ActiveUsers: d.Active, Groups: d.Groups, LastRequestAt: wirePast(d.LastRequest), Tokens: each(d.Tokens, wireDirectoryToken),
	}
}

func wireDirectoryToken(t *org.DirectoryToken) client.DirectoryToken {
	return client.DirectoryToken{
		ID: t.ID, Token: t.Secret, CreatedBy: client.InvitationUser{ID: t.MakerID, Username: t.Maker},
		CreatedAt: wireTime(t.CreatedAt), ExpiresAt: wireTime(t.ExpiresAt), LastUsed: wirePast(t.LastUsed),
	}
}

func wireDirectoryRules(r *org.DirectoryRules) client.DirectoryRules {
	return client.DirectoryRules{
		Rules:  each(r.Rules, func(r *org.DirectoryRule) client.DirectoryRule { return client.DirectoryRule(*r) }),
		Groups: each(r.Groups, func(g *org.DirectoryGroup) client.DirectoryGroup { return client.DirectoryGroup(*g) }),
	}
}

// wirePast returns a time that may be missing.
func wirePast(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := wireTime(*t)
	return &at
}
