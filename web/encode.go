package web

import "rolecall.example/static"

// worthCompressing is the size from which the fewer bytes outweigh the header and the work.
const worthCompressing = 1 << 10

// coding is the best of our codings that the client accepts, "" if it accepts none.
func (c *call) coding() string { return static.Negotiate(c.request().Header.Get("Accept-Encoding")) }

// compress makes an answer smaller where that is worth it.
func (a *answer) compress(coding string) {
	if a.varies = len(a.body) >= worthCompressing; a.varies && coding != "" {
		a.body, a.coding = static.Compress(a.body, coding, static.Fast), coding
	}
}
