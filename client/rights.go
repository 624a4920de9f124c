package client

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/rbac/snapshot"
)

// RightsAnswer is all that a person may do in an organization, to show or hide buttons. A write is guarded by a check.
type RightsAnswer struct {
	Rights    string    `json:"rights"` // for [ReadRights]
	ExpiresAt time.Time `json:"expires_at"`
	Token     string    `json:"token"` // for [VerifyRights]
}

// RightsQuery says what a rights token is for. Its zero value is one of 60 seconds without an audience.
type RightsQuery struct {
	TTL      time.Duration // in whole seconds, 5 minutes at most; 0: the server's default
	Audience string        // who is to read the token
}

// Rights returns what a person may do in an organization. Both are given by name or id. The status is 404 if the person is
// unknown or suspended, or if the caller may not ask about them.
func (c *Client) Rights(ctx context.Context, organization, user string, q RightsQuery, opts ...Option) (RightsAnswer, error) {
	v := url.Values{}
	if q.TTL != 0 {
		v.Set("ttl", strconv.FormatInt(int64(q.TTL/time.Second), 10))
	}
	if q.Audience != "" {
		v.Set("audience", q.Audience)
	}
	return fetch[RightsAnswer](ctx, c, get("organizations", organization, "members", user, "rights").with(v), opts...)
}

// Rights is what one person may do in one organization, as of one moment.
type Rights struct {
	numbers  map[string]int
	any, own snapshot.Bits
}

// ErrRights is returned for malformed rights, rights of another version of the catalog, and rights tokens that are not valid.
var ErrRights = errors.New("client: no rights")

// ReadRights reads rights with the catalog of the version that they were made under. With another version it returns an error
// that is [ErrRights]: the program has to fetch that catalog.
func ReadRights(text string, catalog *Catalog) (Rights, error) {
	version, anybodys, ok := strings.Cut(text, ".")
	anybodys, own, both := strings.Cut(anybodys, ".")
	if !ok || !both {
		return Rights{}, fmt.Errorf("%w: a text of three parts is needed", ErrRights)
	}
	if version != strconv.FormatInt(catalog.Version, 10) {
		return Rights{}, fmt.Errorf("%w: they belong to version %q of the catalog, and not to %d", ErrRights, version, catalog.Version)
	}
	r := Rights{numbers: catalog.numbers()}
	for _, part := range []struct {
		text string
		bits *snapshot.Bits
	}{{anybodys, &r.any}, {own, &r.own}} {
		b, err := base64.RawURLEncoding.Strict().DecodeString(part.text)
		if err != nil {
			return Rights{}, fmt.Errorf("%w: %w", ErrRights, err)
		}
		*part.bits = b
	}
	return r, nil
}

// numbers returns the numbers of the pairs by their names. Old names work as long as the catalog lists them, unless another pair
// has such a name today.
func (c *Catalog) numbers() map[string]int {
	numbers, types, shared := map[string]int{}, map[string]bool{}, map[string][]string{}
	for _, a := range c.Actions {
		shared[a.Name] = a.RenamedFrom
	}
	for _, t := range c.Types {
		types[t.Name] = true
		for _, a := range t.Actions {
			numbers[t.Name+":"+a.Name] = a.Number
		}
	}
	for _, t := range c.Types {
		for _, name := range append([]string{t.Name}, t.RenamedFrom...) {
			if name != t.Name && types[name] {
				continue
			}
			for _, a := range t.Actions {
				for _, action := range slices.Concat([]string{a.Name}, a.RenamedFrom, shared[a.Name]) {
					if _, taken := numbers[name+":"+action]; !taken {
						numbers[name+":"+action] = a.Number
					}
				}
			}
		}
	}
	return numbers
}

// Has reports whether the person has a permission like "invoice:void": on objects of anyone or, with own set, on the person's
// own ones. The answer for an unknown permission is no.
func (r Rights) Has(permission string, own bool) bool {
	pair, ok := r.numbers[permission]
	if own {
		return ok && r.own.Has(pair)
	}
	return ok && r.any.Has(pair)
}

// RightsType is the type of a rights token.
const RightsType = "rolecall-rights+jwt"

// RightsClaims is what a rights token says. Times are in seconds since 1970.
type RightsClaims struct {
	Issuer       string    `json:"iss"` // the access URL of the server
	Subject      uuid.UUID `json:"sub"` // the person
	Organization uuid.UUID `json:"org"`
	Audience     string    `json:"aud,omitempty"`
	IssuedAt     int64     `json:"iat"`
	ExpiresAt    int64     `json:"exp"`
	Revision     int64     `json:"rev"` // of the organization, at which this was so
	Rights       string    `json:"rights"`
}

// Expected is what a reader expects of a rights token.
type Expected struct {
	Issuer       string    // needed
	Audience     string    // "": a token with an audience is refused
	Organization uuid.UUID // uuid.Nil: any
	Now          time.Time // zero: now
}

// rightsLeeway is how far clocks may differ.
const rightsLeeway = 5 * time.Second

// maxRightsToken is how long a rights token may be, in bytes.
const maxRightsToken = 16 << 10

// VerifyRights reads a rights token. The error is [ErrRights] unless the server signed it with one of the keys, it is as
// expected, and it is still valid. It accepts only Ed25519, whatever the token says.
func VerifyRights(token string, keys snapshot.Keyring, expected Expected) (c RightsClaims, err error) {
	refuse := func(why string) (RightsClaims, error) {
		return RightsClaims{}, fmt.Errorf("%w: the token %s", ErrRights, why)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > maxRightsToken {
		return refuse("is none")
	}
	var header struct {
		Algorithm string   `json:"alg"`
		Type      string   `json:"typ"`
		Key       string   `json:"kid"`
		Critical  []string `json:"crit"`
	}
	if err := readPart(parts[0], &header); err != nil {
		return refuse("can not be read")
	}
	if header.Algorithm != "EdDSA" && header.Algorithm != "Ed25519" || header.Type != RightsType || header.Critical != nil {
		return refuse("is of another kind")
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return refuse("can not be read")
	}
	key, ok := keys.Key(header.Key)
	if !ok || !ed25519.Verify(key, []byte(parts[0]+"."+parts[1]), signature) {
		return refuse("was not signed by the server")
	}
	if err := readPart(parts[1], &c); err != nil {
		return refuse("can not be read")
	}
	return c, c.check(expected)
}

// check compares claims that the server signed with what is expected.
func (c *RightsClaims) check(expected Expected) error {
	now := expected.Now
	if now.IsZero() {
		now = time.Now()
	}
	why := ""
	switch {
	case c.Issuer != expected.Issuer:
		why = fmt.Sprintf("is from %q", c.Issuer)
	case c.Audience != expected.Audience:
		why = "is for another reader"
	case expected.Organization != uuid.Nil && c.Organization != expected.Organization:
		why = "is of another organization"
	case now.After(time.Unix(c.ExpiresAt, 0).Add(rightsLeeway)), now.Before(time.Unix(c.IssuedAt, 0).Add(-rightsLeeway)):
		why = "is over"
	default:
		return nil
	}
	*c = RightsClaims{}
	return fmt.Errorf("%w: the token %s", ErrRights, why)
}

func readPart(part string, v any) error {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}
