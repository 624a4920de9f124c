package rbac

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Document returns the document that the catalog was made from. It is shared and must not be changed.
func (c *Catalog) Document() *Document { return c.document }

// Version returns the number that was given to [NewVersion], or 0.
func (c *Catalog) Version() int64 { return c.version }

// Hash returns the SHA-256 of the document. Two catalogs with the same hash are the same.
func (c *Catalog) Hash() [32]byte { return c.hash() }

// Core reports whether the type is one that every catalog has.
func (c *Catalog) Core(resourceType string) bool { return isCore(resourceType) }

// Owned reports whether an object of the type may belong to one person, so that the user level counts.
func (c *Catalog) Owned(resourceType string) bool {
	t := c.byName[resourceType]
	return t != nil && t.Owned
}

// Lookup reports whether a check may name one object of the type by its id.
func (c *Catalog) Lookup(resourceType string) bool {
	t := c.byName[resourceType]
	return t != nil && t.Lookup
}

// Parent returns what objects of the type belong to, "organization" or "site", or "" for an unknown type.
func (c *Catalog) Parent(resourceType string) string {
	if t := c.byName[resourceType]; t != nil {
		return t.Parent
	}
	return ""
}

// TypeLabel returns the singular for people, such as "Invoice". For an unknown type it returns the name.
func (c *Catalog) TypeLabel(resourceType string) string {
	if t := c.byName[resourceType]; t != nil {
		return t.Label
	}
	return resourceType
}

// Plural returns the plural for people, such as "Invoices". For an unknown type it returns the name.
func (c *Catalog) Plural(resourceType string) string {
	if t := c.byName[resourceType]; t != nil {
		return t.Plural
	}
	return resourceType
}

// ActionLabel returns the label of an action for people. For an unknown action it returns the name.
func (c *Catalog) ActionLabel(action string) string {
	for i := range c.document.Actions {
		if a := &c.document.Actions[i]; a.Name == action {
			return a.Label
		}
	}
	return action
}

// Things returns what things of a type are called inside a sentence: "invoices".
func (c *Catalog) Things(resourceType string) string { return small(c.Plural(resourceType)) }

// Phrase returns what p lets one do, to follow "can": "void invoices", "read everything", "do everything with invoices". It
// does not say whether p allows or denies. For a pair that is not in the catalog it uses the names.
func (c *Catalog) Phrase(p Permission) string {
	all, anyAction := p.ResourceType == Wildcard, p.Action == Wildcard
	switch a := c.action(p); {
	case a != nil:
		return a.Phrase
	case !c.ValidType(p.ResourceType) || !anyAction && !c.Valid(p.ResourceType, p.Action):
		return p.pair().String()
	case all && anyAction:
		return "do everything"
	case all:
		return small(c.ActionLabel(p.Action)) + " everything"
	}
	return "do everything with " + small(c.Plural(p.ResourceType))
}

// action returns the action of a type that p names, or nil.
func (c *Catalog) action(p Permission) *DocumentTypeAction {
	if t := c.byName[p.ResourceType]; t != nil {
		return t.action(p.Action)
	}
	return nil
}

// Deprecated reports whether a pair is deprecated, and what to use instead and why; both may be empty.
func (c *Catalog) Deprecated(p Permission) (use, note string, ok bool) {
	if a := c.action(p); a != nil && a.Deprecated != nil {
		return a.Deprecated.Use, a.Deprecated.Note, true
	}
	return "", "", false
}

// Grid returns what the grid of permissions shows.
func (c *Catalog) Grid() Grid { return c.document.Grid }

// Samples returns the custom roles of an organization that the catalog proposes, in display order.
func (c *Catalog) Samples() []*Role { return c.samples }

// DefaultPhrase returns the phrase of an action without one of its own: both words with a small first letter.
func DefaultPhrase(actionLabel, plural string) string {
	return small(actionLabel) + " " + small(plural)
}

// small returns text with a small first letter, unless its first word is an abbreviation or a name: "API keys", "IdP settings".
func small(text string) string {
	word, _, _ := strings.Cut(text, " ")
	first, size := utf8.DecodeRuneInString(word)
	if strings.IndexFunc(word[size:], func(r rune) bool { return unicode.IsUpper(r) || unicode.IsDigit(r) }) >= 0 {
		return text
	}
	return string(unicode.ToLower(first)) + text[size:]
}

// aliases are the old names of something, as far as the document still lists them.
type aliases struct {
	types   map[string]string    // an old type → today's
	actions map[[2]string]string // today's type, or Wildcard, and an old action → today's action
}

// HasOldNames reports whether the document lists any old names; otherwise Present always returns false.
func (c *Catalog) HasOldNames() bool { return len(c.aliases.types)+len(c.aliases.actions) > 0 }

// Present returns the current name of a pair that a request names by an old name, for type and action separately, as
// long as the document lists it. It is false if nothing in p is an old name, or if the pair no longer exists.
func (c *Catalog) Present(p Permission) (Permission, bool) {
	now := p
	now.ResourceType = cmp.Or(c.aliases.types[p.ResourceType], p.ResourceType)
	now.Action = cmp.Or(c.aliases.actions[[2]string{now.ResourceType, p.Action}], p.Action)
	_, known := c.covers[now.pair()]
	return now, known && now != p
}
