package web

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/views"
)

// The small cookies. The session cookie is in auth.go.

// cookie returns the value of a cookie, "" if there is none.
func (c *call) cookie(name string) string {
	cookie, err := c.request().Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// setCookie sets a small cookie, or deletes it if life is negative.
func (c *call) setCookie(name, value string, life time.Duration, httpOnly bool) {
	http.SetCookie(c.response(), &http.Cookie{ //nolint:gosec // Secure where the site is served over HTTPS
		Name:     name,
		Value:    value,
		Path:     "/",
		MaxAge:   int(life.Seconds()),
		HttpOnly: httpOnly,
		Secure:   c.server.Secure,
		SameSite: http.SameSiteLaxMode,
	})
}

const (
	flashCookie   = "flash"
	flashLifetime = time.Minute
)

// batchMark says that the undo covers the whole request, not just the entry.
const batchMark = "+"

// setFlash keeps a message for the next page, in a cookie: keeping it in the session would write to the database. With
// the message goes the id of the audit entry that it offers to undo, or a link to a possible next step.
func (c *call) setFlash(next destination) {
	if next.message == "" {
		return
	}
	value := base64.RawURLEncoding.EncodeToString([]byte(next.message))
	if next.undo != "" {
		value += "." + next.undo
	}
	if next.batch {
		value += batchMark
	}
	if next.undo == "" && next.then.URL != "" {
		value += "." + base64.RawURLEncoding.EncodeToString([]byte(next.then.Label+"\n"+next.then.URL))
	}
	c.setCookie(flashCookie, value, flashLifetime, true)
}

// takeFlash returns the message that was kept for this page, and removes it.
func (c *call) takeFlash() *views.Flash {
	text, undo, _ := strings.Cut(c.cookie(flashCookie), ".")
	message, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(message) == 0 {
		return nil
	}
	c.setCookie(flashCookie, "", -time.Second, true)
	if c.actor == nil {
		return nil // an attacker may have planted it, and this page has a password field
	}
	flash := &views.Flash{Message: strings.ToValidUTF8(string(message), ""), Back: localPath(c.here(), views.HomeURL)}
	entry, batch := strings.CutSuffix(undo, batchMark)
	if id, err := uuid.Parse(entry); err == nil {
		flash.Undo, flash.Batch = id.String(), batch
	} else if link, err := base64.RawURLEncoding.DecodeString(undo); err == nil {
		label, to, _ := strings.Cut(strings.ToValidUTF8(string(link), ""), "\n")
		if to = localPath(to, ""); to != "" {
			flash.Then = views.Then{Label: label, URL: to}
		}
	}
	return flash
}

// The theme is kept in a cookie, so that the first paint of a page has it. Script sets the same cookie.
const (
	themeCookie = "theme"
	themeLife   = 365 * 24 * time.Hour
)

// theme is "light", "dark" or "".
func (c *call) theme() string {
	if v := c.cookie(themeCookie); isTheme(v) {
		return v
	}
	return ""
}

// organizationCookie names the organization that was shown last: pages of the site keep its part of the navigation, and the
// start page leads to it. Each use checks whether the caller may read it.
const organizationCookie = "organization"

// lookingAt returns the organization whose part of the navigation a page shows: its own, or the last one.
func (c *call) lookingAt() string {
	if name := c.organization(); name != "" {
		return name
	}
	if name := c.values.Get("organization"); name != "" {
		return name
	}
	return c.cookie(organizationCookie)
}

// rememberOrganization keeps the organization of the path for pages whose path has none.
func (c *call) rememberOrganization(name string) {
	if c.organization() != "" && c.cookie(organizationCookie) != name {
		c.setCookie(organizationCookie, name, themeLife, true)
	}
}
