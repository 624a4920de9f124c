package rbac_test

import (
	"fmt"
	"testing"

	"rolecall.example/rbac"
)

// crowded is a subject with 20 custom roles of 30 permissions each, half of them in one organization.
func crowded() (*rbac.Subject, rbac.Object) {
	c := rbac.Default()
	me, org := rbac.ID{1}, rbac.ID{0: 9}
	var all []rbac.Permission
	for _, t := range c.Types() {
		for _, a := range t.Actions {
			all = append(all, rbac.Permission{ResourceType: t.Name, Action: a.Name, Negate: len(all)%7 == 0})
		}
	}
	var grants []rbac.Grant
	for i := range 20 {
		var list []rbac.Permission
		for j := range 30 {
			list = append(list, all[(i*31+j)%len(all)])
		}
		g := rbac.Grant{Role: c.Compile(rbac.Role{Name: fmt.Sprint("r", i), Organization: list, User: list}), Org: org}
		if i%2 == 0 {
			g = rbac.Grant{Role: c.Compile(rbac.Role{Name: fmt.Sprint("r", i), Site: list[:2], User: list})}
		}
		grants = append(grants, g)
	}
	orgs := []rbac.ID{org, {0: 10}, {0: 11}, {0: 12}}
	return c.NewSubject(me, orgs, grants), rbac.Object{Type: "template", Org: org, Owner: me}
}

func BenchmarkAuthorize(b *testing.B) {
	s, o := crowded()
	b.ReportAllocs()
	for b.Loop() {
		s.Authorize("update", o)
	}
}

func BenchmarkAuthorizeAnyOrg(b *testing.B) {
	s, o := crowded()
	o.AnyOrg = true
	b.ReportAllocs()
	for b.Loop() {
		s.Authorize("update", o)
	}
}

func BenchmarkExplain(b *testing.B) {
	s, o := crowded()
	b.ReportAllocs()
	for b.Loop() {
		s.Explain("update", o)
	}
}

func BenchmarkNewSubject(b *testing.B) {
	s, _ := crowded()
	orgs := []rbac.ID{{0: 9}, {0: 10}, {0: 11}, {0: 12}}
	b.ReportAllocs()
	for b.Loop() {
		rbac.Default().NewSubject(rbac.ID{1}, orgs, s.Grants())
	}
}

func BenchmarkCheckGrant(b *testing.B) {
	s, o := crowded()
	list := s.Grants()[len(s.Grants())-1].Role.Organization
	b.ReportAllocs()
	for b.Loop() {
		s.CheckGrant(rbac.LevelOrganization, o.Org, list)
	}
}

func BenchmarkAllowedIn(b *testing.B) {
	s, o := crowded()
	b.ReportAllocs()
	for b.Loop() {
		s.AllowedIn(o.Org)
	}
}

// What a replica does that meets a version which it does not know: 1,024 pairs.
func BenchmarkParseLargeDocument(b *testing.B) {
	d := &rbac.Document{Format: rbac.Format, Product: "large", Label: "Large"}
	for t := range 100 {
		typ := rbac.DocumentType{Name: fmt.Sprint("type", t), Label: "Thing", Plural: "Things", Description: "One of a hundred kinds of things."}
		for a := range 9 {
			typ.Actions = append(typ.Actions, rbac.DocumentTypeAction{Name: fmt.Sprint("action", a), Description: "Does something to a thing, for good or ill."})
		}
		d.Types = append(d.Types, typ)
	}
	if problems := d.Complete(); len(problems) > 0 {
		b.Fatal(problems)
	}
	text := d.Bytes()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		d, err := rbac.ParseDocument(text)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := rbac.New(d); err != nil {
			b.Fatal(err)
		}
	}
}
