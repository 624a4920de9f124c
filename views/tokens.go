package views

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Tokens is the list of the API tokens of an account.
type Tokens struct {
	org.UserView
	Tokens []org.Token
	Secret string // of the token that was just made, shown once
	Revoke string // id of the token that the page asks about
	Name   string // as entered in a refused form
	Days   int
	Date   string // the last day, instead of Days

	Limit         string   // as entered: what it may do, one of the names below
	Scopes        []string // those that were ticked
	Organizations string
	MakesUsers    bool          // the caller may make accounts
	Longest       time.Duration // maximum lifetime of a token
	Catalog       *rbac.Catalog
	LinkAudit     bool // the caller may read the trail of the site
	Err           *org.Error
	Now           time.Time
}

// TokenDays are the choices for the lifetime of a token; the first is the default.
var TokenDays = []int{30, 7, 60, 90, 365}

// What a token may do, as the form names it.
const (
	LimitAll    = "all"
	LimitScopes = "scopes"
	LimitDecide = "decide"
)

func (t Tokens) ticked(scope string) bool { return slices.Contains(t.Scopes, scope) }

// ticksIn reports whether a permission of an area is ticked, so that it is shown.
func (t Tokens) ticksIn(area rbac.Area) bool {
	return slices.ContainsFunc(t.Scopes, func(scope string) bool {
		resourceType, _, _ := strings.Cut(scope, ":")
		return slices.ContainsFunc(area.Types, func(typ rbac.ResourceType) bool { return typ.Name == resourceType })
	})
}

// wholeNote says what a token without limits can do.
func (t Tokens) wholeNote() string {
	if slices.ContainsFunc(t.User.Roles, func(r org.RoleRef) bool { return r.Name == org.RoleOwner }) {
		return "It can do everything on this site."
	}
	return t.ownNote()
}

func (t Tokens) ownNote() string {
	if t.Self {
		return "This token can do everything you can."
	}
	return "Anyone with this token can do everything this account can."
}

// TokensTold returns the tokens of a list to warn about because they end soon.
func TokensTold(list []org.Token, now time.Time) []org.Token {
	return slices.DeleteFunc(slices.Clone(list), func(t org.Token) bool { return !t.TellsEnd(now) })
}

// dayChoices returns the lifetimes to choose from, in order. There may be none.
func (t Tokens) dayChoices() []int {
	days := slices.Sorted(slices.Values(TokenDays))
	return slices.DeleteFunc(days, func(d int) bool { return time.Duration(d)*org.Day > t.Longest })
}

func (t Tokens) days() int {
	if t.Days > 0 {
		return t.Days
	}
	return TokenDays[0]
}

func (t Tokens) revoking() *org.Token {
	for i := range t.Tokens {
		if t.Tokens[i].ID == t.Revoke {
			return &t.Tokens[i]
		}
	}
	return nil
}

// tokenMaker returns the name of the account that created a token for this one, "" if it made the token itself.
func tokenMaker(t org.Token) string {
	if t.MadeBy != uuid.Nil && t.Maker == "" {
		return "someone whose account is gone"
	}
	return t.Maker
}

// tokenPlaces names the organizations that a token is for, "" for all.
func tokenPlaces(t org.Token) string {
	names := make([]string, len(t.Within))
	for i, p := range t.Within {
		names[i] = cmp.Or(p.Name, p.ID.String())
	}
	return strings.Join(names, ", ")
}

// shownPhrases is how many permissions of a token a list names.
const shownPhrases = 3

// tokenScopes says what a token may do, in the words of the catalog; whole has all its scopes.
func tokenScopes(c *rbac.Catalog, t org.Token) (text, whole string) {
	switch {
	case t.Limits.Decides:
		return "may only ask", org.ScopeDecide
	case t.Scopes == nil && t.Limits.Organizations != nil:
		return "everything its account may do there", ""
	case t.Scopes == nil:
		return "everything its account may do", ""
	case len(t.Scopes) == 0:
		return "nothing now", ""
	}
	var phrases []string
	for _, scope := range t.Scopes {
		resourceType, action, _ := strings.Cut(scope, ":")
		phrases = append(phrases, c.Phrase(rbac.Permission{ResourceType: resourceType, Action: action}))
	}
	if more := len(phrases) - shownPhrases; more > 1 {
		phrases = append(phrases[:shownPhrases], strconv.Itoa(more)+" more")
	}
	return "may " + strings.Join(phrases, ", "), strings.Join(t.Scopes, " ")
}

func lifeLabel(days int) string {
	if days == 365 {
		return "1 year"
	}
	return strconv.Itoa(days) + " days"
}
