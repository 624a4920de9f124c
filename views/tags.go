package views

import "rolecall.example/org"

// maxTags is how many roles a row shows by name; the rest is a number.
const maxTags = 2

func refNames(refs []org.RoleRef) []string {
	out := make([]string, len(refs))
	for i, ref := range refs {
		out[i] = ref.Label()
	}
	return out
}

func siteTagClass(ref org.RoleRef) string { return tagClass(ref.Name, ref.BuiltIn) }

// tagClass returns the class with the colour of a role's dot.
func tagClass(name string, builtIn bool) string {
	switch {
	case !builtIn:
		return "tag custom"
	case name == "organization-admin" || name == "owner":
		return "tag admin"
	default:
		return "tag"
	}
}
