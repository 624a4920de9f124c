package rbac

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

var conditionForm = regexp.MustCompile(`^(resource|action)\.[A-Za-z0-9_.-]{1,64}$`)

// What the part of a catalog for AuthZEN may have at most.
const (
	rewritesAtMost  = 200
	instancesAtMost = 1000 // of a type
	idAtMost        = 200
)

// authZEN checks that the rules for AuthZEN name things that exist. The action that a rule replaces need not be in the catalog.
func (c *checker) authZEN() {
	z := c.d.AuthZEN
	if z == nil {
		return
	}
	c.text("authzen.default_organization", "", z.DefaultOrganization, labelAtMost)
	c.atMost("authzen.rewrite", len(z.Rewrite), rewritesAtMost, "rules")
	for i, r := range z.Rewrite {
		path := fmt.Sprintf("authzen.rewrite[%d]", i)
		c.exists(path, ".type", "type", r.Type, slices.Sorted(maps.Keys(c.types)))
		c.name(path, ".action", r.Action)
		if t := c.types[r.Type]; t != nil {
			c.exists(path, ".to", "action of "+t.Name, r.To, t.actionNames())
		}
		for _, key := range slices.Sorted(maps.Keys(r.When)) {
			if !conditionForm.MatchString(key) {
				c.add(path+".when", "%q is no condition: use resource.NAME or action.NAME", key)
			}
			switch r.When[key].(type) {
			case string, float64, bool:
			default:
				c.add(path+".when", "%q must be a text, a number, true or false", key)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(z.Instances)) {
		path := "authzen.instances." + name
		c.exists(path, "", "type", name, slices.Sorted(maps.Keys(c.types)))
		c.atMost(path, len(z.Instances[name]), instancesAtMost, "things")
		seen := map[string]bool{}
		for i, o := range z.Instances[name] {
			at := fmt.Sprintf("%s[%d].id", path, i)
			if o.ID == "" {
				c.add(at, "is missing")
			}
			c.text(at, "", o.ID, idAtMost)
			c.once(at, "", o.ID, seen)
		}
	}
}
