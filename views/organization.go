package views

import "rolecall.example/org"

// OrganizationForm is the form for a new organization, or the settings of one.
type OrganizationForm struct {
	org.OrganizationView                       // zero for a new one
	Input                org.OrganizationInput // as entered
	Confirm              bool
	NamesAdmin           bool // for a new one: the caller may say who becomes its administrator
	CanReadSync          bool // the caller may read the rules by which sign-ins give roles
	Err                  *org.Error
}

var organizationAnchors = map[string]string{"name": "name", "display_name": "display_name", "description": "description", "icon": "icon", "first_administrator": "first_administrator"}

func (f OrganizationForm) nameHint(fresh bool) string {
	switch {
	case fresh:
		return "Letters, digits and single hyphens. Used in URLs and the API."
	case f.Organization.IsDefault:
		return "The default organization keeps its name."
	default:
		return "Addresses change with it: links and programs that use the old name stop working."
	}
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
