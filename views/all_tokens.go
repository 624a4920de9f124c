package views

import (
	"net/url"
	"strconv"
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// AllTokensPath is the path of the list of the API tokens of all accounts.
const AllTokensPath = "/tokens"

// TokensURL returns the list of the API tokens of an account; POST makes one.
func TokensURL(user string) string { return UserURL(user) + "/keys/tokens" }

// AllTokens is a page of the API tokens of all accounts.
type AllTokens struct {
	Tokens        []org.Token
	Total         int
	Limit, Offset int
	Kind          org.TokenKind
	Catalog       *rbac.Catalog
	LinkAudit     bool // the caller may read the trail of the site
	Now           time.Time
}

// tokenKinds are the tabs of the list, each with the text for an empty list.
var tokenKinds = []struct {
	kind         org.TokenKind
	label, about string
}{
	{"", "All", "No one has an API token."},
	{org.TokensUnlimited, "No limit", "Every token is limited to some permissions or organizations, or may only ask."},
	{org.TokensUnused, "Unused for 90 days", "Every token was used or made in the last 90 days."},
	{org.TokensEnding, "Ending soon", "No token ends in the next 30 days."},
}

// AllTokensURL returns a page of the list of all tokens.
func AllTokensURL(kind org.TokenKind, offset int) string {
	q := url.Values{}
	if kind != "" {
		q.Set("kind", string(kind))
	}
	if offset > 0 {
		q.Set("offset", strconv.Itoa(offset))
	}
	return ui.URL(AllTokensPath, q)
}

func (a AllTokens) paging() ui.Paging {
	return ui.Paging{List: AllTokensURL(a.Kind, 0), Limit: a.Limit, Offset: a.Offset, Shown: len(a.Tokens), Count: a.Total}
}

func (a AllTokens) about() string {
	for _, k := range tokenKinds {
		if k.kind == a.Kind && a.Offset == 0 {
			return k.about
		}
	}
	return "The list ends before this page."
}
