package web

import (
	"encoding/hex"
	"encoding/json"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// wireCatalog returns a version of the catalog: its canonical document, with the fields that clients have always read.
func wireCatalog(v *org.CatalogVersion) (client.Catalog, error) {
	from := v.Catalog
	d := from.Document()
	c := client.Catalog{
		Version: v.Number, SameAs: v.SameAs, Hash: hex.EncodeToString(v.Hash[:]), AppliedAt: v.AppliedAt, AppliedBy: v.AppliedBy,
		Format: d.Format, Product: d.Product, Label: d.Label, Edition: d.Version, Numbers: d.Numbers,
		Types: []client.CatalogType{}, Areas: []client.CatalogArea{}, Reserved: from.ReservedNames(),
	}
	for i := range d.Types {
		c.Types = append(c.Types, wireCatalogType(from, &d.Types[i]))
	}
	for _, a := range from.Areas() {
		c.Areas = append(c.Areas, client.CatalogArea{ID: a.ID, Label: a.Label})
	}
	for _, a := range d.Actions {
		c.Actions = append(c.Actions, client.SharedAction{Name: a.Name, Label: a.Label, Description: a.Description, RenamedFrom: a.RenamedFrom})
	}
	for _, r := range from.BuiltIns() {
		scope := "organization"
		if r.SiteScope {
			scope = "site"
		}
		c.BuiltIns = append(c.BuiltIns, client.BuiltInRole{
			Name: r.Name, DisplayName: r.DisplayName, Scope: scope, Implied: r == from.ImpliedSite() || r == from.ImpliedOrganization(),
			Site: each(r.Site, wirePermission), Organization: each(r.Organization, wirePermission), User: each(r.User, wirePermission),
		})
	}
	// These parts are as in the document.
	var rest struct {
		Grid    json.RawMessage `json:"grid"`
		Roles   json.RawMessage `json:"roles"`
		Samples json.RawMessage `json:"samples"`
		AuthZEN json.RawMessage `json:"authzen"`
	}
	err := json.Unmarshal(d.Bytes(), &rest)
	c.Grid, c.Roles, c.Samples, c.AuthZEN = rest.Grid, rest.Roles, rest.Samples, rest.AuthZEN
	return c, err
}

func wireCatalogType(from *rbac.Catalog, t *rbac.DocumentType) client.CatalogType {
	wire := client.CatalogType{
		Name: t.Name, Label: t.Label, Plural: t.Plural, Area: t.Area, Description: t.Description, Risk: t.Risk,
		Parent: t.Parent, SiteOnly: from.SiteOnly(t.Name), Owned: t.Owned, Lookup: t.Lookup, RenamedFrom: t.RenamedFrom,
		Actions: []client.CatalogAction{},
	}
	for _, a := range t.Actions {
		action := client.CatalogAction{
			Name: a.Name, Label: from.ActionLabel(a.Name), Number: a.Number, Description: a.Description, Phrase: a.Phrase,
			Risk: from.Risks(rbac.Permission{ResourceType: t.Name, Action: a.Name}), RenamedFrom: a.RenamedFrom,
		}
		if a.Deprecated != nil {
			action.Deprecated = &client.CatalogDeprecated{Use: a.Deprecated.Use, Note: a.Deprecated.Note}
		}
		wire.Actions = append(wire.Actions, action)
	}
	return wire
}

func wireCatalogVersion(v *org.CatalogVersion) client.CatalogVersion {
	return client.CatalogVersion{
		Version: v.Number, SameAs: v.SameAs, Product: v.Product, Label: v.Label, Hash: hex.EncodeToString(v.Hash[:]), Note: v.Note,
		AppliedAt: v.AppliedAt, AppliedBy: v.AppliedBy,
		Renamed: len(v.Steps.Renamed), Removed: len(v.Steps.Removed), Added: len(v.Steps.Added),
	}
}

func wireCatalogPlan(p *org.CatalogPlan) client.CatalogPlan {
	return client.CatalogPlan{
		From: p.From, To: p.To, Warnings: append([]client.Validation{}, wireFields(p.Warnings)...),
		Changes: each(p.Changes, wireCatalogDifference), InUse: each(p.InUse, wireCatalogUse),
		Roles: each(p.Roles, wireCatalogRole), RolesTotal: p.RolesTotal, Taken: append([]string{}, p.Taken...), Sets: p.Sets,
		People: client.CatalogPeople{
			Members: p.People.Members, Affected: p.People.Affected, Gaining: p.People.Gaining, Losing: p.People.Losing,
			Suspended: p.People.Suspended, Lines: each(p.People.Lines, wireCatalogLine),
		},
	}
}

func wireCatalogDifference(d *org.CatalogDifference) client.CatalogDifference {
	return client.CatalogDifference{
		Kind: d.Kind, What: d.What, To: d.To, From: d.From, Use: d.Use, Level: d.Level,
		Gives: d.Gives, Takes: d.Takes, Denies: d.Denies, Undenies: d.Undenies,
	}
}

func wireCatalogUse(u *org.CatalogUse) client.CatalogUse {
	return client.CatalogUse{
		What: u.What, Allows: client.CatalogUsers(u.Allows), Denies: client.CatalogUsers(u.Denies),
		Holders: u.Holders, Organizations: u.Organizations, Retire: u.Retire,
	}
}

func wireCatalogRole(r *org.CatalogRole) client.CatalogRole {
	return client.CatalogRole{
		Organization: r.Organization, Name: r.Name, Holders: r.Holders,
		Renamed: r.Renamed, WrittenOut: r.WrittenOut, Retired: r.Retired, Revived: r.Revived,
	}
}

func wireCatalogLine(l *org.CatalogLine) client.CatalogLine {
	return client.CatalogLine{
		Permission: l.Permission.String(), Phrase: l.Phrase, Level: l.Level, Own: l.Own, Gain: l.Gain, People: l.People,
		Sample: append([]string{}, l.Sample...),
	}
}

// wireRight returns a permission that a person gains or loses, as text.
func wireRight(r *org.CatalogRight) string {
	if r.Own {
		return r.Permission.String() + " (own)"
	}
	return r.Permission.String()
}
