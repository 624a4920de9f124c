package unit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// LoginToken is the login type of an API token. That of what a program signed in with is "password".
const LoginToken = "token"

// Token returns a key as callers see it. A key that a program signed in with has no name of its own.
func (s Reader) Token(ctx context.Context, by *org.Actor, r db.FindAPIKeyRow) (t org.Token, err error) {
	t = org.Token{
		ID: r.ID, UserID: r.UserID, Username: r.Username, Name: r.Name, Scope: r.Scope, LoginType: r.LoginType,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, LastUsed: r.LastUsed.Time, ExpiresAt: r.ExpiresAt,
		Lifetime: time.Duration(r.LifetimeSeconds) * time.Second, MadeBy: r.CreatedBy.UUID, Maker: r.Maker,
	}
	if r.LoginType != LoginToken {
		t.Name = ""
	}
	if t.Limits, err = LimitsOf(r.Scopes, r.Organizations, r.Catalog); err != nil {
		return t, err
	}
	for _, id := range t.Limits.Organizations {
		t.Within = append(t.Within, org.TokenPlace{ID: id})
	}
	now, err := s.ScopesNow(ctx, by, t.Limits)
	if err != nil {
		return t, err
	}
	t.Scopes = ScopesOf(t.Limits, now)
	if r.AllowList == "" {
		return t, nil
	}
	allowed, err := LimitsOf(r.AllowList, "", r.Catalog)
	if err != nil {
		return t, err
	}
	now, err = s.ScopesNow(ctx, by, allowed)
	t.AllowList = org.ScopeNames(now)
	return t, err
}

// ScopesOf returns the scopes of limits whose pairs are now these; nil: every permission.
func ScopesOf(l org.Limits, now []rbac.Permission) []string {
	switch {
	case l.Decides:
		return []string{org.ScopeDecide}
	case l.Pairs == nil:
		return nil
	}
	return org.ScopeNames(now)
}

// LimitsOf reads the stored limits of a token. It fails on what this version does not know: a token must not do more than was
// asked for because an older server reads it.
func LimitsOf(scopes, organizations string, catalog int64) (l org.Limits, err error) {
	for scope := range strings.FieldsSeq(scopes) {
		resourceType, action, pair := strings.Cut(scope, ":")
		switch {
		case scope == org.ScopeDecide:
			l.Decides = true
		case pair && catalog > 0 && resourceType != rbac.Wildcard:
			l.Pairs = append(l.Pairs, rbac.Permission{ResourceType: resourceType, Action: action})
		default:
			return l, fmt.Errorf("unknown scope %q of a stored token", scope)
		}
	}
	if l.Decides && l.Pairs != nil || !l.Decides && l.Pairs == nil && catalog != 0 {
		return l, fmt.Errorf("unknown scopes %q of a stored token", scopes)
	}
	for text := range strings.FieldsSeq(organizations) {
		id, err := uuid.Parse(text)
		if err != nil {
			return l, fmt.Errorf("organizations of a stored token: %w", err)
		}
		l.Organizations = append(l.Organizations, id)
	}
	l.Catalog = catalog
	return l, nil
}
