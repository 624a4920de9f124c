package web_test

import (
	"net/http"
	"strings"
	"testing"

	"rolecall.example/org"
	"rolecall.example/web/webtest"
)

// TestLinkByExternalID: a sign-in belongs to the account that a directory made for the id which a claim has. An account that the
// directory only found is nobody's to take over, nor is one of power, one that has left, or an id of two directories.
func TestLinkByExternalID(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", func(p *org.Provider) { p.LinkByExternalID = "oid" })
	d, other := newDirectory(t, w.Site, webtest.Default), newDirectory(t, w.Site, "second")
	made := func(c *scimClient, name, id string) string {
		return c.make("/Users", `{`+userSchema+`,"userName":"`+name+`@corp.example","externalId":"`+id+`"}`)
	}
	made(d, "ada", "o-ada")
	d.make("/Users", `{`+userSchema+`,"userName":"member@example.com","externalId":"o-eve"}`) // linked, not made
	made(d, "boss", "o-boss")
	left := made(d, "left", "o-left")
	w.Exec(t, "INSERT INTO user_roles (user_id, role, source, source_ref, reason, given_by_name, given_at) SELECT id, 'auditor', 'manual', '', '', '', created_at FROM users WHERE username = 'boss'")
	d.want(http.StatusNoContent, http.MethodDelete, "/Users/"+left, "")
	made(d, "twin", "o-twin")
	made(other, "twin2", "o-twin")
	for _, tt := range []struct{ sub, oid, who string }{
		{"s-ada", "o-ada", "ada"},
		{"s-ada-2", "o-ada", ""}, // it has a sign-in at this provider
		{"s-none", "", ""},
		{"s-case", "O-ADA", ""},
		{"s-eve", "o-eve", ""},
		{"s-boss", "o-boss", ""},
		{"s-left", "o-left", ""},
		{"s-twin", "o-twin", ""},
		{"s-ada", "o-twin", "ada"}, // known, whatever the claim says now
	} {
		w.at[0].SignIn(claims{"sub": tt.sub, "oid": tt.oid})
		b := w.browser(t)
		res := b.signIn("okta")
		if who := b.who(); who != tt.who || tt.who == "" && (res.StatusCode != http.StatusForbidden || !strings.Contains(res.Text(), "No account here belongs to this sign-in.")) {
			t.Errorf("%s with %q: got %d as %q\n%s", tt.sub, tt.oid, res.StatusCode, who, res.Text())
		}
	}
}
