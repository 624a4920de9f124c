package web

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/rbac/snapshot"
)

// How long a token of rights is valid, in seconds: user interfaces may be that much out of date.
const (
	defaultRightsTTL = 60
	maxRightsTTL     = 300
)

// maxAudience bounds the length of the audience of a token: a name or a URL.
const maxAudience = 256

// rightsCost returns the cost of rights in decisions: that of a list with a row for each pair.
func rightsCost(pairs int) int { return 1 + pairs/rowsADecision }

// showRights returns all that a person may do in an organization, as a short text and as a token.
func (s *Server) showRights(c *call) (reply, error) {
	q := c.query()
	ttl := q.count("ttl")
	if q.text("ttl") == "" {
		ttl = defaultRightsTTL
	} else if ttl < 1 || ttl > maxRightsTTL {
		q.addError("ttl", "must be a number of seconds from 1 to "+strconv.Itoa(maxRightsTTL))
	}
	audience := q.text("audience")
	if len(audience) > maxAudience {
		q.addError("audience", "must have at most "+strconv.Itoa(maxAudience)+" bytes")
	}
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	if err := c.spendDecisions(rightsCost(c.catalog().Pairs())); err != nil {
		return reply{}, err
	}
	found, err := s.insight.Rights(c.ctx, c.actor, c.organization(), c.user())
	if err != nil {
		return reply{}, err
	}
	n := len(found.Anybodys) + len(found.Own)
	c.decided(n, max(0, 2*c.catalog().Pairs()-n))
	now := s.Service.Signing.Now()
	answer := client.RightsAnswer{Rights: rightsBits(&found), ExpiresAt: now.Add(time.Duration(ttl) * time.Second).Truncate(time.Second)}
	if end := found.Until; !end.IsZero() && end.Before(answer.ExpiresAt) {
		answer.ExpiresAt = end.Truncate(time.Second) // after that its content may be wrong
	}
	kid, key, err := s.Service.Signing.Current(c.ctx)
	if err != nil {
		return reply{}, err
	}
	answer.Token, err = signed(kid, key, client.RightsClaims{
		Issuer: c.issuer(), Subject: found.User, Organization: found.Place.Organization, Audience: audience,
		IssuedAt: now.Unix(), ExpiresAt: answer.ExpiresAt.Unix(), Revision: found.Place.Revision, Rights: answer.Rights,
	})
	return reply{json: answer, noStore: true}, err
}

// rightsBits writes rights in the form that client.ReadRights reads.
func rightsBits(r *org.Rights) string {
	text := strconv.FormatInt(r.Catalog, 10)
	for _, pairs := range [][]int{r.Anybodys, r.Own} {
		var words []uint64
		for _, n := range pairs {
			for len(words) <= n>>6 {
				words = append(words, 0)
			}
			words[n>>6] |= 1 << (n & 63)
		}
		text += "." + base64.RawURLEncoding.EncodeToString(snapshot.BitsOf(words))
	}
	return text
}

// signed makes a JWS with these claims (RFC 7515).
func signed(kid string, key ed25519.PrivateKey, claims client.RightsClaims) (string, error) {
	header, err := json.Marshal(map[string]string{"alg": "EdDSA", "typ": client.RightsType, "kid": kid})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode(header) + "." + encode(payload)
	return text + "." + encode(ed25519.Sign(key, []byte(text))), nil
}

// keysAge is how long clients may cache the keys: less than the time before a new key signs.
const keysAge = "public, max-age=300"

// showKeys returns the public keys that verify the signatures of this server.
func (s *Server) showKeys(c *call) (reply, error) {
	keys, err := s.Service.Signing.Public(c.ctx)
	if err != nil {
		return reply{}, err
	}
	set := snapshot.JWKS{Keys: []snapshot.JWK{}}
	for _, k := range keys {
		set.Keys = append(set.Keys, snapshot.JWKOf(k.ID, k.Public))
	}
	c.header("Cache-Control", keysAge)
	return reply{json: set}, nil
}
