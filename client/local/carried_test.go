package local_test

import (
	"net/http"
	"strings"
	"testing"

	"rolecall.example/client"
	"rolecall.example/client/local"
	"rolecall.example/org"
	"rolecall.example/web/webtest"
)

// carrying is a catalog with roles of organizations that count outside of their organization.
const carrying = `format: rolecall/catalog/1
product: papers
label: Papers
types:
  report:
    label: Report
    plural: Reports
    owned: true
    actions: {read: See, void: Cancel, write: Write, print: Print}
  rate: {label: Rate, plural: Rates, parent: site, actions: {read: See}}
roles:
  member: {label: Everyone, user: ["report:write"]}
  organization-member: {label: Every member, scope: organization, organization: ["report:read"]IMPLIED}
  organization-reader: {label: Reader, scope: organization, organization: ["organization:read", "organization_member:read", "assign_org_role:read"]}
  organization-banned: {label: Banned, scope: organization, site: ["!report:read"]}
  organization-helper: {label: Helper, scope: organization, site: ["report:void"]}
  site-helper: {label: Site helper, scope: site, site: ["report:print"]}
  organization-silent: {label: Silent, scope: organization, user: ["!report:write"]}
`

var papers = []string{"report:read", "report:void", "report:write", "report:print"}

// TestHeldElsewhere: what a person holds in an organization that the caller cannot read counts in one that it can, from the
// moment when that person joins it.
func TestHeldElsewhere(t *testing.T) {
	t.Parallel()
	b := serve(t, webtest.New(t))
	b.catalog(t, strings.Replace(carrying, "IMPLIED", "", 1))
	b.AddUser(t, "reader", webtest.Default)
	b.give(t, webtest.Default, "reader", "organization-reader")
	b.token, b.caller = b.Token("reader"), "reader"
	for _, role := range []string{"organization-banned", "organization-helper", "organization-silent"} {
		b.give(t, webtest.Other, webtest.Rival, role)
		e := b.engine(t, local.Options{Organizations: local.All})
		who, where := b.ID(webtest.Rival), b.place(webtest.Default)
		for _, method := range []string{http.MethodPost, http.MethodDelete} {
			revision := b.write(t, method, "organizations/default/members/"+webtest.Rival, "")
			b.agrees(t, e, who, where, role+" after "+method, revision)
		}
	}
}

// TestImpliedCarries: the same where the role that every member holds counts outside of its organization.
func TestImpliedCarries(t *testing.T) {
	t.Parallel()
	b := serve(t, webtest.New(t))
	b.catalog(t, strings.Replace(carrying, "IMPLIED", `, site: ["report:print"]`, 1))
	e := b.engine(t, local.Options{Organizations: local.All})
	who := b.ID(webtest.Rival)
	for _, method := range []string{http.MethodDelete, http.MethodPost, http.MethodDelete} {
		revision := b.write(t, method, "organizations/other/members/"+webtest.Rival, "")
		for name := range b.Organizations {
			b.agrees(t, e, who, b.place(name), "in "+name+" after "+method, revision)
		}
	}
}

// TestReaderGains: a caller who may read one more organization learns what its members hold on the site.
func TestReaderGains(t *testing.T) {
	t.Parallel()
	b := serve(t, webtest.New(t))
	b.catalog(t, strings.Replace(carrying, "IMPLIED", "", 1))
	b.AddUser(t, "reader", webtest.Default, webtest.Other)
	b.AddUser(t, "helper", webtest.Other)
	b.give(t, webtest.Default, "reader", "organization-reader")
	b.write(t, http.MethodPut, "users/helper"+"/roles", `{"roles":["site-helper"]}`)
	b.token, b.caller = b.Token("reader"), "reader"
	e := b.engine(t, local.Options{Organizations: local.All})
	for _, cut := range []bool{false, true} {
		b.give(t, webtest.Other, "reader")
		eventually(t, "the engine forgets", func() bool {
			return e.Check(b.ID("helper"), b.place(webtest.Other), "report:read").Reason == local.NotLoaded
		})
		if cut {
			b.line.sever()
		}
		revision := b.give(t, webtest.Other, "reader", "organization-reader")
		b.line.release()
		b.agrees(t, e, b.ID("helper"), b.place(webtest.Other), "who reads more", revision)
	}
}

// agrees compares the decision of an engine that knows of a write with that of the server, for the same caller.
func (b *backend) agrees(t testing.TB, e *local.Engine, who, where, when, revision string) {
	t.Helper()
	for _, p := range papers {
		for _, owner := range []string{"", "me"} {
			resourceType, action, _ := client.Access{Permission: p}.Pair()
			q := org.SubjectCheck{Subject: who, AuthCheck: org.AuthCheck{Action: action, ResourceType: resourceType, OrganizationID: where, OwnerID: owner}}
			want := b.truth(t, []org.SubjectCheck{q})
			var d local.Decision
			eventually(t, "the engine decides", func() bool {
				d = e.Check(who, where, local.Pair(p), local.Owner(owner), local.AtLeast(revision))
				return d.Reason == local.Decided
			})
			if d.Allowed != want[0].Allowed {
				t.Errorf("%s, %s of %q: the engine says %+v, the server %+v", when, p, owner, d, want[0])
			}
		}
	}
}
