package snapshot

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// Keyring knows the keys of a server.
type Keyring interface {
	// Key returns the public key with this id, and false if it is unknown or no longer accepted.
	Key(kid string) (ed25519.PublicKey, bool)
}

// KeySet is a fixed set of keys by id.
type KeySet map[string]ed25519.PublicKey

// Key returns the key with this id.
func (s KeySet) Key(kid string) (ed25519.PublicKey, bool) {
	k, ok := s[kid]
	return k, ok && len(k) == ed25519.PublicKeySize
}

// JWK is a public key as /.well-known/rolecall-keys has it.
type JWK struct {
	KeyType   string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"` // base64url without padding
	ID        string `json:"kid"`
	Algorithm string `json:"alg,omitempty"`
	Use       string `json:"use,omitempty"`
}

// JWKS is a set of public keys.
type JWKS struct {
	Keys []JWK `json:"keys"`
}

// JWKOf returns the public form of a key.
func JWKOf(kid string, key ed25519.PublicKey) JWK {
	return JWK{KeyType: "OKP", Curve: "Ed25519", X: base64.RawURLEncoding.EncodeToString(key), ID: kid, Algorithm: "EdDSA", Use: "sig"}
}

// Set returns the keys that documents may be signed with: those of Ed25519. It leaves out all others.
func (s JWKS) Set() KeySet {
	set := KeySet{}
	for _, k := range s.Keys {
		if k.KeyType != "OKP" || k.Curve != "Ed25519" || k.Algorithm != "" && k.Algorithm != "EdDSA" && k.Algorithm != "Ed25519" || k.Use != "" && k.Use != "sig" {
			continue
		}
		if x, err := base64.RawURLEncoding.DecodeString(k.X); err == nil && len(x) == ed25519.PublicKeySize {
			set[k.ID] = x
		}
	}
	return set
}

// ParseJWKS reads a set of keys.
func ParseJWKS(data []byte) (KeySet, error) {
	var s JWKS
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("snapshot: keys: %w", err)
	}
	return s.Set(), nil
}
