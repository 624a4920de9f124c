package account

import (
	"strings"
	"testing"

	"rolecall.example/org"
)

// FuzzToken: what is taken for a token is one to the letter.
func FuzzToken(f *testing.F) {
	for _, seed := range []string{"", "-", newToken().String(), "0123456789-0123456789012345678901", "0123456789-012345678901234567890", "a-b-c", "0123456789\x000123456789012345678901", "é123456789-0123456789012345678901"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		id, secret, err := splitToken(token)
		if err == nil && (id+"-"+secret != token || len(id) != tokenIDLength || len(secret) != tokenSecretLength) {
			t.Errorf("%q was taken for %q and %q", token, id, secret)
		}
		if err != nil && (id != "" || secret != "" || org.KindOf(err) != org.Unauthenticated || len(token) > 8 && strings.Contains(err.Error(), token)) {
			t.Errorf("%q: %q, %q, %v", token, id, secret, err)
		}
	})
}

// FuzzHash: a stored hash that was damaged lets nobody in, and takes nobody down.
func FuzzHash(f *testing.F) {
	h := newHashing(defaultHashCost)
	for _, seed := range []string{"", h.dummy.String(), "$argon2id$v=19$m=4294967296,t=2,p=1$AA$AA", "$argon2id$v=19$m=-1,t=0x2,p= 1$AA$AA", "$argon2id$v=19$m=19456,t=2,p=1$AA$AA", "$$$$$", "plain", "$argon2id$v=19$m=19456,t=2,p=1$$"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, stored string) {
		p, err := parseHash(stored)
		if err == nil && (len(p.salt) < saltBytes || len(p.key) != hashBytes || !readable(p.cost) || p.String() != stored) {
			t.Errorf("%q is taken as %+v", stored, p)
		}
	})
}
