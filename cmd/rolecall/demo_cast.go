package main

import (
	_ "embed"
	"encoding/json"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// cast is the distribution of roles in the demo: the custom roles of each company, and how many people hold which role.
type cast struct {
	Companies []troupe `json:"companies"` // in the order of companies
	Site      []share  `json:"site"`
}

type troupe struct {
	Roles []part  `json:"roles"`
	Mix   []share `json:"mix"`
}

// part is a custom role of an organization. Its permissions are in the short form.
type part struct {
	Name         string   `json:"name"`
	Label        string   `json:"label"`
	Description  string   `json:"description"`
	Organization []string `json:"organization"`
}

// share is the number of a thousand people who hold a role.
type share struct {
	Role  string `json:"role"`
	Mille int    `json:"mille"`
}

//go:embed demo.json
var defaultCast []byte

// castOf returns the cast for a catalog; nil means the default catalog, whose cast is in a file. It is data and not
// code, because its names belong to one product and the program is for any.
func castOf(catalog *rbac.Catalog) (c cast, err error) {
	if catalog == nil {
		return c, json.Unmarshal(defaultCast, &c)
	}
	return invent(catalog), nil
}

// input returns the part as input of a use case. MustCreate: two parts with one name are a mistake in the cast, and the
// second must not replace the first.
func (p *part) input() (in org.RoleInput, err error) {
	in = org.RoleInput{Name: p.Name, DisplayName: p.Label, Description: &p.Description, MustCreate: true}
	for _, text := range p.Organization {
		list, err := parsePermissions(text)
		if err != nil {
			return in, err
		}
		for _, one := range list {
			in.Organization = append(in.Organization, rbac.Permission{ResourceType: one.ResourceType, Action: one.Action, Negate: one.Negate})
		}
	}
	return in, nil
}
