package org

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
)

// A token is a public id and a secret of 131 random bits.
const (
	tokenIDLength     = 10
	tokenSecretLength = 22
	tokenAlphabet     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

const (
	defaultTokenLifetime = 30 * day
	tokenScopeAll        = "all"
)

type newKey struct{ id, secret string }

func newToken() newKey { return newKey{randomText(tokenIDLength), randomText(tokenSecretLength)} }

func (k newKey) String() string { return k.id + "-" + k.secret }

func (k newKey) row(owner uuid.UUID, name, loginType string, now time.Time, lifetime time.Duration) db.InsertAPIKeyParams {
	hash := sha256.Sum256([]byte(k.secret))
	return db.InsertAPIKeyParams{
		ID: k.id, UserID: owner, SecretHash: hash[:], Name: name, LoginType: loginType, Scope: tokenScopeAll,
		LifetimeSeconds: int64(lifetime / time.Second), Now: now, ExpiresAt: now.Add(lifetime),
	}
}

func randomText(n int) string {
	b := make([]byte, n)
	limit := big.NewInt(int64(len(tokenAlphabet)))
	for i := range b {
		v, _ := rand.Int(rand.Reader, limit) // never fails
		b[i] = tokenAlphabet[v.Int64()]
	}
	return string(b)
}

// splitToken takes a token apart. Unauthenticated: it is not one.
func splitToken(token string) (id, secret string, err error) {
	parts := strings.Split(token, "-")
	reason := ""
	switch {
	case len(parts) != 2:
		reason = fmt.Sprintf("expected two parts, got %d", len(parts))
	case len(parts[0]) != tokenIDLength:
		reason = fmt.Sprintf("the id must have %d characters, it has %d", tokenIDLength, len(parts[0]))
	case len(parts[1]) != tokenSecretLength:
		reason = fmt.Sprintf("the secret must have %d characters, it has %d", tokenSecretLength, len(parts[1]))
	default:
		return parts[0], parts[1], nil
	}
	return "", "", signedOut("Invalid API key format: " + reason)
}

// CreateToken makes an API token of an account and returns it whole, for the only time.
// Invalid: no such user, or what is wrong with the input. Forbidden: needs api_key:create on the account, and all
// that it holds. Conflict: the account has a token of that name.
func (s *Service) CreateToken(ctx context.Context, subject *Subject, user string, input Input[TokenInput]) (secret string, t Token, err error) {
	err = s.change(ctx, subject, "create", func(c *change) error {
		row, err := c.readableUser(ctx, c.by, user)
		if err != nil {
			return err
		}
		c.about("api_key", row.ID, row.Username, uuid.Nil)
		if !c.by.Can("create", keyObject(row.ID)) {
			return errForbidden()
		}
		if err := c.mayActOn(row.ID, whole); err != nil {
			return err
		}
		in, err := input.Read()
		if err != nil {
			return err
		}
		if err := s.checkToken(&in); err != nil {
			return err
		}
		n, err := c.q.CountAPIKeysNamed(ctx, db.CountAPIKeysNamedParams{UserID: row.ID, Name: in.Name})
		if err != nil {
			return err
		}
		if n > 0 {
			return &Error{Kind: Conflict, Message: fmt.Sprintf("A token with name %q already exists.", in.Name),
				Fields: []Field{{Field: "name", Detail: "This value is already in use and should be unique."}}}
		}
		key := newToken()
		k := key.row(row.ID, in.Name, "token", c.now, in.Lifetime)
		k.CreatedBy = c.maker(row.ID)
		c.written()
		c.entry.status = 201
		c.field("token_name", nil, in.Name)
		c.field("expires_at", nil, k.ExpiresAt)
		secret = key.String()
		t = Token{
			ID: k.ID, UserID: row.ID, Username: row.Username, Name: k.Name, Scope: k.Scope, LoginType: k.LoginType,
			CreatedAt: c.now, UpdatedAt: c.now, ExpiresAt: k.ExpiresAt, Lifetime: in.Lifetime, MadeBy: k.CreatedBy.UUID,
		}
		if k.CreatedBy.Valid {
			maker, err := c.q.GetUser(ctx, k.CreatedBy.UUID)
			if err != nil && !db.IsNotFound(err) {
				return err
			}
			t.Maker = maker.Username // "" if it is gone
		}
		return c.q.InsertAPIKey(ctx, k)
	})
	return secret, t, err
}

// checkToken fills in what the input leaves to us and finds everything wrong with the rest.
func (s *Service) checkToken(in *TokenInput) error {
	var bad problems
	switch {
	case in.Lifetime == 0:
		in.Lifetime = min(defaultTokenLifetime, s.maxTokenLifetime)
	case in.Lifetime < time.Second:
		bad.add("lifetime", "must be at least a second")
	case in.Lifetime > s.maxTokenLifetime:
		bad.add("lifetime", fmt.Sprintf("must be at most %d days", s.maxTokenLifetime/day))
	}
	if in.Name == "" {
		in.Name = "token-" + strings.ToLower(randomText(8))
	} else {
		bad.add("token_name", nameProblem(in.Name))
	}
	if limits := s.checkLimits(in); len(limits) > 0 {
		return &Error{Kind: Invalid, Message: "Failed to create API key.", Detail: limits[0].Detail, Fields: append(limits, bad...)}
	}
	return bad.err("Failed to validate create API key request.")
}

// Tokens is the API tokens of an account, without their secrets; of every account if all, for who may read those.
// Invalid: no such user. NotFound: needs api_key:read on the account, or on all.
func (s *Service) Tokens(ctx context.Context, subject *Subject, user string, all bool) ([]Token, error) {
	row, err := s.snapshot(subject).readableUser(ctx, subject, user)
	if err != nil {
		return nil, err
	}
	object, whose := keyObject(row.ID), db.ListAPIKeysParams{FromUser: row.ID, ToUser: row.ID}
	if all {
		object, whose = keyObject(uuid.Nil), db.ListAPIKeysParams{FromUser: uuid.Nil, ToUser: uuid.Max}
	}
	if !subject.Can("read", object) {
		return nil, errNotFound()
	}
	rows, err := s.db.ListAPIKeys(ctx, whose)
	if err != nil {
		return nil, err
	}
	tokens := make([]Token, len(rows))
	for i, r := range rows {
		tokens[i] = Token{
			ID: r.ID, UserID: r.UserID, Username: r.Username, Name: r.Name, Scope: r.Scope, LoginType: r.LoginType,
			CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, LastUsed: r.LastUsed.Time, ExpiresAt: r.ExpiresAt,
			Lifetime: time.Duration(r.LifetimeSeconds) * time.Second, MadeBy: r.CreatedBy.UUID, Maker: r.Maker,
		}
	}
	return tokens, nil
}

// DeleteToken revokes a token of an account. Invalid: no such user. NotFound: no such token of that account, or it may
// not be read. Forbidden: needs api_key:delete, and all that the account holds on the site.
func (s *Service) DeleteToken(ctx context.Context, subject *Subject, user, id string) error {
	return s.change(ctx, subject, "delete", func(c *change) error {
		row, err := c.readableUser(ctx, c.by, user)
		if err != nil {
			return err
		}
		key, err := c.q.GetAPIKeyOwner(ctx, id)
		if db.IsNotFound(err) || err == nil && (key.UserID != row.ID || !c.by.Can("read", keyObject(row.ID))) {
			return errNotFound()
		}
		if err != nil {
			return err
		}
		c.about("api_key", row.ID, row.Username, uuid.Nil)
		if !c.by.Can("delete", keyObject(row.ID)) {
			return errForbidden()
		}
		if err := c.mayActOn(row.ID, siteOnly); err != nil {
			return err
		}
		return c.revoke(id, key.Name)
	})
}

// revoke ends a token.
func (c *change) revoke(id, name string) error {
	c.written()
	c.entry.action, c.entry.status = "delete", 204
	c.field("token_name", name, nil)
	return c.q.DeleteAPIKey(c.ctx, id)
}
