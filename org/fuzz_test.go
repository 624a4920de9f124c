package org

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzSearch: a query never finds a key that is not on the list, nor one twice without saying so.
func FuzzSearch(f *testing.F) {
	for _, seed := range []string{"", "anna", "username:anna", `search:"a b" status:active`, "a:b:c", ":", "::", `"`, `""""`, "username:a username:b", "date_from:2026-01-01", "\x00:\xff", "İ:ſ", "last_seen_before:2026-01-01T00:00:00Z"} {
		f.Add(seed)
	}
	keys := []string{"search", "username", "status", "date_from"}
	f.Fuzz(func(t *testing.T, query string) {
		q := parseSearch(query, "search", keys...)
		for key, values := range q.terms {
			if !slices.Contains(keys, key) {
				t.Errorf("%q has the key %q", query, key)
			}
			if len(values) > 1 && len(q.bad) == 0 {
				t.Errorf("%q has %q %d times, and nothing is said", query, key, len(values))
			}
			for _, v := range values {
				if strings.Contains(v, `"`) {
					t.Errorf("%q has the value %q", query, v)
				}
			}
		}
		q.one("search")
		q.id("username")
		q.date("date_from")
		if len(strings.Fields(query)) > 0 && len(q.terms) == 0 && len(q.bad) == 0 {
			t.Errorf("%q was dropped", query)
		}
	})
}

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
		if err != nil && (id != "" || secret != "" || KindOf(err) != Unauthenticated || len(token) > 8 && strings.Contains(err.Error(), token)) {
			t.Errorf("%q: %q, %q, %v", token, id, secret, err)
		}
	})
}

// FuzzNames: a name that is taken stands in a path, a line and a list without more ado.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"anna", "Anna-2", "a--b", "-a", "me", "ME", "nеw", "ＯＷＮＥＲ", "owner\u200b", "7c60d51f-b44e-4682-87d6-449835ea4de6", "..", "%2e", "a b", "a\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if addressProblem(name, reservedUsernames) != "" {
			return
		}
		for _, r := range name {
			if r >= utf8.RuneSelf || !strings.ContainsRune("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", r) {
				t.Errorf("%q is taken", name)
			}
		}
		if slices.Contains(reservedUsernames, strings.ToLower(name)) || len(name) > maxName {
			t.Errorf("%q is taken", name)
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
		if err == nil && (len(p.salt) < saltBytes || len(p.key) != hashBytes || !p.cost.readable() || p.String() != stored) {
			t.Errorf("%q is taken as %+v", stored, p)
		}
	})
}
