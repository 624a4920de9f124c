package signing

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

// ReadFile reads keys from a file in PEM: the first is a private key (PRIVATE KEY, PKCS #8) and signs; more of them, or
// public ones (PUBLIC KEY), are published too: the next one before it signs, and the last one for a day after that.
func ReadFile(path string) ([]Key, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var keys []Key
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		k, err := parse(block)
		if err != nil {
			return nil, fmt.Errorf("%s: key %d: %w", path, len(keys)+1, err)
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 || keys[0].Private == nil {
		return nil, fmt.Errorf("%s: the first key must be a private one in PEM, as of openssl genpkey -algorithm ed25519", path)
	}
	return keys, nil
}

var errNotEd25519 = errors.New("it is no key of Ed25519")

func parse(block *pem.Block) (k Key, err error) {
	var parsed any
	switch block.Type {
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "PUBLIC KEY":
		parsed, err = x509.ParsePKIXPublicKey(block.Bytes)
	default:
		return k, fmt.Errorf("%q is neither PRIVATE KEY nor PUBLIC KEY", block.Type)
	}
	if err != nil {
		return k, err
	}
	switch key := parsed.(type) {
	case ed25519.PrivateKey:
		k.Private, k.Public = key, key.Public().(ed25519.PublicKey)
	case ed25519.PublicKey:
		k.Public = key
	default:
		return k, errNotEd25519
	}
	k.ID = Thumbprint(k.Public)
	return k, nil
}
