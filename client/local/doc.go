// Package local decides in the process of an application, from documents that a server has signed. A feed keeps them current:
// a role that is taken away counts here some milliseconds later.
//
//	l, err := local.Open(ctx, &client.Client{BaseURL: "https://roles.example.com", Token: token}, local.Options{})
//	void := l.Must("invoice", "void") // at the start: an unknown permission panics
//	if l.Check(user, organization, void).Allowed { … }
//
// # When the server is away
//
// The engine goes on with what it knows for [Options.MaxStaleness], 30 seconds unless said otherwise, counted from the last
// time that the server is known to have read its database. Then it says no, with a reason, until it hears of the server
// again. What is wrong or old is refused and never makes it say yes: a document with a bad signature, of another server, or
// older than what the feed has named.
//
// # What it holds
//
// By default an organization is loaded at the first question about it, which the server answers over HTTP. See
// [Organizations]. Users and organizations are named by their ids.
//
// The clock of the machine makes no difference. On a machine that was asleep, time that passed then does not count.
package local
