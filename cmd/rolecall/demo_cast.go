package main

import (
	_ "embed"
	"encoding/json"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// cast is who plays what in the demo: the custom roles of each company and of the site, and how many people hold which
// role.
type cast struct {
	Companies []troupe `json:"companies"` // in the order of companies
	Site      troupe   `json:"site"`
}

type troupe struct {
	Roles []part  `json:"roles"`
	Mix   []share `json:"mix"`
}

// part is a custom role. Its permissions are in the short form.
type part struct {
	Name         string   `json:"name"`
	Label        string   `json:"label"`
	Site         []string `json:"site"`
	Organization []string `json:"organization"`
	User         []string `json:"user"`
}

// share is the number of a thousand people who hold a role.
type share struct {
	Role  string `json:"role"`
	Mille int    `json:"mille"`
}

//go:embed demo.json
var defaultCast []byte

// knownCast is the cast for the default catalog.
func knownCast() (c cast, err error) { return c, json.Unmarshal(defaultCast, &c) }

// input is the part as a use case takes it.
func (p *part) input() (in org.RoleInput, err error) {
	in = org.RoleInput{Name: p.Name, DisplayName: p.Label, MustCreate: true}
	for _, l := range []struct {
		from []string
		to   *[]rbac.Permission
	}{{p.Site, &in.Site}, {p.Organization, &in.Organization}, {p.User, &in.User}} {
		for _, text := range l.from {
			list, err := parsePermissions(text)
			if err != nil {
				return in, err
			}
			for _, one := range list {
				*l.to = append(*l.to, rbac.Permission{ResourceType: one.ResourceType, Action: one.Action, Negate: one.Negate})
			}
		}
	}
	return in, nil
}
