package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/client"
)

// No text stops the parser, and what it takes without a fault it writes back as it read it.
func FuzzParseRoles(f *testing.F) {
	for _, text := range []string{
		nightShift, "", "# nothing", "---\n---\n", "[]", "- - a", "? [a]: b\n: c", "a: &a [*a]", "&a [*a]", "name: {a: b}", "x: !!binary aGk=",
		"{\n\t\"name\": \"a\",\n\t\"organization\": \"default\", \"organization_permissions\": null\n}", "name: a\norganization: b\norganization_permissions: &x [a:b]\n",
		"name: a\nsite_permissions: [!a:b,c, !!str d:e, {resource_type: a, action: b, negate: maybe}]", "name: 1\norganization_id: 00000000-0000-0000-0000-000000000000",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found := &faults{file: "x"}
		for _, r := range parseRoles(found, []byte(text), "acme") {
			if found.err() != nil {
				return
			}
			for _, list := range [][]client.Permission{r.Organization, r.Site, r.User} {
				var again []client.Permission
				for _, entry := range shortForm(list) {
					parsed, err := parsePermissions(entry)
					if err != nil {
						return // from the API's form, whose words may be anything
					}
					again = append(again, parsed...)
				}
				if diff := cmp.Diff(tally(list), tally(again)); diff != "" {
					t.Errorf("%q: %s", text, diff)
				}
			}
		}
	})
}

// tally counts permissions, whatever their order.
func tally(list []client.Permission) map[client.Permission]int {
	n := map[client.Permission]int{}
	for _, p := range list {
		n[p]++
	}
	return n
}
