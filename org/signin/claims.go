package signin

import (
	"encoding/json"
	"slices"
	"strings"

	"rolecall.example/org"
)

// lookUp finds a claim by its exact name, or else by following the dots in the name.
func lookUp(claims map[string]any, name string) (any, bool) {
	if v, ok := claims[name]; ok {
		return v, true
	}
	first, rest, dotted := strings.Cut(name, ".")
	if !dotted {
		return nil, false
	}
	inner, ok := claims[first].(map[string]any)
	if !ok {
		return nil, false
	}
	return lookUp(inner, rest)
}

// textOf returns a claim that is a single text, "" if it is anything else.
func textOf(claims map[string]any, name string) string {
	v, _ := lookUp(claims, name)
	text, _ := v.(string)
	return strings.TrimSpace(text)
}

// valuesOf returns the values of a claim: those of a list, the text itself or its parts, the keys of an object, a number or a
// boolean as text.
func valuesOf(claims map[string]any, name, separator string) (values []string) {
	v, _ := lookUp(claims, name)
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			if text, ok := one.(string); ok {
				values = append(values, text)
			}
		}
	case map[string]any:
		for key := range v {
			values = append(values, key)
		}
	case string:
		values = []string{v}
		if separator != "" {
			values = strings.Split(v, separator)
		}
	case json.Number:
		values = []string{v.String()}
	case bool:
		values = []string{"false"}
		if v {
			values = []string{"true"}
		}
	}
	return values
}

// address returns the e-mail address that a provider states, and whether it may be relied on. Only the boolean true counts: other
// software lets accounts be taken over by a text or a number that looks like it. The claim is only about the standard claim.
func address(p *org.Provider, claims map[string]any) (email string, sure bool) {
	email = textOf(claims, p.EmailClaim)
	if email == "" || org.EmailProblem(email) != "" {
		return "", false
	}
	verified, _ := claims["email_verified"].(bool)
	return email, p.TrustEmail || verified && p.EmailClaim == "email"
}

// meets reports whether a person may use this site at all, given what the provider says about them. An unverified address counts
// as in no domain.
func meets(p *org.Provider, claims map[string]any) bool {
	if r := p.Require; r != nil {
		values := valuesOf(claims, r.Claim, p.Separator)
		if !slices.ContainsFunc(values, func(v string) bool { return slices.Contains(r.Values, strings.TrimSpace(v)) }) {
			return false
		}
	}
	if len(p.EmailDomains) == 0 {
		return true
	}
	email, sure := address(p, claims)
	domain := email[strings.LastIndexByte(email, '@')+1:]
	return sure && isASCII(domain) && slices.Contains(p.EmailDomains, strings.ToLower(domain))
}

// sameAddress reports whether an address that a provider states is the stored one. Only ASCII letters are folded: other letters
// fold to some of them.
func sameAddress(stored, stated string) bool {
	return stored == stated || isASCII(stored) && isASCII(stated) && strings.EqualFold(stored, stated)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}

// protocol lists the claims that are about the token and not about the person, and those that are secret.
var protocol = []string{
	"iss", "sub", "aud", "exp", "iat", "nbf", "azp", "nonce", "at_hash", "c_hash", "s_hash", "sid", "acr", "amr", "auth_time", "jti", "typ",
	"session_state", "_claim_sources",
}

const maxClaims = 16 << 10

// storedClaims returns the claims as they are stored: an object, or an array of their names if they are too long.
func storedClaims(claims map[string]any) (string, error) {
	kept, names := map[string]any{}, []string{}
	for name, v := range claims {
		if !slices.Contains(protocol, name) {
			kept[name] = v
			names = append(names, name)
		}
	}
	text, err := json.Marshal(kept)
	if err != nil || len(text) <= maxClaims {
		return string(text), err
	}
	slices.Sort(names)
	text, err = json.Marshal(names)
	if err != nil || len(text) > maxClaims {
		return "[]", err
	}
	return string(text), nil
}
