package web

import (
	"strings"

	"rolecall.example/org"
	"rolecall.example/views"
)

// trySync shows what a sign-in would give and end by the stored rules. Nothing is changed.
func (s *Server) trySync(c *call) (reply, error) {
	p, err := s.Providers.Policy(c.param("provider"))
	if err != nil {
		return reply{}, err
	}
	input := decode(c, func(o object) org.SyncTest { return readTry(o, p) })
	o, _ := c.object() // unreadable: an empty form
	try := views.SyncTry{User: o.text("user"), Claims: o.text("claims")}
	f, err := s.Service.Sync.Test(c.ctx, c.actor, siteRules, input)
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) {
			try.Err = e
			return s.syncProviderPage(c, p, try, nil)
		})
	}
	try.Forecast = &f
	return reply{noStore: true, html: func() (page, error) { return s.syncProviderPage(c, p, try, nil) }}, nil
}

// tryOrganizationRules shows what a sign-in would give and end in an organization.
func (s *Server) tryOrganizationRules(c *call) (reply, error) {
	if _, err := s.syncOrganization(c); err != nil {
		return reply{}, err
	}
	p, list, err := s.chosenProvider(c)
	if err == nil && p == nil {
		err = errNoProviders
	}
	if err != nil {
		return reply{}, err
	}
	input := decode(c, func(o object) org.SyncTest { return readTry(o, p) })
	o, _ := c.object() // unreadable: an empty form
	try := views.SyncTry{User: o.text("user"), Claims: o.text("claims")}
	f, err := s.Service.Sync.Test(c.ctx, c.actor, c.rulesPlace(), input)
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) {
			try.Err = e
			return s.organizationRulesPage(c, p, list, try)
		})
	}
	try.Forecast = &f
	return reply{noStore: true, html: func() (page, error) { return s.organizationRulesPage(c, p, list, try) }}, nil
}

// readTry reads whose claims, or which claims, to try. In a form claims are pasted text.
func readTry(o object, p *org.Provider) org.SyncTest {
	in := org.SyncTest{Provider: p, User: strings.TrimSpace(o.text("user"))}
	text := strings.TrimSpace(o.text("claims"))
	if text == "" {
		if in.User == "" {
			o.addError("user", "must be given, or claims")
		}
		return in
	}
	claims, err := parseJSONIn([]byte(text), true)
	if err != nil {
		o.addError("claims", "must be a JSON object: "+reason(err))
	}
	in.Claims = claims
	return in
}

// reason says what is wrong with a document, for use inside a sentence.
func reason(err error) string {
	if e, ok := err.(*org.Error); ok && e.Detail != "" { //nolint:errorlint // it was made right here
		return strings.TrimSuffix(e.Detail, ".")
	}
	return err.Error()
}
