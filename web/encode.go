package web

import "rolecall.example/static"

// worthCompressing is the size from which saving bytes outweighs the header and the work.
const worthCompressing = 1 << 10

// largePage is larger than most pages of a list, and smaller than an editor of roles.
const largePage = 96 << 10

// level returns how hard to compress an answer of a size: nearby programs load whole lists, and wait for the first
// byte.
func (c *call) level(size int) static.Level {
	switch {
	case c.as == asJSON || c.csv:
		return static.Streamed
	case size > largePage:
		return static.Small
	}
	return static.Fast
}

// coding returns the best of our codings that the client accepts; "" if it accepts none, or if the answer may hold a
// secret, which its compressed length would partly reveal.
func (c *call) coding(level static.Level) string {
	if c.response().Header().Get("Cache-Control") == "no-store" {
		return ""
	}
	return static.Negotiate(c.request().Header.Get("Accept-Encoding"), level)
}

// compress makes an answer smaller if that is worth it.
func (a *answer) compress(coding string, level static.Level) {
	if a.varies = len(a.body) >= worthCompressing; a.varies && coding != "" {
		a.body, a.coding = static.Compress(a.body, coding, level), coding
	}
}
