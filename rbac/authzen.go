package rbac

import (
	"cmp"
	"encoding/json"
)

// mapping is the AuthZEN rules of a document, prepared for questions.
type mapping struct {
	rules  map[string][]AuthZENRewrite          // by type, in the order of the document
	things map[string]map[string]*AuthZENObject // by type and id
}

func (c *Catalog) addMapping() {
	c.mapping = mapping{rules: map[string][]AuthZENRewrite{}, things: map[string]map[string]*AuthZENObject{}}
	z := c.document.AuthZEN
	if z == nil {
		return
	}
	for _, r := range z.Rewrite {
		c.mapping.rules[r.Type] = append(c.mapping.rules[r.Type], r)
	}
	for name, list := range z.Instances {
		byID := make(map[string]*AuthZENObject, len(list))
		for i := range list {
			byID[list[i].ID] = &list[i]
		}
		c.mapping.things[name] = byID
	}
}

// AuthZEN returns the rules of the document for questions of the AuthZEN API; they are empty if it has none. They are
// shared and must not be changed.
func (c *Catalog) AuthZEN() AuthZEN {
	if z := c.document.AuthZEN; z != nil {
		return *z
	}
	return AuthZEN{}
}

// PresentType returns the current name of a type that a request names, perhaps by an old name that the document still
// lists. It is false if there is no such type; [Wildcard] is not one.
func (c *Catalog) PresentType(name string) (string, bool) {
	now := cmp.Or(c.aliases.types[name], name)
	return now, c.byName[now] != nil
}

// Thing returns a thing that the catalog itself lists. For a type without such things known is nil and closed false; if
// closed is true, there are no other things of the type.
func (c *Catalog) Thing(resourceType, id string) (known *AuthZENObject, closed bool) {
	byID, closed := c.mapping.things[resourceType]
	return byID[id], closed
}

// Rewritten returns the action that an action of a question stands for: that of the first rule of the type whose conditions
// all hold, or its own, under its current name. property returns a property of the question by its key in a rule, such as
// "resource.status", and false if it is missing. The result need not be an action of the type.
func (c *Catalog) Rewritten(resourceType, action string, property func(key string) (any, bool)) string {
	rules := c.mapping.rules[resourceType]
	named := c.Valid(resourceType, action)
	for i := range rules {
		named = named || rules[i].Action == action
	}
	if !named { // its old name must not bypass a rule about an action
		action = cmp.Or(c.aliases.actions[[2]string{resourceType, action}], action)
	}
	for i := range rules {
		if r := &rules[i]; r.Action == action && r.holds(property) {
			return r.To
		}
	}
	return action
}

// holds reports whether all conditions of the rule hold.
func (r *AuthZENRewrite) holds(property func(string) (any, bool)) bool {
	for key, want := range r.When {
		if have, ok := property(key); !ok || !sameValue(want, have) {
			return false
		}
	}
	return true
}

// sameValue compares a value of a rule with one of a question, which may be a [json.Number]. Only values of the same kind are
// equal: the text "1" is not the number 1.
func sameValue(want, have any) bool {
	switch want := want.(type) {
	case string:
		text, ok := have.(string)
		return ok && text == want
	case bool:
		truth, ok := have.(bool)
		return ok && truth == want
	case float64:
		switch have := have.(type) {
		case float64:
			return have == want
		case json.Number:
			number, err := have.Float64()
			return err == nil && number == want
		}
	}
	return false
}
