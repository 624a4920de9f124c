package web

import (
	"time"

	"rolecall.example/org"
	"rolecall.example/views"
)

// Preferences belong to a browser, not to an account: they depend on the room, its light, its clock.

const (
	keysCookie = "keys"
	keysOff    = "off"
)

// shortcuts reports whether the single-key shortcuts are on.
func (c *call) shortcuts() bool { return c.cookie(keysCookie) != keysOff }

type preferences struct {
	zone, theme string
	shortcuts   bool
}

func readPreferences(o object) preferences {
	p := preferences{o.text("zone"), o.text("theme"), o.flag("shortcuts")}
	if p.zone != "" && zoneNamed(p.zone) == nil {
		o.addError("zone", "There is no time zone of this name. Write it like Europe/Berlin.")
	}
	if !isTheme(p.theme) {
		o.addError("theme", mustBeTheme)
	}
	return p
}

func (s *Server) showPreferences(c *call) (reply, error) {
	return reply{html: show(c.preferencesPage(nil))}, nil
}

func (c *call) preferencesPage(e *org.Error) page {
	v := views.Preferences{Zones: zoneNames(), Theme: c.theme(), Shortcuts: c.shortcuts(), Err: e, Now: c.now()}
	if z := c.zone(); z.Chosen {
		v.Zone = z.Name()
	}
	if e != nil {
		o, _ := c.object() // unreadable: an empty form
		v.Zone, v.Theme, v.Shortcuts = o.text("zone"), o.text("theme"), o.flag("shortcuts")
	}
	return page{title: "Preferences", active: "account", crumbs: []views.Crumb{{Label: "Account", URL: views.AccountURL}}, body: views.PreferencesPage(v)}
}

// setPreferences keeps them in cookies, so that the first paint of every page has them.
func (s *Server) setPreferences(c *call) (reply, error) {
	p, err := decode(c, readPreferences).Read()
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) { return c.preferencesPage(e), nil })
	}
	c.keepCookie(chosenCookie, p.zone, true)
	c.keepCookie(themeCookie, p.theme, false)
	off := keysOff
	if p.shortcuts {
		off = ""
	}
	c.keepCookie(keysCookie, off, true)
	return reply{next: to(views.PreferencesURL, "Preferences saved.")}, nil
}

// keepCookie sets the cookie of a preference, or deletes it if the value is empty.
func (c *call) keepCookie(name, value string, httpOnly bool) {
	life := themeLife
	if value == "" {
		life = -time.Second
	}
	c.setCookie(name, value, life, httpOnly)
}
