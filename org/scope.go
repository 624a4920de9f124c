package org

// Scope is where roles belong: an organization, or the site.
type Scope struct{ Organization string } // as a path names it; "" for the site

// Site is the scope of roles that hold everywhere.
var Site = Scope{}

// In returns the scope of an organization, named as in a path.
func In(organization string) Scope { return Scope{organization} }

// OnSite reports whether the scope is the site.
func (s Scope) OnSite() bool { return s.Organization == "" }

// String returns the scope for an error.
func (s Scope) String() string {
	if s.OnSite() {
		return "the site"
	}
	return s.Organization
}
