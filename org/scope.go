package org

// Scope is where roles live: an organization, or the site.
type Scope struct{ Organization string } // as a path names it; "" for the site

// Site is where roles live that hold everywhere.
var Site = Scope{}

// In is where the roles of an organization live, by what a path names it.
func In(organization string) Scope { return Scope{organization} }

// OnSite reports whether it is the site.
func (s Scope) OnSite() bool { return s.Organization == "" }

// String is the scope in an error.
func (s Scope) String() string {
	if s.OnSite() {
		return "the site"
	}
	return s.Organization
}
