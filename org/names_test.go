package org

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzNames: a name that is taken stands in a path, a line and a list without more ado.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"anna", "Anna-2", "a--b", "-a", "me", "ME", "nеw", "ＯＷＮＥＲ", "owner\u200b", "7c60d51f-b44e-4682-87d6-449835ea4de6", "..", "%2e", "a b", "a\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if AddressProblem(name, ReservedUsernames) != "" {
			return
		}
		for _, r := range name {
			if r >= utf8.RuneSelf || !strings.ContainsRune("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", r) {
				t.Errorf("%q is taken", name)
			}
		}
		if slices.Contains(ReservedUsernames, strings.ToLower(name)) || len(name) > MaxName {
			t.Errorf("%q is taken", name)
		}
	})
}
