package web

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"rolecall/views"
)

// The small cookies. That of the session is in auth.go.

func (c *call) cookie(name string) string {
	cookie, err := c.request().Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// setCookie sends a small cookie of ours, or takes it back when life is negative.
func (c *call) setCookie(name, value string, life time.Duration, httpOnly bool) {
	http.SetCookie(c.response(), &http.Cookie{
		Name:     name,
		Value:    value,
		Path:     "/",
		MaxAge:   int(life.Seconds()),
		HttpOnly: httpOnly,
		Secure:   c.server.Secure,
		SameSite: http.SameSiteLaxMode,
	})
}

const flashLifetime = time.Minute

// setFlash keeps a message for the next page, in a cookie: the session would need a write to the database to take it.
func (c *call) setFlash(message string) {
	if message != "" {
		c.setCookie("flash", base64.RawURLEncoding.EncodeToString([]byte(message)), flashLifetime, true)
	}
}

// takeFlash gives the message that was kept for this page, once.
func (c *call) takeFlash() *views.Flash {
	message, err := base64.RawURLEncoding.DecodeString(c.cookie("flash"))
	if err != nil || len(message) == 0 {
		return nil
	}
	c.setCookie("flash", "", -time.Second, true)
	if c.subject == nil {
		return nil // nothing that a stranger could have planted is shown next to a password field
	}
	return &views.Flash{Message: strings.ToValidUTF8(string(message), "")}
}

// A theme is kept in a cookie, so that the first paint of a page has it. Script sets the same cookie.
const (
	themeCookie = "theme"
	themeLife   = 365 * 24 * time.Hour
)

// theme is "light", "dark" or "".
func (c *call) theme() string {
	switch v := c.cookie(themeCookie); v {
	case "light", "dark":
		return v
	}
	return ""
}
