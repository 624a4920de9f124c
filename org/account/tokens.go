package account

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
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// A token is a public id and a secret of 131 random bits.
const (
	tokenIDLength     = 10
	tokenSecretLength = 22
	tokenAlphabet     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

const (
	defaultTokenLifetime = 30 * org.Day
	decideLifetime       = 365 * org.Day // of a token that may only ask, unless another is asked for
	tokenScopeAll        = "all"
)

// newKey is a token that has just been made. Its secret exists only here.
type newKey struct{ id, secret string }

func newToken() newKey { return newKey{randomText(tokenIDLength), randomText(tokenSecretLength)} }

func (k newKey) String() string { return k.id + "-" + k.secret }

// row returns what is stored of it: not the secret, only its hash (A1 in SECURITY.md).
func (k newKey) row(owner uuid.UUID, name, loginType string, now time.Time, lifetime time.Duration) db.InsertAPIKeyParams {
	hash := sha256.Sum256([]byte(k.secret))
	return db.InsertAPIKeyParams{
		ID: k.id, UserID: owner, SecretHash: hash[:], Name: name, LoginType: loginType, Scope: tokenScopeAll,
		LifetimeSeconds: int64(lifetime / time.Second), Now: now, ExpiresAt: now.Add(lifetime),
	}
}

// randomText draws each character evenly. A random byte modulo 62 would favour some, and the secret would have fewer bits.
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
	return "", "", org.ErrSignedOut("Invalid API key format: " + reason)
}

// CreateToken makes an API token of an account. Only this call ever returns the whole token.
// Invalid: no such user, or what is wrong with the input. Forbidden: needs api_key:create on the account, and all
// that it holds. Conflict: the account has a token of that name.
func (s *Service) CreateToken(ctx context.Context, subject *org.Actor, user string, input org.Input[org.TokenInput]) (secret string, t org.Token, err error) {
	defer org.Wrap(&err, "create token of %q", user)
	made, _, err := unit.Do(ctx, s.units, subject, unit.OnSite, "create", createToken{user, input, s.maxTokenLifetime}, planToken, applyToken)
	return made.secret, made.token, err
}

// createToken asks to make an API token of an account.
type createToken struct {
	user        string
	input       org.Input[org.TokenInput]
	maxLifetime time.Duration
}

// madeToken is a token that is about to be stored, and the same token as it is shown.
type madeToken struct {
	secret string
	token  org.Token
	row    db.InsertAPIKeyParams
}

// planToken checks the right and R1 before it reads the input (docs/spec/refusals.md), and the name last.
func planToken(ctx context.Context, a *unit.Attempt, in createToken) (m madeToken, err error) {
	row, err := a.ReadableUser(ctx, a.Actor, in.user)
	if err != nil {
		return m, err
	}
	a.About("api_key", row.ID, row.Username, uuid.Nil)
	if !a.Actor.Can("create", org.KeyObject(row.ID)) {
		return m, org.ErrForbidden()
	}
	if err := a.MayActOn(ctx, row.ID, unit.Whole); err != nil {
		return m, err
	}
	input, err := in.input.Read()
	if err != nil {
		return m, err
	}
	limits, err := checkToken(a.Catalog(), &input, in.maxLifetime)
	if err != nil {
		return m, err
	}
	places, err := bound(ctx, a.Reader, a.Actor, input.Organizations)
	if err != nil {
		return m, err
	}
	for _, p := range places {
		limits.limits.Organizations = append(limits.limits.Organizations, p.ID)
	}
	if more := a.Actor.Wider(limits.limits); more != "" {
		return m, &org.Error{Kind: org.Forbidden, Message: "Forbidden.", Detail: "This token has limits, and makes no token that reaches more: " + more + "."}
	}
	n, err := a.Q.CountAPIKeysNamed(ctx, db.CountAPIKeysNamedParams{UserID: row.ID, Name: input.Name})
	if err != nil {
		return m, err
	}
	if n > 0 {
		return m, &org.Error{Kind: org.Conflict, Message: fmt.Sprintf("A token with name %q already exists.", input.Name),
			Fields: []org.Field{{Field: "name", Detail: "This value is already in use and should be unique."}}}
	}
	key := newToken()
	m.secret, m.row = key.String(), key.row(row.ID, input.Name, unit.LoginToken, a.Now, input.Lifetime)
	m.row.CreatedBy, m.row.AllowList = a.Maker(row.ID), strings.Join(limits.allowList, " ")
	if err := store(&m.row, limits.limits); err != nil {
		return m, err
	}
	m.token = org.Token{
		Limits: limits.limits, Scopes: unit.ScopesOf(limits.limits, limits.limits.Pairs), AllowList: limits.allowList, Within: places,
		ID: key.id, UserID: row.ID, Username: row.Username, Name: m.row.Name, Scope: m.row.Scope, LoginType: m.row.LoginType,
		CreatedAt: a.Now, UpdatedAt: a.Now, ExpiresAt: m.row.ExpiresAt, Lifetime: input.Lifetime, MadeBy: m.row.CreatedBy.UUID,
	}
	if !m.row.CreatedBy.Valid {
		return m, nil
	}
	maker, err := a.Q.GetUser(ctx, m.row.CreatedBy.UUID)
	if err != nil && !db.IsNotFound(err) {
		return m, err
	}
	m.token.Maker = maker.Username // "" if it is gone
	return m, nil
}

