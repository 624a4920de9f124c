package org

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/rbac"
)

// AuthCheck is one question of an authorization check.
type AuthCheck struct {
	Action         string
	ResourceType   string
	OwnerID        string // uuid, "me", or "" for none; of AuthChecks with names also a username or an e-mail address
	OrganizationID string // uuid or ""; of AuthChecks with names also a name or "default"
	ResourceID     string // uuid or ""; only of a user or organization member's account here
	AnyOrg         bool
}

// AuthChecks are questions about what one account, or each of several, may do. Each has a key that the client chose.
type AuthChecks struct {
	User     string   // whom they are about: an id, a username or an e-mail address; "" or "me" for the caller
	Subjects []string // or each of these, if it is not nil
	Strict   *bool    // whether questions that make no sense are told; nil: of those with a User or Subjects
	AtLeast  string   // "ORGANIZATION@REVISION" that is to be seen, or ""
	Checks   map[string]AuthCheck
}

// Named reports whether names may be used instead of ids, and every question is answered separately. Otherwise the questions
// are the caller's own in the form of Coder's API: with ids only, and all are refused if one makes no sense.
func (q *AuthChecks) Named() bool {
	return q.User != "" || q.Subjects != nil || q.Strict != nil || q.AtLeast != ""
}

// Tells reports whether the answer says which questions make no sense.
func (q *AuthChecks) Tells() bool {
	if q.Strict != nil {
		return *q.Strict
	}
	return q.User != "" || q.Subjects != nil
}

// About returns whom the questions are about: "me" is the caller.
func (q *AuthChecks) About() []string {
	switch {
	case q.Subjects != nil:
		return q.Subjects
	case q.User != "":
		return []string{q.User}
	default:
		return []string{"me"}
	}
}

// Decisions returns how many answers are wanted.
func (q *AuthChecks) Decisions() int { return len(q.Checks) * len(q.About()) }

// AuthAnswers are the answers by the keys of the questions.
type AuthAnswers struct {
	Allowed      map[string]bool
	Problems     map[string]CheckProblem // of questions that could not be answered, which is a no
	Explanations map[string]Explanation  // nil if none were asked for
	Subjects     map[string]AuthAnswers  // of questions about Subjects: all of the above, of each of them
	Place        Place                   // of questions that name one organization, and may have names
}

// Place is the revision of an organization at which something was read. The zero value is none.
type Place struct {
	Organization uuid.UUID
	Revision     int64
}

// SubjectCheck is a question about one of several subjects.
type SubjectCheck struct {
	Subject string // an id, a username or an e-mail address, or "me": the caller; "" is no one
	AuthCheck
}

// Decision is the answer to a question. With a Problem it could not be answered, which counts as no.
type Decision struct {
	Allowed bool
	Problem *CheckProblem
}

// CheckProblem is why a question could not be answered.
type CheckProblem struct{ Code, Message string }

// The problems of questions. Missing things, and things that the caller may not read, have the same problem.
var (
	CheckNotFound           = CheckProblem{"not_found", "No such person or organization, or you may not see it."}
	CheckSuspended          = CheckProblem{"suspended", "The account is suspended, so it may do nothing."}
	CheckNoOwner            = CheckProblem{"no_owner", "No one owns resources of that type: leave owner_id out."}
	CheckSiteType           = CheckProblem{"site_type", "Nothing of that resource type belongs to an organization: leave organization_id out."}
	CheckOrganizationNeeded = CheckProblem{"organization_needed", "A question about another account must name an organization, unless you may read every account."}
)

// CheckInvalidID returns the problem of an id that cannot name a thing. It lists the types whose checks may have an id, by area;
// within an area, those that every catalog has come first.
func CheckInvalidID(c *rbac.Catalog) CheckProblem {
	var types []string
	for _, area := range c.Areas() {
		for _, core := range []bool{true, false} {
			for _, t := range area.Types {
				if c.Lookup(t.Name) && c.Core(t.Name) == core {
					types = append(types, t.Name)
				}
			}
		}
	}
	noun, last := "type ", len(types)-1
	list := strings.Join(types, "")
	if last > 0 {
		noun, list = "types ", strings.Join(types[:last], ", ")+" and "+types[last]
	}
	return CheckProblem{"invalid_id", "resource_id must be a uuid, and goes with the " + noun + list + " alone."}
}

// CheckUnknownPermission returns the problem of a pair that the catalog does not have. removed is the version of the catalog
// that removed it, 0 if there never was such a pair.
func CheckUnknownPermission(c *rbac.Catalog, p rbac.Permission, removed int64) CheckProblem {
	message := "There is no such action on that resource type."
	if removed != 0 {
		message = fmt.Sprintf("%s was removed in version %d of the catalog.", p, removed)
	} else if near := c.Nearest(p); near != "" {
		message += " Did you mean " + near + "?"
	}
	return CheckProblem{"unknown_permission", message}
}
