// Package local decides in the process of an application, with documents that a server has signed. A feed keeps them current:
// a removed role is gone here some milliseconds later.
//
//	l, err := local.Open(ctx, &client.Client{BaseURL: "https://roles.example.com", Token: token}, local.Options{})
//	void := l.Must("invoice", "void") // at the start: an unknown permission panics
//	if l.Check(user, organization, void).Allowed { … }
//
// # When the server is away
//
// The engine keeps deciding with what it knows for [Options.MaxStaleness], by default 30 seconds, counted from the last time
// that the server is known to have read its database. Then it says no, with a reason, until it hears from the server again. It
// refuses a document with a bad signature, from another server, or older than what the feed has named: such a document never
// makes it say yes.
//
// # What it holds
//
// By default an organization is loaded at the first question about it, which the server answers over HTTP. See
// [Organizations]. Users and organizations are named by their ids.
//
// Staleness does not depend on the clock of the machine, but time during which the machine sleeps does not count. If the clock is
// fast, roles and memberships end early; if it is slow, none ends late.
package local