func applyToken(ctx context.Context, w *unit.Writer, m madeToken) (madeToken, error) {
	w.Status = 201
	w.Field("token_name", nil, m.row.Name)
	w.Field("token_id", nil, m.row.ID)
	w.Field("expires_at", nil, m.row.ExpiresAt)
	if m.token.Scopes != nil {
		w.Field("scopes", nil, m.token.Scopes)
	}
	if len(m.token.Within) > 0 {
		var names []string
		for _, p := range m.token.Within {
			names = append(names, p.Name)
		}
		w.Field("organizations", nil, names)
		w.Field("organization_ids", nil, strings.Fields(m.row.Organizations))
	}
	return m, w.W.InsertAPIKey(ctx, m.row)
}

// checkToken fills in what the input leaves out, reads the limits, and finds everything that is wrong.
func checkToken(catalog *rbac.Catalog, in *org.TokenInput, longest time.Duration) (asked, error) {
	var bad org.FieldErrors
	switch {
	case in.Lifetime == 0 && in.Decides():
		in.Lifetime = min(decideLifetime, longest)
	case in.Lifetime == 0:
		in.Lifetime = min(defaultTokenLifetime, longest)
	case in.Lifetime < time.Second:
		bad.Add("lifetime", "must be at least a second")
	case in.Lifetime > longest:
		bad.Add("lifetime", "must be at most "+inDays(longest))
	}
	if in.Name == "" {
		in.Name = "token-" + strings.ToLower(randomText(8))
	} else {
		bad.Add("token_name", org.AddressProblem(in.Name, org.ReservedTokenNames))
	}
	limits, wrong := readLimits(catalog, in)
	if len(wrong) > 0 {
		return limits, &org.Error{Kind: org.Invalid, Message: scopesFailed, Detail: wrong[0].Detail, Fields: append(wrong, bad...)}
	}
	return limits, bad.Err("Failed to validate create API key request.")
}

// inDays writes a duration in days, or in the units of Go if it is no whole number of days.
func inDays(d time.Duration) string {
	if d%org.Day != 0 {
		return d.String()
	}
	return fmt.Sprintf("%d days", d/org.Day)
}

// Tokens lists the API tokens of an account that a filter selects, without their secrets.
// Invalid: no such user. NotFound: needs api_key:read on the account.
func (s *Service) Tokens(ctx context.Context, subject *org.Actor, user string, f org.TokenFilter) (_ []org.Token, err error) {
	defer org.Wrap(&err, "list tokens of %q", user)
	row, err := s.units.AccountNow(ctx, subject, user)
	if err != nil {
		return nil, err
	}
	whose := db.ListAPIKeysParams{UserID: row.ID}
	if !f.Ended {
		whose.After = s.units.Now()
	}
	if !subject.Can("read", org.KeyObject(row.ID)) {
		return nil, org.ErrNotFound()
	}
	rows, err := s.units.DB.ListAPIKeys(ctx, whose)
	if err != nil {
		return nil, err
	}
	tokens, now := []org.Token{}, s.units.Now()
	for _, r := range rows {
		t, err := s.units.Snapshot(subject).Token(ctx, subject, db.FindAPIKeyRow(r))
		if err != nil {
			return nil, err
		}
		if f.Kind.Has(&t, now) {
			tokens = append(tokens, t)
		}
	}
	return tokens, nil
}

// DeleteToken revokes a token of an account. Invalid: no such user. NotFound: the account has no such token, or the caller may
// not read it. Forbidden: needs api_key:delete, and all that the account holds on the site.
func (s *Service) DeleteToken(ctx context.Context, subject *org.Actor, user, id string) (err error) {
	defer org.Wrap(&err, "delete token %q of %q", id, user)
	_, _, err = unit.Do(ctx, s.units, subject, unit.OnSite, "delete", keyCommand{user: user, id: id}, planRevocation, applyRevocation)
	return err
}

// planRevocation returns the token to revoke.
// It compares only what is held on the site, since revoking takes power away (R1 in docs/spec/roles.md).
func planRevocation(ctx context.Context, a *unit.Attempt, in keyCommand) (key revoked, err error) {
	row, err := a.ReadableUser(ctx, a.Actor, in.user)
	if err != nil {
		return key, err
	}
	stored, err := a.Q.GetAPIKeyOwner(ctx, in.id)
	if db.IsNotFound(err) || err == nil && (stored.UserID != row.ID || !a.Actor.Can("read", org.KeyObject(row.ID))) {
		return key, org.ErrNotFound()
	}
	if err != nil {
		return key, err
	}
	a.About("api_key", row.ID, row.Username, uuid.Nil)
	if !a.Actor.Can("delete", org.KeyObject(row.ID)) {
		return key, org.ErrForbidden()
	}
	return revoked{in.id, stored.Name}, a.MayActOn(ctx, row.ID, unit.SiteOnly)
}

// revoked is a token that ends.
type revoked struct{ id, name string }

func applyRevocation(ctx context.Context, w *unit.Writer, key revoked) (none struct{}, err error) {
	return none, w.Revoke(ctx, key.id, key.name)
}
