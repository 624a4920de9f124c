package views

import (
	"net/http"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// Problem is a failure that is shown instead of a page or a fragment.
type Problem struct {
	Status          int
	Message, Detail string
	Fields          []org.Field
	RequestID       string
	Back            string   // where "Try again" or "Go back" leads; "" is the start page
	Why             string   // the page with the rights of the caller, "" if there is none
	Missing         []string // the permissions that the request needs, as type:action
	Grantors        []string // display names of roles that give them
	Catalog         *rbac.Catalog
}

// Title describes the failure in a few words. A refusal because of a missing permission has its own title.
func (p Problem) Title() string {
	if len(p.Missing) > 0 {
		return "You don’t have permission for this"
	}
	return p.Message
}

// grantors names the roles that give a permission in a sentence.
func grantors(roles []string) string {
	if len(roles) == 1 {
		return "The role " + roles[0] + " includes it. Ask an administrator to assign it to you."
	}
	return "Roles that include it: " + ui.Join(roles) + ". Ask an administrator to assign one to you."
}

// glyph returns the icon of a failure.
func (p Problem) glyph() string {
	switch p.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "lock"
	case http.StatusNotFound:
		return "search"
	default:
		return "circle-alert"
	}
}

// retry reports whether the same request may work later.
func (p Problem) retry() bool {
	return p.Status >= http.StatusInternalServerError || p.Status == http.StatusTooManyRequests
}
